"""One ranker leads more contests than a Redis client has connections by default: each waits on one of its own."""

import asyncpg
import pytest
from redis.asyncio import Redis

from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from tests.contest_rows import ContestRows
from tests.ranker.conftest import Settled
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("relay")]

CONTESTS = 130


async def test_it_leads_all_of_them_without_losing_one(
    ranker: Telemetry, contest: ContestRows, pool: asyncpg.Pool, settled: Settled, redis: Redis, channels: Channels
) -> None:
    ids = [await pool.fetchval("SELECT uuidv7()::text") for _ in range(CONTESTS - 1)]
    await pool.execute("INSERT INTO contests_contest (id, title, status) SELECT unnest($1::uuid[]), 'One of many', 'finalized'", ids)
    await pool.execute("INSERT INTO podium_contest (contest_id, duration_s, rehearsal) SELECT unnest($1::uuid[]), 3600, true", ids)

    def led() -> bool:
        return ranker.registry.get_sample_value("podium_ranker_contests") == CONTESTS

    await eventually(led, within_s=20)
    keys = [channels.leader(each, "ranker") for each in ids]
    fences = await redis.mget(keys)
    submission = await contest.submit("ann", "A", 60.0)
    await contest.judge("ann", submission, "AC")
    await settled(contest)
    assert led()
    assert None not in fences
    assert await redis.mget(keys) == fences, "nobody had to begin again"
