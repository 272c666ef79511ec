"""The leak counter can see: the full board by chance is told from the public one, and a real leak in a real replay is counted."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from podium_client import PodiumRest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.domain.boards import Board, delta
from contest.domain.scoring import Entrant, Judged, Question, Rules, fold
from contest.ids import ContestId
from contest.wire.channels import Channels
from podium.clics.feed import read_feed
from podium.clics.timeline import Judge, Submit, Timeline, plan
from podium.replay.allowed import Allowed, AllowedCell, allowed
from podium.replay.leaks import FrozenSeen, LeakCounter
from tests.feeds_written import FREEZE_S, feed_lines
from tests.running import ROOT, RunningPodium
from tests.support import eventually

AT = {"log": "board:public", "epoch": "e", "seq": 1}


def boards(timeline: Timeline) -> tuple[Board, Board]:
    """The public and the full board of a timeline with all its verdicts, from the servers' own rules."""
    counts = {action.submission_id: action.verdict for action in timeline.actions if isinstance(action, Judge) and action.current}
    runs = [
        Judged(one.submission.id, one.team_id, one.submission.problem_id, one.at_s, place, counts.get(one.submission.id))
        for place, one in enumerate(action for action in timeline.actions if isinstance(action, Submit))
    ]
    questions: Sequence[Question] = [Question(problem.id, problem.label, problem.title) for problem in timeline.problems]
    entrants = [Entrant(team.id, team.name, (), external_id=team.id) for team in timeline.teams]
    rules = Rules("icpc", 1200, float(FREEZE_S))
    public, full = (fold(rules, questions, [], entrants, runs, view) for view in ("public", "full"))  # type: ignore[arg-type]
    return public, full


def snapshot(board: Board, **members: Any) -> bytes:
    return msgspec.json.encode({**AT, "type": "board.snapshot", "board": board, **members})


@given(feed_lines(most=10))
def test_the_full_board_leaks_just_when_it_says_more_than_the_public_one(lines: list[bytes]) -> None:
    def quiet(_line: int, _reason: str) -> None: ...

    timeline = plan(read_feed(lines, quiet), quiet)
    may = allowed(timeline)
    public, full = boards(timeline)
    assert LeakCounter(may).count(snapshot(public), thawed=False) == 0
    leaks = LeakCounter(may).count(snapshot(full), thawed=False)
    assert (leaks > 0) == (tells(public) != tells(full))
    assert LeakCounter(may).count(snapshot(full), thawed=True) == 0
    change = delta(public, full)
    if change is not None and leaks:
        counter = LeakCounter(may)
        assert counter.count(snapshot(public), thawed=False) == 0
        raw = msgspec.json.encode({**AT, "type": "board.delta", "since": 0, **msgspec.to_builtins(change)})
        assert counter.count(raw, thawed=False) > 0, "also in a delta, which does not say the team's id again"


def tells(board: Board) -> list[Any]:
    """What verdicts a board tells of."""
    return sorted(
        (row.id, label, cell.num_judged, cell.solved) for row in board.rows for label, cell in row.cells.items() if cell.num_judged
    )


MAY = Allowed(100.0, {"t": {"A": AllowedCell(2, (1,)), "B": AllowedCell(1, ())}}, frozenset({"jury"}))


@pytest.mark.parametrize(
    ("row", "leaks"),
    [
        ({"id": "1", "external_id": "t", "solved": 1, "last_min": 1, "cells": {"A": {"num_judged": 2, "solved": True, "time_min": 1}}}, 0),
        ({"id": "1", "external_id": "t", "cells": {"A": {"num_judged": 3}}}, 1),
        ({"id": "1", "external_id": "t", "cells": {"A": {"num_judged": 2, "solved": True, "time_min": 2}}}, 1),
        ({"id": "1", "external_id": "t", "cells": {"B": {"num_judged": 1, "solved": True, "time_min": 1}}}, 1),
        ({"id": "1", "external_id": "t", "cells": {"A": {"num_judged": 1, "num_pending": 9}, "B": None}}, 0),
        ({"id": "1", "external_id": "t", "solved": 2}, 1),
        ({"id": "1", "external_id": "t", "last_min": 2}, 1),
        ({"id": "1", "external_id": "jury"}, 1),
        ({"id": "1", "cells": {"A": {"num_judged": 1}}}, 1),
    ],
)
def test_what_counts_as_a_leak(row: dict[str, Any], leaks: int) -> None:
    raw = msgspec.json.encode({**AT, "type": "board.delta", "since": 0, "rows": [row], "gone": []})
    assert LeakCounter(MAY).count(raw, thawed=False) == leaks


