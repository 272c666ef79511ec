"""The ranker follows what is committed: both boards on their logs are what the fold makes, in steps without a gap."""

import time

import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.store import outbox
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from ranker.config import Config
from ranker.leader import TICK_S
from tests.contest_rows import ContestRows
from tests.ranker.conftest import Settled, ranking
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("relay")]


async def test_the_boards_follow_submissions_and_verdicts(ranker: Telemetry, contest: ContestRows, settled: Settled, logs: Logs) -> None:
    await settled(contest)
    began = await logs.position(contest.id, "board:public")
    assert began is not None
    for number in range(6):
        name, label = ("ann", "ben")[number % 2], "AB"[number // 3]
        submission = await contest.submit(name, label, 60.0 * number)
        await contest.judge(name, submission, "AC" if number % 3 else "WA")
    await settled(contest)
    entries = await logs.read(contest.id, "board:public", 0)
    assert {entry.epoch for entry in entries} == {began.epoch}
    assert [entry.since for entry in entries] == [entry.seq - 1 for entry in entries]


async def test_the_sorted_set_says_places(
    ranker: Telemetry, contest: ContestRows, settled: Settled, redis: Redis, channels: Channels
) -> None:
    submission = await contest.submit("ben", "A", 60.0)
    await contest.judge("ben", submission, "AC")
    await settled(contest)
    ann, ben = (contest.participants[name].encode() for name in ("ann", "ben"))

    async def written() -> bool:
        return await redis.zrange(channels.ranks(contest.id, "public"), 0, -1, withscores=True) == [(ben, 1.0), (ann, 2.0)]

    await eventually(written)


async def test_titles_of_problems_come_with_the_start(config: Config, contest: ContestRows, settled: Settled, logs: Logs) -> None:
    """A contest that is scheduled can be watched; what its problems are called is nobody's business yet."""
    await contest.pool.execute("UPDATE podium_contest SET started_at = NULL WHERE contest_id = $1", contest.id)
    async with ranking(config):
        await settled(contest)
        assert b"Problem A" not in await public_bytes(logs, contest)
        await contest.pool.execute("UPDATE podium_contest SET started_at = now() WHERE contest_id = $1", contest.id)
        await say_board_changed(contest)
        await settled(contest)
        assert b"Problem A" in await public_bytes(logs, contest)


async def test_changes_that_come_fast_are_shown_together(
    ranker: Telemetry, contest: ContestRows, settled: Settled, logs: Logs, redis: Redis, channels: Channels
) -> None:
    """At most one delta a tick on each log, as the entries' own times say (Redis' clock), however many changes come."""
    await settled(contest)
    streams = [channels.log_stream(contest.id, f"board:{view}") for view in ("public", "full")]
    before = [await redis.xlen(stream) for stream in streams]
    began, changes = time.monotonic(), 0
    while time.monotonic() - began < 1.5:
        await contest.submit("ben", "A", 60.0 + changes)
        changes += 1
    await settled(contest)
    ticks = (time.monotonic() - began) / TICK_S
    for stream, had in zip(streams, before, strict=True):
        deltas = await redis.xlen(stream) - had
        assert 3 <= deltas <= ticks + 1, f"{changes} changes, {ticks:.0f} ticks"
    assert changes > 2 * ticks, "they did come fast"


async def say_board_changed(contest: ContestRows) -> None:
    async with contest.pool.acquire() as connection:
        await outbox.add(connection, contest.id, "board.changed", {"fresh": False})


async def public_bytes(logs: Logs, contest: ContestRows) -> bytes:
    snapshot = await logs.snapshot(contest.id, "board:public")
    entries = await logs.read(contest.id, "board:public", 0)
    return (snapshot.payload if snapshot else b"") + b"".join(entry.payload for entry in entries)
