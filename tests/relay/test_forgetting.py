"""What was published long ago goes, a small batch after the other, and holds nobody up meanwhile."""

import asyncpg
import pytest

from contest.broker.logs import Logs
from contest.store import outbox
from relay.config import Config
from tests.contest_rows import ContestRows
from tests.relay.conftest import relaying
from tests.support import eventually

pytestmark = pytest.mark.anyio


async def test_rows_published_over_a_day_ago_go_and_those_of_today_stay(
    config: Config, contest: ContestRows, logs: Logs, pool: asyncpg.Pool
) -> None:
    await pool.execute(
        "INSERT INTO podium_outbox (contest_id, topic, published_at)"
        " SELECT $1, 'score.changed', now() - interval '25 hours' FROM generate_series(1, $2)",
        contest.id, 2 * outbox.FORGET_BATCH + 1,
    )  # fmt: skip
    announced = await contest.announce("meanwhile")
    async with relaying(config):
        await eventually(lambda: nothing_is_older_than_a_day(pool))
        await eventually(lambda: logs.read(contest.id, "events:public", 0))
    (entry,) = await logs.read(contest.id, "events:public", 0)
    assert announced.encode() in entry.payload
    assert await pool.fetchval("SELECT count(*) FROM podium_outbox") == 3, "two participants and the announcement"


async def nothing_is_older_than_a_day(pool: asyncpg.Pool) -> bool:
    found: bool = await pool.fetchval("SELECT NOT EXISTS (SELECT 1 FROM podium_outbox WHERE published_at < now() - interval '1 day')")
    return found
