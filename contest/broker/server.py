"""The connection to Redis as processes that write logs need it: no hidden retries, a bounded wait, and which life of the server it is."""

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

WAIT_S = 3.0
"""Longer than any blocking read here; a server that does not answer within it counts as lost."""


def open_redis(url: str, connections_max: int = 100) -> Redis:
    """A client that reports a lost connection instead of sending a command twice. Blocking reads must take less than WAIT_S.

    Each blocking read occupies a connection of its own; what would need more than `connections_max` fails.
    """
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S, max_connections=connections_max
    )


async def life(redis: Redis) -> str:
    """The run_id of the server: another one means that it began anew, or that a replica took over, and a tail may be lost."""
    found: dict[str, Any] = await redis.info("server")
    return str(found["run_id"])
