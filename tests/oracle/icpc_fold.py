"""The board that a CLICS event feed comes to: an independent, deliberately plain fold, kept to judge Podium by. Shares no code with it.

`python tests/oracle/icpc_fold.py FEED` prints `{"board", "first_to_solve", "public": {"board", "first_to_solve"}}` with the feed's ids;
`public` is what viewers may see while the board is frozen. Reads the token format and the older one with operations; the latest line
of an object is the truth, `data` null or op `delete` takes it away, and a line that is broken counts as if it were not there.
"""

import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

Objects = dict[str, dict[str, dict[str, Any]]]
"""By type, then by id, what stands at the end of the feed."""

RELTIME = re.compile(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,3}))?")
SINGLE = ("contest", "state")
NEEDED: dict[str, dict[str, type]] = {
    "teams": {"name": str},
    "problems": {"label": str},
    "submissions": {"team_id": str, "problem_id": str, "contest_time": str},
    "judgements": {"submission_id": str},
    "judgement-types": {"solved": bool},
}
"""Members without which (or with another type than this) a line is broken. Times are looked at as well."""

USUAL_TYPES = {"AC": {"solved": True, "penalty": False}} | {
    kind: {"solved": False, "penalty": False} for kind in ("CE", "CTL", "JE", "IE", "SE", "CS")
}
"""For feeds without judgement types. All others are rejected with penalty."""


def ms_of(reltime: Any) -> int | None:
    """`-0:06:13.697` as milliseconds; None if it is no RELTIME."""
    found = RELTIME.fullmatch(reltime) if isinstance(reltime, str) else None
    if found is None:
        return None
    sign, hours, minutes, seconds, fraction = found.groups()
    total = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))
    return -total if sign else total


def wall_ms(time: Any) -> float | None:
    """A TIME as Unix milliseconds; None if it is none."""
    try:
        return datetime.fromisoformat(time).timestamp() * 1000
    except (TypeError, ValueError):
        return None


def is_sound(kind: str, data: Any) -> bool:
    if not isinstance(data, dict):
        return False
    if any(not isinstance(data.get(member), wanted) for member, wanted in NEEDED.get(kind, {}).items()):
        return False
    if kind == "submissions" and ms_of(data["contest_time"]) is None:
        return False
    verdict, groups = data.get("judgement_type_id"), data.get("group_ids") or []
    return (verdict is None or isinstance(verdict, str)) and isinstance(groups, list)


def take_line(objects: Objects, line: bytes) -> None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        return
    kind = {"contests": "contest"}.get(kind, kind)
    data, of_kind = event.get("data"), objects.setdefault(kind, {})
    if isinstance(data, list):  # the whole collection at once
        if all(is_sound(kind, each) and isinstance(each.get("id"), str) for each in data):
            objects[kind] = {each["id"]: each for each in data}
        return
    key = kind if kind in SINGLE else (data.get("id") if isinstance(data, dict) and "id" in data else event.get("id"))
    if not isinstance(key, str):
        return
    if event.get("op") == "delete" or ("data" in event and data is None):
        of_kind.pop(key, None)
    elif is_sound(kind, data):
        of_kind[key] = data


def objects_of(lines: Iterable[bytes]) -> Objects:
    objects: Objects = {}
    for line in lines:
        take_line(objects, line)
    return objects


def penalty_s_of(contest: dict[str, Any]) -> float:
    """`penalty_time` is a number of minutes (until 2023) or a RELTIME."""
    penalty = contest.get("penalty_time", 20)
    if isinstance(penalty, int | float) and not isinstance(penalty, bool):
        return penalty * 60
    as_ms = ms_of(penalty)
    return 20 * 60 if as_ms is None else as_ms / 1000


def freeze_ms_of(contest: dict[str, Any]) -> float | None:
    """Contest time from which verdicts are hidden."""
    duration, freeze = ms_of(contest.get("duration")), ms_of(contest.get("scoreboard_freeze_duration"))
    return None if duration is None or freeze is None else duration - freeze


def shown_teams(objects: Objects) -> dict[str, dict[str, Any]]:
    """Not those that are hidden, nor those that are in hidden groups only."""
    groups = objects.get("groups", {})
    shown = {}
    for team_id, team in objects.get("teams", {}).items():
        own = [groups[group_id] for group_id in team.get("group_ids") or [] if group_id in groups]
        in_hidden_only = own and all(group.get("hidden") is True for group in own)
        if team.get("hidden") is not True and not in_hidden_only:
            shown[team_id] = team
    return shown


