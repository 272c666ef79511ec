"""What the relay tells the nodes of ended sessions and what was taken back: at once, again after Redis lost it, while it matters."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from redis.asyncio import Redis

from contest.broker import ended as told
from contest.ids import ContestId, UserId, uuid7
from contest.store import sessions
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from relay import ended as telling
from relay.config import Config
from tests.support import eventually

pytestmark = pytest.mark.anyio


async def test_it_is_told_and_told_again_and_forgotten_when_over(
    config: Config, pool: asyncpg.Pool, redis: Redis, channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "ALL_EVERY_S", 0.5)
    stop, user, soon = asyncio.Event(), UserId(uuid7()), datetime.now(UTC) + timedelta(hours=1)
    task = asyncio.create_task(telling.tell_ended(config, Telemetry("relay", "critical"), stop))
    session = sessions.Session(uuid7(), user, "password", None, "203.0.113.1", soon)
    contest = ContestId(uuid7())
    async with pool.acquire() as connection:
        await sessions.begin(connection, session)
        await sessions.end(connection, session.id)
        await sessions.revoke(connection, user, contest, "role lost")

    async def is_told() -> bool:
        news = await told.read(redis, channels, 0.0)
        return [one.id for one in news.ended] == [session.id] and [one.contest_id for one in news.revoked] == [contest]

    await eventually(is_told, 5)
    await redis.delete(channels.ended())
    await eventually(is_told, 5)
    await pool.execute("UPDATE podium_session SET expires_at = now()")

    async def is_forgotten() -> bool:
        news = await told.read(redis, channels, 0.0)
        return news.ended == [] and len(news.revoked) == 1

    await eventually(is_forgotten, 5)
    stop.set()
    await asyncio.wait_for(task, 5)
