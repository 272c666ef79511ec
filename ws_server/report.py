"""A node says every few seconds whether it is ready and how many sockets it holds in which contest (contest/broker/nodes.py)."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import nodes
from contest.ids import ContestId
from contest.wire.channels import Channels

if TYPE_CHECKING:
    from ws_server.node import Node


GOODBYE_WITHIN_S = 1.0


async def keep_saying(node: "Node", redis: Redis) -> None:
    """Until cancelled; then that it goes. What cannot be said now is said at the next turn, as it is then."""
    channels, name = Channels(node.config.prefix), node.config.name
    held: dict[ContestId, int] = {}
    try:
        while True:
            held = {contest: len(room) for contest, room in node.hub.rooms.items()}
            try:
                await nodes.say(redis, channels, name, node.ready, held)
            except (RedisError, OSError) as error:
                node.telemetry.log.warning("node.not_reported", error=type(error).__name__)
            await asyncio.sleep(nodes.SAY_EVERY_S)
    finally:
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_WITHIN_S):
                await nodes.leave(redis, channels, name, held)
