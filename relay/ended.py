"""Tells the socket nodes which sessions were ended and what was taken back: from PostgreSQL into one sorted set in Redis. Every relay
does, leading or not: writing it twice changes nothing."""

import asyncio
import time
from datetime import UTC, datetime

import asyncpg
from redis.asyncio import Redis

from contest.broker import ended as told
from contest.broker.server import open_redis
from contest.ended import ENTRIES_MOST
from contest.pauses import AWAY, pause, pause_after_failure
from contest.store import sessions
from contest.store.connect import open_pool
from contest.store.sessions import BEGINNING, OVERLAP
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from relay.config import Config

EVERY_S = 0.5
ALL_EVERY_S = 10.0
"""How often everything is told again, and what is over taken out: after Redis has lost it, it is back this soon."""


async def tell_ended(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Until `stop`. While a server is away it keeps trying."""
    redis, channels = open_redis(config.redis_url, 2), Channels(config.prefix)
    try:
        while not stop.is_set():
            try:
                await _tell_until_failure(config.database_url, redis, channels, stop)
            except AWAY as error:
                telemetry.log.warning("ended.interrupted", error=f"{type(error).__name__}: {error}")
                await pause_after_failure(stop)
    finally:
        await redis.aclose()


async def _tell_until_failure(database_url: str, redis: Redis, channels: Channels, stop: asyncio.Event) -> None:
    pool: asyncpg.Pool = await open_pool(database_url, size=1)
    since, all_due = BEGINNING, 0.0
    try:
        while not stop.is_set():
            began, whole = datetime.now(UTC), time.monotonic() >= all_due
            members = await _members(pool, BEGINNING if whole else since)
            await told.write(redis, channels, members)
            if whole:
                await told.keep_only(redis, channels, members)
                all_due = time.monotonic() + ALL_EVERY_S
            since = began - OVERLAP
            await pause(stop, EVERY_S)
    finally:
        pool.terminate()


async def _members(pool: asyncpg.Pool, since: datetime) -> list[bytes]:
    async with pool.acquire() as connection:
        over = await sessions.ended_since(connection, since, ENTRIES_MOST)
        return told.members_of(over, await sessions.revoked_since(connection, since, ENTRIES_MOST))
