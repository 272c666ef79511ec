"""The objects of a feed, checked one by one as they arrive: what Podium needs of each and nothing else. Wrong members raise ValueError."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from podium.clics.times import penalty_s, reltime_s, time

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contest:
    id: str
    title: str
    duration_s: float
    start_at: datetime | None
    freeze_after_s: float | None
    penalty_s: int


@dataclass(frozen=True, slots=True)
class Problem:
    """`ordinal` orders the problems; `color` is `#rrggbb`."""

    id: str
    label: str
    title: str
    ordinal: int
    color: str | None


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    group_ids: tuple[str, ...]
    hidden: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """`team_id` None: handed in by nobody who takes part (the jury's own)."""

    id: str
    problem_id: str
    team_id: str | None
    contest_time_s: float
    language: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`verdict` None: begun, not decided. `end_s`, `end_at`: contest time and time of the decision.

    `current` None: the feed does not say.
    """

    id: str
    submission_id: str
    verdict: str | None
    end_s: float | None
    end_at: datetime | None
    current: bool | None


@dataclass(frozen=True, slots=True)
class State:
    """When the contest moved; None: not (yet)."""

    started: datetime | None
    frozen: datetime | None
    ended: datetime | None
    thawed: datetime | None
    finalized: datetime | None


@dataclass(frozen=True, slots=True)
class JudgementType:
    """What a verdict of this feed means."""

    id: str
    solved: bool
    penalty: bool


@dataclass(frozen=True, slots=True)
class Award:
    id: str
    team_ids: tuple[str, ...]


Known = Contest | Problem | Group | Team | Submission | Judgement | State | JudgementType | Award


def known(kind: str, object_id: str, data: Data) -> Known | None:
    """The object as a value; None for a type that Podium has no use for. Raises ValueError naming what is wrong."""
    read = _READERS.get(kind)
    return None if read is None else read(object_id, data)


def _contest(object_id: str, data: Data) -> Contest:
    duration_s = reltime_s(data.get("duration"))
    if duration_s <= 0:
        raise ValueError("duration must be more than 0")
    freeze = data.get("scoreboard_freeze_duration")
    penalty = data.get("penalty_time")
    return Contest(
        id=_text(data, "id", object_id or "contest"),
        title=_text(data, "formal_name", "") or _text(data, "name", "") or "Contest",
        duration_s=duration_s,
        start_at=None if data.get("start_time") is None else time(data["start_time"]),
        freeze_after_s=None if freeze is None else max(0.0, duration_s - reltime_s(freeze)),
        penalty_s=1200 if penalty is None else penalty_s(penalty),
    )


def _problem(object_id: str, data: Data) -> Problem:
    label = _needed(data, "label")
    ordinal = data.get("ordinal", 0)
    if not isinstance(ordinal, int):
        raise ValueError("ordinal is no number")
    return Problem(object_id, label, _text(data, "name", label), ordinal, _color(data.get("rgb")))


def _group(object_id: str, data: Data) -> Group:
    return Group(object_id, _text(data, "name", object_id), data.get("hidden") is True)


def _team(object_id: str, data: Data) -> Team:
    groups = data.get("group_ids") or []
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise ValueError("group_ids is no list of ids")
    name = _text(data, "display_name") or _needed(data, "name")
    return Team(object_id, name, tuple(groups), data.get("hidden") is True)


def _submission(object_id: str, data: Data) -> Submission:
    team = data.get("team_id")
    return Submission(
        object_id,
        _needed(data, "problem_id"),
        None if team is None else _needed(data, "team_id"),
        reltime_s(data.get("contest_time")),
        _text(data, "language_id") or None,
    )


def _judgement(object_id: str, data: Data) -> Judgement:
    verdict = data.get("judgement_type_id")
    if verdict is not None and (not isinstance(verdict, str) or not verdict):
        raise ValueError("judgement_type_id is no id")
    end, end_at, current = data.get("end_contest_time"), data.get("end_time"), data.get("current")
    if current is not None and not isinstance(current, bool):
        raise ValueError("current is neither true nor false")
    return Judgement(
        object_id,
        _needed(data, "submission_id"),
        verdict,
        None if end is None else reltime_s(end),
        None if end_at is None else time(end_at),
        current,
    )


def _state(_: str, data: Data) -> State:
    def at(name: str) -> datetime | None:
        return None if data.get(name) is None else time(data[name])

    return State(at("started"), at("frozen"), at("ended"), at("thawed"), at("finalized"))


def _judgement_type(object_id: str, data: Data) -> JudgementType:
    if not isinstance(data.get("solved"), bool):
        raise ValueError("solved is neither true nor false")
    return JudgementType(object_id, data["solved"], data.get("penalty") is not False)


def _award(object_id: str, data: Data) -> Award:
    teams = data.get("team_ids") or []
    if not isinstance(teams, list):
        raise ValueError("team_ids is no list")
    return Award(object_id, tuple(str(team) for team in teams))


_READERS: dict[str, Callable[[str, Data], Known]] = {
    "contest": _contest,
    "problems": _problem,
    "groups": _group,
    "teams": _team,
    "submissions": _submission,
    "judgements": _judgement,
    "state": _state,
    "judgement-types": _judgement_type,
    "awards": _award,
}


def _needed(data: Data, name: str) -> str:
    value = data.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def _text(data: Data, name: str, otherwise: str = "") -> str:
    value = data.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value.strip()


def _color(value: object) -> str | None:
    """`#rgb` and `#rrggbb` as `#rrggbb`; anything else is no colour, which is not worth refusing a problem for."""
    if not isinstance(value, str) or not value.startswith("#"):
        return None
    digits = value[1:]
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits.lower()}" if len(digits) == 6 and all(digit in "0123456789abcdefABCDEF" for digit in digits) else None
