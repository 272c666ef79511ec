"""What counts no more, for the socket nodes: one sorted set in Redis, written by the relays from PostgreSQL, read by each node.

Scores are the time of writing, so that a node finds what is new; members say what it is. Lost with Redis, it is there again within seconds.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis

from contest.ended import EndedSession, Revocation
from contest.wire.channels import Channels

BATCH = 1_000


class News(NamedTuple):
    """What a node reads."""

    ended: list[EndedSession]
    revoked: list[Revocation]


def _member(kind: str, *parts: Any) -> bytes:
    return msgspec.json.encode([kind, *parts])


def members_of(ended: Iterable[EndedSession], revoked: Iterable[Revocation]) -> list[bytes]:
    found = [_member("session", one.id, one.user_id, one.expires_at.timestamp(), one.ended_at.timestamp()) for one in ended]
    return found + [_member("person", one.user_id, one.contest_id, one.at.timestamp(), one.reason) for one in revoked]


async def write(redis: Redis, channels: Channels, members: list[bytes]) -> None:
    """Those that are not there yet."""
    for begin in range(0, len(members), BATCH):
        await redis.zadd(channels.ended(), dict.fromkeys(members[begin : begin + BATCH], time.time()), nx=True)


async def keep_only(redis: Redis, channels: Channels, members: list[bytes]) -> None:
    """Take out what is over: not among `members`, which are all there are in PostgreSQL."""
    kept: Any = await redis.zrange(channels.ended(), 0, -1)
    gone = list(set(kept) - set(members))
    for begin in range(0, len(gone), BATCH):
        await redis.zrem(channels.ended(), *gone[begin : begin + BATCH])


async def read(redis: Redis, channels: Channels, since: float) -> News:
    """What was written at or after `since` (Unix time)."""
    found: Any = await redis.zrangebyscore(channels.ended(), since, "+inf")
    news = News([], [])
    for member in found:
        match msgspec.json.decode(member):
            case ["session", id_, user, until, at]:
                news.ended.append(EndedSession(id_, user, _moment(until), _moment(at)))
            case ["person", user, contest, at, reason]:
                news.revoked.append(Revocation(user, contest, _moment(at), reason))
    return news


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
