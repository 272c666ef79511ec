"""How much goes on in a contest, minute by minute: counted where it happens (the engines), added up in Redis, read by the live picture.

A column with an index on it would tell the same and cost every saving of an answer more than the saving. What was counted and not yet
written is lost with a killed engine: at most WRITE_EVERY_S of it. Truth is in PostgreSQL; this is a picture.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker.server import open_redis
from contest.domain.activity import DOINGS, Doing, last_hour, minute_of
from contest.ids import ContestId
from contest.wire.channels import Channels

WRITE_EVERY_S = 1.0
KEPT_S = 2 * 3600
"""An hour's counts are read for an hour after its end."""
WAITING_MAX = 10_000
"""Counts that may wait for Redis to come back; the oldest minutes are given up first. Some 2 MB."""


class Place(NamedTuple):
    """`minute`: since 1970."""

    contest: ContestId
    minute: int
    doing: Doing


class Tally:
    """What was done since the last writing. Owner: an engine. Bound: WAITING_MAX counts. Lost with the process."""

    def __init__(self) -> None:
        self._counts: Counter[Place] = Counter()

    def note(self, contest: ContestId, doing: Doing, at: datetime) -> None:
        self._counts[Place(contest, minute_of(at.timestamp()), doing)] += 1

    def take(self) -> Counter[Place]:
        taken, self._counts = self._counts, Counter()
        return taken

    def put_back(self, counts: Counter[Place]) -> None:
        """They could not be written."""
        self._counts.update(counts)
        for place in sorted(self._counts, key=lambda place: place.minute)[: max(0, len(self._counts) - WAITING_MAX)]:
            del self._counts[place]


async def write(redis: Redis, channels: Channels, counts: Mapping[Place, int]) -> None:
    """Add them up. Raises RedisError: nothing is known of what was added."""
    async with redis.pipeline(transaction=False) as pipe:
        for (contest, minute, doing), count in counts.items():
            key = channels.activity(contest, minute // 60)
            pipe.hincrby(key, f"{doing}:{minute}", count)
            pipe.expire(key, KEPT_S)
        await pipe.execute()


async def read(redis: Redis, channels: Channels, contest: ContestId, unix_s: float) -> dict[Doing, list[int]]:
    """The last hour of each doing. Raises RedisError."""
    now = minute_of(unix_s)
    async with redis.pipeline(transaction=False) as pipe:
        for hour in (now // 60 - 1, now // 60):
            pipe.hgetall(channels.activity(contest, hour))
        found: list[dict[bytes, bytes]] = await pipe.execute()
    counts: dict[str, dict[int, int]] = {doing: {} for doing in DOINGS}
    for field, count in (entry for hour in found for entry in hour.items()):
        doing, _, minute = field.decode().partition(":")
        counts.setdefault(doing, {})[int(minute)] = int(count)
    return {doing: last_hour(counts[doing], now) for doing in DOINGS}


async def keep_writing(tally: Tally, redis_url: str, prefix: str, log: Any) -> None:
    """Every second what was counted, until cancelled. It waits while Redis is away; without a `redis_url` it is forgotten."""
    if not redis_url:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            tally.take()
    channels, is_away = Channels(prefix), False
    async with open_redis(redis_url) as redis:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            if not (counts := tally.take()):
                continue
            try:
                await write(redis, channels, counts)
                is_away = False
            except (RedisError, OSError) as error:
                tally.put_back(counts)
                if not is_away:
                    log.warning("activity.not_written", error=type(error).__name__)
                is_away = True
