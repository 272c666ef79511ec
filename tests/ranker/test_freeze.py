"""What stands in Redis of the public board never holds what is frozen or hidden: counted from the raw bytes of its keys."""

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from contest.broker.leases import Leases
from contest.broker.logs import Logs
from contest.broker.ranks import Ranks
from contest.domain.audience import STATE_LOGS
from contest.domain.boards import Board, apply
from contest.domain.scoring import Entrant, Judged, Question, Rules, Tally, View
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from contest.wire.to_browser import BoardDelta, BoardSnapshot, read
from ranker.board_log import BoardLog
from ranker.config import Config
from ranker.published import published
from tests.contest_rows import ContestRows
from tests.ranker.conftest import Settled, ranking
from tests.support import eventually

pytestmark = pytest.mark.anyio

FREEZE_S = 1000.0
VERDICTS = ("AC", "WA", "CE", None)
QUESTIONS = (Question("qa", "A", "Problem A"), Question("qb", "B", "Problem B"))
ENTRANTS = tuple(Entrant(f"p{number}", f"team {number}") for number in range(3))

runs = st.builds(
    Judged,
    id=st.sampled_from([f"s{number}" for number in range(6)]),
    participant_id=st.sampled_from([entrant.id for entrant in ENTRANTS]),
    question_id=st.sampled_from([question.id for question in QUESTIONS]),
    contest_time_s=st.sampled_from([0.0, 10.0, 999.9, 1000.0, 1000.1, 4000.0]),
    arrival=st.integers(0, 50),
    verdict=st.sampled_from(VERDICTS),
)
steps = st.lists(st.tuples(runs, st.sampled_from(VERDICTS)), min_size=1, max_size=12)
"""What is put, and the verdict that it has in the other world if it is frozen."""


