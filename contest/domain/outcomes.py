"""What one entrant's runs on one question come to: the rules of a single cell, in one of two views.

`full` is what staff see; `public` knows no verdict on a submission of the frozen time, and none at all while the contest withholds them.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from contest.domain.boards import Cell, Scoring
from contest.domain.verdicts import judgement_type

View = Literal["public", "full"]


class Rules(Struct, frozen=True):
    """`freeze_from_s`: contest seconds from which the public view hides verdicts; None: nothing is hidden (no freeze, or thawed).
    `begun` false: the public does not know yet what the problems are called. `told` false: nor any verdict (`audience.tells`)."""

    scoring: Scoring
    penalty_s: int
    freeze_from_s: float | None
    begun: bool = True
    told: bool = True


class Question(Struct, frozen=True):
    """A problem. `points`: the full score (ioi). Questions come in board order."""

    id: str
    label: str
    name: str
    color: str | None = None
    points: float = 1.0


class Judged(Struct, frozen=True):
    """A submission with its current verdict (None: unjudged). `arrival` breaks ties of `contest_time_s`. `score`: ioi only."""

    id: str
    participant_id: str
    question_id: str
    contest_time_s: float
    arrival: int
    verdict: str | None = None
    score: float | None = None


Moment = tuple[float, int, str]
"""(contest_time_s, arrival, id): the order in which submissions count."""


class Outcome(Struct, frozen=True):
    """One entrant on one question: the cell (without its first-to-solve mark), penalised runs before the accepted one, when accepted."""

    cell: Cell
    penalised: int = 0
    solved_at: Moment | None = None


def moment(run: Judged) -> Moment:
    return (run.contest_time_s, run.arrival, run.id)


def verdict_in(view: View, rules: Rules, run: Judged) -> str | None:
    """The verdict as this view knows it. Of what may be told, only the time of submission decides: a late verdict on an early submission
    is public."""
    frozen = rules.freeze_from_s is not None and run.contest_time_s >= rules.freeze_from_s
    return None if view == "public" and (frozen or not rules.told) else run.verdict


def outcome(rules: Rules, question: Question, runs: Iterable[Judged], view: View) -> Outcome | None:
    """What one entrant's runs on one question come to; None if no run counts. Runs before the contest's start never do."""
    counting = sorted((run for run in runs if run.contest_time_s >= 0), key=moment)
    if not counting:
        return None
    seen = [(run, verdict_in(view, rules, run)) for run in counting]
    return _icpc(seen) if rules.scoring == "icpc" else _ioi(question, seen)


def _icpc(seen: Iterable[tuple[Judged, str | None]]) -> Outcome:
    """Up to the first accepted run; what comes after it counts for nothing."""
    judged = pending = penalised = 0
    for run, verdict in seen:
        if verdict is None:
            pending += 1
            continue
        judged += 1
        meaning = judgement_type(verdict)
        if meaning.solved:
            cell = Cell(num_judged=judged, num_pending=pending, solved=True, time_min=_minute(run))
            return Outcome(cell, penalised, moment(run))
        penalised += meaning.penalty
    return Outcome(Cell(num_judged=judged, num_pending=pending), penalised)


def _ioi(question: Question, seen: Iterable[tuple[Judged, str | None]]) -> Outcome:
    """The best judged run; solved by the first run with the full score."""
    judged = pending = 0
    best: float | None = None
    solved: Judged | None = None
    for run, verdict in seen:
        if verdict is None:
            pending += 1
            continue
        judged += 1
        points = _points(question, run, verdict)
        best = points if best is None else max(best, points)
        if solved is None and points >= question.points:
            solved = run
    if solved is None:
        return Outcome(Cell(num_judged=judged, num_pending=pending, points=best))
    cell = Cell(num_judged=judged, num_pending=pending, solved=True, time_min=_minute(solved), points=best)
    return Outcome(cell, 0, moment(solved))


def _points(question: Question, run: Judged, verdict: str) -> float:
    """A run without a score has the full one if accepted, else nothing."""
    if run.score is not None:
        return run.score
    return question.points if judgement_type(verdict).solved else 0.0


def _minute(run: Judged) -> int:
    return int(run.contest_time_s // 60)
