"""How much goes on in a contest, minute by minute: counted where it happens (the engines), added up in Redis, read by the live picture.

A column with an index on it would tell the same and cost every saving of an answer more than the saving. What was counted and not yet
written is lost with a killed engine: at most WRITE_EVERY_S of it. Truth is in PostgreSQL; this is a picture. Each engine writes whole
counts under its own name: written again after an answer that was lost, they change nothing.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
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
KEPT_MAX = 10_000
"""Counts that an engine holds, those that wait for Redis to come back among them; the oldest minutes are given up first. Some 2 MB."""
LATE_MINUTES = 1
"""A request may end in the minute after the one it began in, and not later: it is refused after seconds."""
LAST_WITHIN_S = 1.0


class Place(NamedTuple):
    """`minute`: since 1970."""

    contest: ContestId
    minute: int
    doing: Doing


class Tally:
    """What was done, by minute. Owner: an engine. Bound: KEPT_MAX counts once a second. Lost with the process."""

    def __init__(self) -> None:
        self._counts: Counter[Place] = Counter()
        self._unwritten: set[Place] = set()

    def note(self, contest: ContestId, doing: Doing, at: datetime, times: int = 1) -> None:
        place = Place(contest, minute_of(at.timestamp()), doing)
        self._counts[place] += times
        self._unwritten.add(place)

    def due(self) -> dict[Place, int]:
        """What is to be written: the whole counts of what has changed since."""
        return {place: self._counts[place] for place in self._unwritten}

    def written(self, counts: Mapping[Place, int]) -> None:
        """They surely are. What has grown meanwhile is due again."""
        self._unwritten -= {place for place, count in counts.items() if self._counts[place] == count}

    def forget(self, minute: int) -> None:
        """In `minute`: what is written and over, and what is too much."""
        over = [place for place in self._counts if place.minute < minute - LATE_MINUTES and place not in self._unwritten]
        for place in over:
            del self._counts[place]
        for place in sorted(self._counts, key=lambda place: place.minute)[: max(0, len(self._counts) - KEPT_MAX)]:
            del self._counts[place]
            self._unwritten.discard(place)


async def write(redis: Redis, channels: Channels, engine: str, counts: Mapping[Place, int]) -> None:
    """The whole counts of `engine`. Raises RedisError: nothing is known of what was written."""
    async with redis.pipeline(transaction=False) as pipe:
        for (contest, minute, doing), count in counts.items():
            key = channels.activity(contest, minute // 60)
            pipe.hset(key, f"{doing}:{minute}:{engine}", str(count))
            pipe.expire(key, KEPT_S)
        await pipe.execute()


async def read(redis: Redis, channels: Channels, contest: ContestId, unix_s: float) -> dict[Doing, list[int]]:
    """The last hour of each doing. Raises RedisError."""
    now = minute_of(unix_s)
    async with redis.pipeline(transaction=False) as pipe:
        for hour in (now // 60 - 1, now // 60):
            pipe.hgetall(channels.activity(contest, hour))
        found: list[dict[bytes, bytes]] = await pipe.execute()
    counts: dict[str, Counter[int]] = {doing: Counter() for doing in DOINGS}
    for field, count in (entry for hour in found for entry in hour.items()):
        doing, minute, _ = field.decode().split(":")
        counts.setdefault(doing, Counter())[int(minute)] += int(count)
    return {doing: last_hour(counts[doing], now) for doing in DOINGS}


async def keep_writing(tally: Tally, redis_url: str, prefix: str, log: Any) -> None:
    """Every second what was counted, until cancelled; then the last of it. It waits while Redis is away."""
    channels, engine, is_away = Channels(prefix), secrets.token_hex(4), False
    async with open_redis(redis_url) as redis:

        async def write_once() -> None:
            nonlocal is_away
            if counts := tally.due():
                try:
                    await write(redis, channels, engine, counts)
                    tally.written(counts)
                    is_away = False
                except (RedisError, OSError) as error:
                    if not is_away:
                        log.warning("activity.not_written", error=type(error).__name__)
                    is_away = True

        try:
            while True:
                await asyncio.sleep(WRITE_EVERY_S)
                await write_once()
                tally.forget(minute_of(time.time()))
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WITHIN_S):
                    await write_once()
