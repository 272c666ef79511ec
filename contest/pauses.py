"""Waiting that a stop ends, and what counts as a server being away."""

import asyncio
import contextlib
import random

import asyncpg
from redis.exceptions import RedisError

from contest.broker.logs import WrongPosition

AWAY = (RedisError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError, WrongPosition)
"""A server is away or says no: begin again. Anything else is a fault of ours and ends the process. InternalClientError is what asyncpg says
on a connection whose server was killed in the middle of a statement."""
AFTER_FAILURE_S = 0.5


async def pause(stop: asyncio.Event, at_most_s: float) -> None:
    """Until `stop`, or `at_most_s` long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await stop.wait()


async def pause_after_failure(stop: asyncio.Event) -> None:
    """About AFTER_FAILURE_S, by chance, so that many do not come back at once."""
    await pause(stop, AFTER_FAILURE_S * random.uniform(0.5, 1.5))