def verdicts_of(objects: Objects) -> dict[str, str | None]:
    """By submission: the verdict of its current judgement; else of the one that ended last; None while there is none."""
    start_ms = wall_ms(objects.get("contest", {}).get("contest", {}).get("start_time")) or 0.0

    def end_ms(judgement: dict[str, Any]) -> float:
        at = ms_of(judgement.get("end_contest_time"))
        if at is not None:
            return at
        wall = wall_ms(judgement.get("end_time"))
        return float("-inf") if wall is None else wall - start_ms

    by_submission: dict[str, list[dict[str, Any]]] = {}
    for judgement in objects.get("judgements", {}).values():
        if judgement.get("current") is not False:
            by_submission.setdefault(judgement["submission_id"], []).append(judgement)
    verdicts: dict[str, str | None] = {}
    for submission_id, judgements in by_submission.items():
        current = [each for each in judgements if each.get("current") is True]
        complete = [each for each in judgements if each.get("judgement_type_id") is not None]
        candidates = sorted(current or complete, key=end_ms)  # stable: of two that end together the later in the feed
        verdicts[submission_id] = candidates[-1].get("judgement_type_id") if candidates else None
    return verdicts


def meaning(objects: Objects, verdict: str) -> dict[str, Any]:
    known = objects.get("judgement-types") or USUAL_TYPES
    return known.get(verdict, {"solved": False, "penalty": True})


def runs_by_time(objects: Objects, hide_from_ms: float | None) -> list[tuple[int, str, str, str | None]]:
    """(contest time in ms, team, problem, verdict or None) of what may score, in order of time, then of the feed."""
    verdicts, teams, problems = verdicts_of(objects), shown_teams(objects), objects.get("problems", {})
    runs = []
    for submission_id, submission in objects.get("submissions", {}).items():
        at_ms = ms_of(submission["contest_time"])
        assert at_ms is not None, "take_line lets no other in"
        if at_ms < 0 or submission["team_id"] not in teams or submission["problem_id"] not in problems:
            continue
        hidden = hide_from_ms is not None and at_ms >= hide_from_ms
        runs.append((at_ms, submission["team_id"], submission["problem_id"], None if hidden else verdicts.get(submission_id)))
    return sorted(runs, key=lambda run: run[0])


def standing(objects: Objects, hide_from_ms: float | None = None) -> dict[str, Any]:
    """`{"board": rows in board order, "first_to_solve": {problem id: team id}}`."""
    solved_min: dict[str, dict[str, int]] = {team_id: {} for team_id in shown_teams(objects)}
    rejected: dict[tuple[str, str], int] = {}
    first_to_solve: dict[str, str] = {}
    for at_ms, team_id, problem_id, verdict in runs_by_time(objects, hide_from_ms):
        if verdict is None or problem_id in solved_min[team_id]:
            continue
        if meaning(objects, verdict).get("solved") is True:
            solved_min[team_id][problem_id] = at_ms // 60_000
            first_to_solve.setdefault(problem_id, team_id)
        elif meaning(objects, verdict).get("penalty") is not False:
            rejected[team_id, problem_id] = rejected.get((team_id, problem_id), 0) + 1
    penalty_s = penalty_s_of(objects.get("contest", {}).get("contest", {}))
    rows = []
    for team_id, team in shown_teams(objects).items():
        minutes = solved_min[team_id]
        wasted_s = sum(rejected.get((team_id, problem_id), 0) for problem_id in minutes) * penalty_s
        penalty_min = sum(minutes.values()) + int(wasted_s // 60)
        row = {"id": team_id, "name": team.get("display_name") or team["name"], "solved": len(minutes), "penalty_min": penalty_min}
        rows.append(((-len(minutes), penalty_min, max(minutes.values(), default=0)), row))
    rows.sort(key=lambda each: (each[0], each[1]["name"], each[1]["id"]))
    board = [{"rank": 1 + sum(other[0] < merit for other in rows), **row} for merit, row in rows]
    return {"board": board, "first_to_solve": first_to_solve}


def final_board(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """`[{"rank", "id", "name", "solved", "penalty_min"}]` once everything is shown."""
    board: list[dict[str, Any]] = standing(objects_of(lines))["board"]
    return board


def judged_feed(lines: Iterable[bytes]) -> dict[str, Any]:
    """What the command line prints."""
    objects = objects_of(lines)
    hide_from_ms = freeze_ms_of(objects.get("contest", {}).get("contest", {}))
    return {**standing(objects), "public": standing(objects, hide_from_ms)}


if __name__ == "__main__":
    json.dump(judged_feed(Path(sys.argv[1]).read_bytes().splitlines()), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
