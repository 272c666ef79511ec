"""Peer: the server of the `websockets` library with its `broadcast()`, as its documentation advises for many receivers.

python websockets_broadcast.py PORT REDIS_URL CHANNEL. Compression off (as its memory guide advises), pings as by default.
"""

import sys

import uvloop
from redis.asyncio import Redis
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

HELLO = '{"type":"hello","session":"-"}'


async def main(port: int, redis_url: str, channel: str) -> None:
    async def hold(connection: ServerConnection) -> None:
        await connection.send(HELLO)
        await connection.wait_closed()

    listening = serve(hold, "127.0.0.1", port, compression=None, subprotocols=[Subprotocol("podium.v1")], backlog=4096)
    async with listening as server, Redis.from_url(redis_url) as redis, redis.pubsub() as pubsub:
        await pubsub.subscribe(channel)
        async for message in pubsub.listen():
            if message["type"] == "message":
                broadcast(server.connections, message["data"].decode())


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
