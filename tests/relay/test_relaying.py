"""A row that commits is on its log within moments; the snapshots follow."""

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.ids import ContestId, uuid7
from contest.store import outbox
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from tests.support import eventually

pytestmark = pytest.mark.anyio


async def test_an_announcement_reaches_the_public_log_and_its_snapshot(
    relay: Telemetry, pool: asyncpg.Pool, redis: Redis, channels: Channels, contest: ContestId
) -> None:
    logs, announced = Logs(redis, channels), uuid7()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO podium_announcement (id, contest_id, text, posted_by) VALUES ($1, $2, 'Lunch', $1)", announced, contest
        )
        await outbox.add(connection, contest, "event.public", {"type": "announcement.posted", "announcement": {"id": announced}})
    entries = await eventually(lambda: logs.read(contest, "events:public", 0))
    assert [msgspec.json.decode(entry.payload)["type"] for entry in entries] == ["announcement.posted"]

    async def caught_up() -> bool:
        kept = await logs.snapshot(contest, "events:public")
        return kept is not None and kept.at == (entries[0].epoch, 1)

    await eventually(caught_up)
    kept = await logs.snapshot(contest, "events:public")
    assert kept is not None
    state = msgspec.json.decode(kept.payload)
    assert (state["log"], state["epoch"], state["seq"], state["type"]) == ("events:public", entries[0].epoch, 1, "events.snapshot")
    assert state["status"]["title"] == "Spring Open"
    assert [each["id"] for each in state["announcements"]] == [announced]
    assert await pool.fetchval("SELECT count(*) FROM podium_outbox WHERE published_at IS NULL") == 0