@pytest.mark.parametrize("frame", [{"log": "board:full", "type": "board.delta", "rows": []}, {"log": "events:organiser", "type": "x.y"}])
def test_a_log_of_the_staff_is_a_leak_by_itself(frame: dict[str, Any]) -> None:
    assert LeakCounter(MAY).count(msgspec.json.encode(frame), thawed=True) == 1


def test_staff_seen_by_verdicts_or_by_cells() -> None:
    submission = {"id": "s", "problem": "A", "contest_time_s": 100.0, "verdict": "WA", "score": None}
    early = {**submission, "id": "e", "contest_time_s": 99.9}
    by_verdict, by_cell = FrozenSeen(MAY), FrozenSeen(MAY)
    for one in (submission, submission, early, {**submission, "id": "u", "verdict": None}):
        by_verdict.see(msgspec.json.encode({"log": "events:organiser", "type": "verdict.reached", "submission": one}))
    assert by_verdict.count == 1
    rows = [{"id": "1", "external_id": "t", "cells": {"A": {"num_judged": 3}, "B": {"num_judged": 1}}}]
    by_cell.see(msgspec.json.encode({"log": "board:full", "type": "board.snapshot", "board": {"rows": rows}}))
    assert by_cell.count == 1


@pytest.mark.anyio
async def test_a_full_view_published_to_the_public_is_counted(podium: RunningPodium) -> None:
    """Mutation: while a replay is frozen, somebody publishes what only staff may see on the public log."""
    feed = ROOT / "tests" / "feeds" / "judged-in-freeze.ndjson"
    command = [sys.executable, "-m", "podium", "replay", str(feed), "--url", podium.url, "--data", str(podium.data)]
    command += ["--speed", "120", "--viewers", "2", "--json"]
    async with PodiumRest(podium.url, podium.token("organiser")) as rest, Redis.from_url(podium.run["redis_url"]) as redis:
        known = {contest.id for contest in (await rest.contests(limit=1000)).items}
        replay = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            contest = await eventually(lambda: _frozen(rest, known), within_s=60)
            change = await eventually(lambda: _hidden(rest, contest), within_s=30)
            logs = Logs(redis, Channels(podium.run["prefix"]))
            await logs.publish(ContestId(contest), "board:public", msgspec.json.encode({"type": "board.delta", **change})[1:])
            out, err = await asyncio.wait_for(replay.communicate(), 90)
        finally:
            if replay.returncode is None:
                replay.kill()
                await replay.wait()
    assert replay.returncode == 0, err.decode()
    result = json.loads(out.decode().strip().splitlines()[-1])
    assert result["leaks"] > 0
    assert result["viewers_agree"] is True, "and what was leaked did not stay"


async def _frozen(rest: PodiumRest, known: set[str]) -> str | None:
    fresh = [one.id for one in (await rest.contests(limit=10)).items if one.id not in known and one.frozen]
    return fresh[0] if fresh else None


async def _hidden(rest: PodiumRest, contest: str) -> dict[str, Any] | None:
    """A delta with a row that the full board tells more of than the public one."""
    public = {row.id: row for row in (await rest.leaderboard(contest)).rows}
    full = (await rest.full_leaderboard(contest)).rows
    rows = [
        {"id": row.id, "solved": row.solved, "cells": row.cells} for row in full if row.id in public and row.solved > public[row.id].solved
    ]
    return {"rows": rows, "gone": []} if rows else None


def test_the_record_keeps_bytes_as_they_are(tmp_path: Path) -> None:
    from podium.replay import record

    told = [("0", b'{"type":"x"}\n'), ("staff", b""), ("mark", b"thaw"), ("12", "ž\n\n3 4\n".encode())]
    path = tmp_path / "frames"
    with path.open("wb") as file:
        for who, content in told:
            record.write(file, who, content)
    assert [tuple(entry) for entry in record.entries(path)] == told
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match="cut off"):
        list(record.entries(path))
