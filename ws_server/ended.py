"""How a node hears which sessions were ended and what was taken back: it asks Redis once a second, and closes the sockets they had."""

import asyncio
import time
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import ended as told
from contest.broker.ended import News
from contest.ids import UserId
from contest.wire.channels import Channels
from contest.wire.close_codes import CloseCode
from contest.wire.to_browser import SessionRevoked

if TYPE_CHECKING:
    from ws_server.node import Node

EVERY_S = 1.0
OVERLAP_S = 60.0
"""Looked back over at every turn: the clocks of the relays that write may differ."""
ALL_EVERY_S = 30.0


async def follow(node: "Node", redis: Redis) -> None:
    """Until cancelled. While Redis is away, what is known counts on."""
    channels, since, all_due = Channels(node.config.prefix), 0.0, 0.0
    while True:
        now = time.time()
        try:
            news = await told.read(redis, channels, 0.0 if now >= all_due else since)
            all_due = now + ALL_EVERY_S if now >= all_due else all_due
            since = now - OVERLAP_S
            close_sockets(node, news, node.ended.note(news.ended, news.revoked))
        except (RedisError, OSError) as error:
            node.telemetry.log.warning("ended.not_followed", error=type(error).__name__)
        node.ended.forget_expired(now)
        await asyncio.sleep(EVERY_S)


def close_sockets(node: "Node", news: News, users: set[str]) -> None:
    """Those of `users` that are open with what counts no more: looked up by person, never one by one over all."""
    reasons = {one.user_id: one.reason for one in news.revoked}
    for room in list(node.hub.rooms.values()) if users else ():
        for user in users:
            for connection in room.of_person(UserId(user)):
                if connection.ticket is not None and node.ended.refuses(connection.ticket):
                    connection.say_and_close(SessionRevoked(reasons.get(user, "logged out")), CloseCode.REVOKED, "revoked")
