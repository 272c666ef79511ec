"""Which socket nodes there are and whom they hold: each says so itself every few seconds, so that nodes behind one name are all seen.

What is said is forgotten by its age, by the clock of Redis alone: a node that was killed is shown as not ready first, then no more. One
that stops in order takes its report along.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from redis.asyncio import Redis

from contest.ids import ContestId
from contest.wire.channels import Channels

SAY_EVERY_S = 2.0
SILENT_S = 3 * SAY_EVERY_S
"""Who has said nothing for so long is not ready."""
FORGOTTEN_S = 60.0


class NodeSaid(msgspec.Struct, frozen=True):
    """`at`: Unix time. `connections`: open sockets in all contests."""

    at: float
    ready: bool
    connections: int


class NodeNow(NamedTuple):
    """A node as one contest sees it. `connections`: open sockets in this contest."""

    name: str
    ready: bool
    connections: int


async def clock(redis: Redis) -> float:
    """Unix time of Redis: machines need not agree on theirs. Raises RedisError."""
    seconds, micros = await redis.time()
    return float(seconds) + float(micros) / 1e6


async def leave(redis: Redis, channels: Channels, name: str, contests: Iterable[ContestId]) -> None:
    """A node stops. Raises RedisError."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hdel(channels.nodes(), name)
        for contest in contests:
            pipe.hdel(channels.nodes_of(contest), name)
        await pipe.execute()


async def say(redis: Redis, channels: Channels, name: str, ready: bool, held: Mapping[ContestId, int], at: float | None = None) -> None:
    """One node's report. `held`: open sockets by contest. `at`: the clock of Redis. Raises RedisError."""
    at = await clock(redis) if at is None else at
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(channels.nodes(), name, msgspec.json.encode(NodeSaid(at, ready, sum(held.values()))))
        for contest, count in held.items():
            pipe.hset(channels.nodes_of(contest), name, f"{at} {count}")
            pipe.expire(channels.nodes_of(contest), int(FORGOTTEN_S))
        await pipe.execute()


async def read(redis: Redis, channels: Channels, contest: ContestId, now: float | None = None) -> list[NodeNow]:
    """All nodes by name; those long silent are taken out. Raises RedisError."""
    now = await clock(redis) if now is None else now
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hgetall(channels.nodes())
        pipe.hgetall(channels.nodes_of(contest))
        found, held = await pipe.execute()
    said = {name.decode(): msgspec.json.decode(value, type=NodeSaid) for name, value in found.items()}
    if gone := [name for name, one in said.items() if now - one.at > FORGOTTEN_S]:
        await redis.hdel(channels.nodes(), *gone)
    counts = {name.decode(): _count(value, now) for name, value in held.items()}
    return [
        NodeNow(name, one.ready and now - one.at <= SILENT_S, counts.get(name, 0)) for name, one in sorted(said.items()) if name not in gone
    ]


def _count(value: bytes, now: float) -> int:
    """0 where the node has not spoken of this contest lately: it left the room."""
    at, _, count = value.decode().partition(" ")
    return int(count) if now - float(at) <= SILENT_S else 0
