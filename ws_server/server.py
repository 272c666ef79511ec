"""One socket node: builds its parts, listens, and stops in order."""

import asyncio
import socket
from contextlib import suppress
from functools import partial

from redis.asyncio import BlockingConnectionPool, Redis

from contest.telemetry import Telemetry
from ws_server.config import Config
from ws_server.drain import drain
from ws_server.ended import follow
from ws_server.http_connection import HttpConnection
from ws_server.node import Node
from ws_server.reads import Reads
from ws_server.report import keep_saying

BACKLOG = 65_535
"""As many as the kernel allows: after an outage everybody comes back at once."""
DEAD_AFTER_MS = 60_000
"""The kernel gives a line up whose data nobody has acknowledged for so long (TCP_USER_TIMEOUT)."""
SEND_BUFFER_BYTES = 65_536
"""Of a line, in the kernel, which doubles it for its own overhead: 72,704 bytes wait at most, measured. Left alone it held 253,000
and more, and a reader who does not read was not seen as blocked."""
SWEEP_S = 5.0


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then drain. Raises OSError if the port is taken."""
    loop = asyncio.get_running_loop()
    pool = BlockingConnectionPool.from_url(config.redis_url, max_connections=16, timeout=5, socket_timeout=3, socket_connect_timeout=3)
    redis = Redis(connection_pool=pool)
    node = Node(config, redis, telemetry, loop.time())
    server = await loop.create_server(partial(HttpConnection, node, Reads(node)), sock=_listening(config), backlog=BACKLOG)
    node.wheel.start()
    works = [node.hub.reader.run(), _sweep(node), follow(node, redis), keep_saying(node, redis)]
    tasks = [asyncio.create_task(work) for work in works]
    telemetry.log.info("ws.listening", host=config.host, port=config.port)
    try:
        await stop.wait()
        node.draining = True
        server.close()
        telemetry.log.info("ws.draining", connections=node.admission.count)
        await drain(node.sockets, config.drain_s)
    finally:
        server.close()
        node.wheel.stop()
        node.hub.reader.end()
        for task in tasks:
            task.cancel()
        node.hub.stop()
        node.wheel.cut_all()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        for connection in node.sockets():
            if connection.transport is not None:
                connection.transport.abort()
        node.close()
        await redis.aclose()
        await pool.aclose()


async def _sweep(node: Node) -> None:
    while True:
        await asyncio.sleep(min(SWEEP_S, node.config.room_idle_s))
        node.hub.sweep(asyncio.get_running_loop().time())


def _listening(config: Config) -> socket.socket:
    """What is set here is inherited by every accepted socket: no call per connection."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER_MS)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listening.bind((config.host, config.port))
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening
