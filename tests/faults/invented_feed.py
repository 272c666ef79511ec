"""A CLICS event feed made up from a seed: enough going on all the time that a fault anywhere hits something in flight."""

import json
import random
from pathlib import Path
from typing import Any

START = "2026-05-02T10:00:00.000Z"


def write_feed(
    path: Path, *, teams: int = 12, problems: int = 5, minutes: int = 30, frozen_minutes: int = 8, submissions: int = 160, seed: int = 7
) -> int:
    """Write the feed to `path`; returns the number of submissions. Judgements follow their submission after 1 to 40 s."""
    chance = random.Random(seed)
    duration_s = minutes * 60
    lines: list[tuple[float, dict[str, Any]]] = []

    def say(at_s: float, kind: str, data: dict[str, Any]) -> None:
        lines.append((at_s, {"type": kind, "id": data.get("id"), "data": data}))

    contest = {"id": "invented", "name": "Invented", "formal_name": "An invented contest", "start_time": START}
    contest |= {"duration": reltime(duration_s), "scoreboard_freeze_duration": reltime(frozen_minutes * 60), "penalty_time": 20}
    say(-9, "contest", contest)
    for verdict, penalty, solved in (("AC", False, True), ("WA", True, False), ("TLE", True, False), ("CE", False, False)):
        say(-8, "judgement-types", {"id": verdict, "name": verdict, "penalty": penalty, "solved": solved})
    for n in range(problems):
        say(
            -7,
            "problems",
            {"id": f"p{n}", "label": "ABCDEFGHIJ"[n], "name": f"Problem {n}", "ordinal": n, "rgb": f"#{n * 20 + 40:02x}80c0"},
        )
    say(-6, "groups", {"id": "g1", "name": "All"})
    for n in range(teams):
        say(-5, "teams", {"id": f"t{n}", "name": f"Team {n:02}", "group_ids": ["g1"]})
    say(-4, "state", {"started": None, "frozen": None, "ended": None, "thawed": None, "finalized": None, "end_of_updates": None})
    for n in range(submissions):
        at_s = chance.uniform(5, duration_s - 1)
        judged_s = at_s + chance.uniform(1, 40)
        verdict = chance.choices(["AC", "WA", "TLE", "CE"], [4, 5, 2, 1])[0]
        team, problem = f"t{chance.randrange(teams)}", f"p{chance.randrange(problems)}"
        say(
            at_s,
            "submissions",
            {"id": f"s{n}", "team_id": team, "problem_id": problem, "language_id": "cpp"} | moment(at_s, "contest_time", "time"),
        )
        begun = {"id": f"j{n}", "submission_id": f"s{n}"} | moment(at_s, "start_contest_time", "start_time")
        say(judged_s, "judgements", begun | {"judgement_type_id": verdict} | moment(judged_s, "end_contest_time", "end_time"))
    state: dict[str, str | None] = {
        "started": START,
        "frozen": None,
        "ended": None,
        "thawed": None,
        "finalized": None,
        "end_of_updates": None,
    }
    say(0, "state", dict(state))
    for at_s, *names in (
        (duration_s - frozen_minutes * 60, "frozen"),
        (duration_s, "ended"),
        (duration_s + 60, "thawed"),
        (duration_s + 90, "finalized", "end_of_updates"),
    ):
        state |= {name: wall(at_s) for name in names}
        say(at_s, "state", dict(state))
    with path.open("w") as file:
        for number, (_, line) in enumerate(sorted(lines, key=lambda entry: entry[0])):
            file.write(json.dumps(line | {"token": f"t{number}"}) + "\n")
    return submissions


def moment(at_s: float, contest_time: str, time: str) -> dict[str, str]:
    return {contest_time: reltime(at_s), time: wall(at_s)}


def reltime(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def wall(at_s: float) -> str:
    ms = round(at_s * 1000) + 10 * 3_600_000
    return f"2026-05-02T{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}Z"
