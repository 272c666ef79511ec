"""The live picture of a contest: who is there, what is done a minute, what waits. PostgreSQL and Redis each say what they know."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import activity, nodes
from contest.broker.nodes import NodeNow
from contest.domain.activity import Doing
from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.database import Database
from contest.edge.routes import Route, roles
from contest.ids import ContestId
from contest.store import contests, live
from contest.wire.channels import Channels

REDIS_WITHIN_S = 1.0
"""The page asks every three seconds; a Redis that takes longer has nothing to say about now."""


class NodeShown(Struct, frozen=True):
    """`connections`: open sockets in this contest. `ready` false: it is deaf, draining, or has said nothing for a while."""

    name: str
    ready: bool
    connections: int


class Live(Struct, frozen=True):
    """`on_line`: open sockets in this contest at the nodes that are ready. The minutes: the last 60, the newest last. Null: Redis, which
    knows these, cannot be reached now."""

    on_line: int | None
    nodes: list[NodeShown] | None
    answers_per_min: list[int] | None
    submissions_per_min: list[int] | None
    unjudged: int
    clarifications_open: int
    outbox_waiting: int


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures are. `redis` None: this installation gave the process no address of one."""

    database: Database
    redis: Redis | None
    channels: Channels


async def get(sources: Sources, call: Call[Any]) -> Answer:
    """The connection to PostgreSQL goes back before Redis is asked, which may be slow to say that it is not there."""
    contest = call.enter(call.id("contest"))
    async with sources.database.connection() as connection:
        await contests.load(connection, contest)
        waiting = await live.waiting(connection, contest)
    found, minutes = await _moving(sources, contest, call.now.timestamp())
    return ok(
        Live(
            on_line=None if found is None else sum(node.connections for node in found if node.ready),
            nodes=None if found is None else [NodeShown(*node) for node in found],
            answers_per_min=minutes.get("answers"),
            submissions_per_min=minutes.get("submissions"),
            **waiting._asdict(),
        )
    )


async def _moving(sources: Sources, contest: ContestId, unix_s: float) -> tuple[list[NodeNow] | None, Mapping[Doing, list[int]]]:
    """The nodes, and the minutes of each doing; None and nothing while Redis cannot say."""
    if sources.redis is None:
        return None, {}
    try:
        async with asyncio.timeout(REDIS_WITHIN_S):
            found = await nodes.read(sources.redis, sources.channels, contest)
            return found, await activity.read(sources.redis, sources.channels, contest, unix_s)
    except (RedisError, OSError, TimeoutError):
        return None, {}


def routes(sources: Sources) -> list[Route]:
    return [
        Route(
            "GET", "/api/v1/admin/contests/{id}/live/", roles("organiser"), "bare", partial(get, sources),
            summary="Who is there, what is done a minute, what waits.", answer=Live,
        ),
    ]  # fmt: skip
