"""A node says every few seconds whether it is ready and how many sockets it holds in which contest (contest/broker/nodes.py)."""

import asyncio
import time
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import nodes
from contest.wire.channels import Channels

if TYPE_CHECKING:
    from ws_server.node import Node


async def keep_saying(node: "Node", redis: Redis) -> None:
    """Until cancelled. What cannot be said now is said at the next turn, as it is then."""
    channels = Channels(node.config.prefix)
    while True:
        held = {contest: len(room) for contest, room in node.hub.rooms.items()}
        try:
            await nodes.say(redis, channels, node.config.name, node.ready, held, time.time())
        except (RedisError, OSError) as error:
            node.telemetry.log.warning("node.not_reported", error=type(error).__name__)
        await asyncio.sleep(nodes.SAY_EVERY_S)