@given(steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_two_contests_that_differ_in_frozen_verdicts_only_have_the_same_public_bytes(
    redis: Redis, channels: Channels, steps: list[tuple[Judged, str | None]]
) -> None:
    """A spectator who could tell the two apart would know something that is frozen."""
    here = [run for run, _ in steps]
    there = [
        run
        if run.contest_time_s < FREEZE_S
        else Judged(run.id, run.participant_id, run.question_id, run.contest_time_s, run.arrival, other)
        for run, other in steps
    ]
    assert await published_bytes(redis, channels, here, "public") == await published_bytes(redis, channels, there, "public")


async def test_the_full_board_of_the_same_two_contests_does_tell_them_apart(redis: Redis, channels: Channels) -> None:
    """The comparison above can fail: this is what it would see if the full view were published."""
    here = Judged("s0", "p0", "qa", FREEZE_S, 1, "AC")
    there = Judged("s0", "p0", "qa", FREEZE_S, 1, "WA")
    assert await published_bytes(redis, channels, [here], "full") != await published_bytes(redis, channels, [there], "full")


async def published_bytes(redis: Redis, channels: Channels, steps: list[Judged], view: View) -> list[bytes]:
    """Everything that stands in Redis of one board of a contest that took these steps, its epoch made plain."""
    contest, logs = ContestId(uuid7()), Logs(redis, channels)
    lease = await Leases(redis, channels, "ranker", "test", sorted(STATE_LOGS)).acquire(contest)
    assert lease is not None
    tally = Tally(Rules("icpc", 1200, FREEZE_S), QUESTIONS, (), ENTRANTS)
    board = BoardLog(logs, Ranks(redis, channels), lease, view)
    await board.begin(tally.board(view), anew=False)
    for run in steps:
        tally.put(run)
        await board.publish(tally.step(view))
        if run.arrival % 4 == 0:
            await board.keep(tally.board(view))
    await board.keep(tally.board(view))
    log, at = f"board:{view}", await logs.position(contest, f"board:{view}")
    assert at is not None
    stream = await redis.xrange(channels.log_stream(contest, log))
    kept = await redis.hgetall(channels.log_snapshot(contest, log))
    places = await redis.zrange(channels.ranks(contest, view), 0, -1, withscores=True)
    return [repr(each).encode().replace(at.epoch.encode(), b"EPOCH") for each in (stream, kept, places)]


@pytest.mark.usefixtures("relay")
async def test_the_frozen_hour_through_the_whole_path(
    config: Config, pool: asyncpg.Pool, logs: Logs, redis: Redis, channels: Channels, settled: Settled
) -> None:
    contest = await ContestRows(pool).add(freeze_after_s=1000)
    await contest.add_participant("Ghost", hidden=True)
    async with ranking(config):
        early = await contest.submit("ann", "A", 999.0)
        frozen = await contest.submit("ben", "B", 1000.0)
        ghost = await contest.submit("Ghost", "A", 5.0)
        for name, submission in (("ben", frozen), ("Ghost", ghost), ("ann", early)):
            await contest.judge(name, submission, "AC")
        await settled(contest)
        full = await published(logs, contest.id, "board:full")
        assert full is not None
        assert {row.name: row.solved for row in full[1].rows} == {"ann": 1, "ben": 1, "Ghost": 1}
        for board in await every_public_board(redis, logs, channels, contest.id):
            assert "Ghost" not in {row.name for row in board.rows}
            assert not any(row.solved for row in board.rows if row.name == "ben")
        hidden = contest.participants["Ghost"].encode()
        held = [await raw(redis, key) async for key in redis.scan_iter(f"{channels.prefix}:*public*")]
        assert any(contest.participants["ann"].encode() in text for text in held)
        assert not any(hidden in text for text in held)

        public = await logs.position(contest.id, "board:public")
        assert public is not None
        await contest.change("thawed_at", await pool.fetchval("SELECT now()"), fresh=False)
        await settled(contest)
        thawed = await published(logs, contest.id, "board:public")
        assert thawed is not None
        assert thawed[0].epoch == public.epoch
        assert {row.name: row.solved for row in thawed[1].rows} == {"ann": 1, "ben": 1}

        whole = await logs.position(contest.id, "board:full")
        assert whole is not None
        await contest.change("thawed_at", None, fresh=True)
        await eventually(lambda: has_new_epoch(logs, contest.id, public.epoch))
        await settled(contest)
        for board in await every_public_board(redis, logs, channels, contest.id):
            assert not any(row.solved for row in board.rows if row.name == "ben")
        after = await logs.position(contest.id, "board:full")
        assert after is not None
        assert after.epoch == whole.epoch


async def raw(redis: Redis, key: bytes) -> bytes:
    """All that a key holds."""
    match await redis.type(key):
        case b"stream":
            return repr(await redis.xrange(key)).encode()
        case b"hash":
            return repr(await redis.hgetall(key)).encode()
        case b"zset":
            return repr(await redis.zrange(key, 0, -1)).encode()
        case b"string":
            return repr(await redis.get(key)).encode()
        case kind:
            raise AssertionError(f"{key!r} is a {kind!r}")


async def has_new_epoch(logs: Logs, contest: ContestId, old: str) -> bool:
    position = await logs.position(contest, "board:public")
    return position is not None and position.epoch != old


async def every_public_board(redis: Redis, logs: Logs, channels: Channels, contest: ContestId) -> list[Board]:
    """What a reader can make of each raw payload: the snapshot, and of each delta the rows that it shows."""
    boards: list[Board] = []
    kept = await logs.snapshot(contest, "board:public")
    payloads = [kept.payload] if kept else []
    payloads += [fields[b"payload"] for _, fields in await redis.xrange(channels.log_stream(contest, "board:public"))]
    for payload in payloads:
        match read(payload).message:
            case BoardSnapshot(board):
                boards.append(board)
            case BoardDelta() as change:
                boards.append(apply(Board("icpc", (), (), ()), change))
    assert boards
    return boards
