"""Small CLICS feeds by chance: teams, problems, submissions, judgements with second thoughts, deletions, a freeze."""

from typing import Any

import orjson
from hypothesis import strategies as st

START = "2026-05-02T10:00:00.000Z"
DURATION_S, FREEZE_S = 3600, 2700


def feed_line(kind: str, data: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, "id": data.get("id"), "data": data})


def reltime(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def wall(at_s: float) -> str:
    ms = round(at_s * 1000) + 10 * 3_600_000
    return f"2026-05-02T{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}Z"


HEAD = [
    feed_line(
        "contest",
        {
            "id": "c",
            "name": "Chance",
            "formal_name": "A Chance Contest",
            "start_time": START,
            "duration": reltime(DURATION_S),
            "scoreboard_freeze_duration": reltime(DURATION_S - FREEZE_S),
            "penalty_time": "0:20:00",
        },
    ),
    *(feed_line("problems", {"id": f"p{n}", "label": "AB"[n], "name": f"P{n}", "ordinal": n}) for n in range(2)),
    feed_line("groups", {"id": "g", "name": "All"}),
    *(feed_line("teams", {"id": f"t{n}", "name": f"T{n}", "group_ids": ["g"]}) for n in range(3)),
]


def state(**at_s: float) -> bytes:
    return feed_line("state", {name: wall(at) for name, at in at_s.items()})


def judgement(number: int, submission: int, verdict: str | None, end_s: float, current: bool | None = None) -> bytes:
    data: dict[str, Any] = {"id": f"j{number}", "submission_id": f"s{submission}", "start_contest_time": reltime(max(0.0, end_s - 1))}
    if verdict is not None:
        data |= {"judgement_type_id": verdict, "end_contest_time": reltime(end_s), "end_time": wall(end_s)}
    return feed_line("judgements", data if current is None else data | {"current": current})


@st.composite
def feed_lines(draw: st.DrawFn, most: int = 8) -> list[bytes]:
    """The lines of a feed in which everything is told once, in some order that a feed may have. Each carries its own token."""
    lines: list[bytes] = [*HEAD, state(started=0)]
    told: list[tuple[float, bytes]] = []
    for n in range(draw(st.integers(0, most))):
        at_s = draw(st.integers(0, DURATION_S - 1)) + draw(st.sampled_from([0, 0.25, 0.999]))
        run = {"id": f"s{n}", "team_id": f"t{draw(st.integers(0, 2))}", "problem_id": f"p{draw(st.integers(0, 1))}"}
        told.append((at_s, feed_line("submissions", run | {"language_id": "cpp", "contest_time": reltime(at_s), "time": wall(at_s)})))
        for extra in range(draw(st.integers(0, 2))):
            end_s = at_s + draw(st.integers(1, 600))
            number = n * 10 + extra
            told.append((at_s + 0.1, judgement(number, n, None, end_s)))
            told.append((end_s, judgement(number, n, draw(st.sampled_from(["AC", "WA", "CE"])), end_s, draw(st.sampled_from([None, None, True, False])))))  # fmt: skip # noqa: E501
        if draw(st.integers(0, 9)) == 0:
            told.append((at_s + 700, orjson.dumps({"type": "submissions", "id": f"s{n}", "data": None})))
    told += [
        (FREEZE_S, state(started=0, frozen=FREEZE_S)),
        (DURATION_S, state(started=0, frozen=FREEZE_S, ended=DURATION_S)),
        (DURATION_S + 900, state(started=0, frozen=FREEZE_S, ended=DURATION_S, thawed=DURATION_S + 900)),
    ]
    lines += [line for _, line in sorted(told, key=lambda one: one[0])]
    return [orjson.dumps({**orjson.loads(line), "token": f"t{place}"}) for place, line in enumerate(lines)]
