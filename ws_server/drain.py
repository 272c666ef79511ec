"""Stopping without a storm: connections are sent away in paced batches, each told when to come back."""

import asyncio
import random
from collections.abc import Callable, Sequence

from contest.wire.close_codes import CloseCode
from contest.wire.to_browser import Draining
from ws_server.socket_connection import SocketConnection

STEP_S = 0.1
PACED_SHARE = 0.7
"""Of the time there is; the rest is for the last ones to answer the close."""
RECONNECT_AFTER_MS = (200, 5_000)


async def drain(sockets: Callable[[], Sequence[SocketConnection]], within_s: float) -> None:
    """Returns when all are gone; after `within_s` what is left is cut."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    there = list(sockets())
    left = set(there)
    random.shuffle(there)
    steps = max(1, int(within_s * PACED_SHARE / STEP_S))
    batch = max(1, -(-len(there) // steps))
    while there:
        for connection in there[:batch]:
            connection.say_and_close(Draining(random.randint(*RECONNECT_AFTER_MS)), CloseCode.DRAINING, "this server is about to stop")
        del there[:batch]
        await asyncio.sleep(STEP_S if there else 0)
    while (left := {one for one in left if one.transport is not None}) and loop.time() - begun < within_s:  # noqa: ASYNC110
        await asyncio.sleep(STEP_S / 2)
    for connection in left:
        if connection.transport is not None:
            connection.transport.abort()
