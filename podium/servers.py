"""Waiting for PostgreSQL and Redis, making the database that the processes will use."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

READY_WITHIN_S = 60.0
"""A PostgreSQL that recovers after a crash may replay a gigabyte of its log first."""
GIVEN_UP_AFTER_ENDS = 6
"""A process that ended so often while we waited for it has a reason that waiting does not mend."""
BETWEEN_TRIES_S = 0.05


class NotReady(Exception):  # noqa: N818 - a fact for the person at the terminal
    """A server does not answer."""


async def wait_until(what: str, answers: Callable[[], Awaitable[bool]], given_up: Callable[[], str | None], within_s: float) -> None:
    """Ask `answers` until it gives true. Raises NotReady after `within_s` seconds, or once `given_up` gives a reason."""
    end = time.monotonic() + within_s
    while not await answers():
        stop_if_cancelled()
        if reason := given_up():
            raise NotReady(reason)
        if time.monotonic() > end:
            raise NotReady(f"{what} did not answer within {within_s:.0f} s")
        await asyncio.sleep(BETWEEN_TRIES_S)


def stop_if_cancelled() -> None:
    """Raise CancelledError if this task was asked to end and a library between took that for an error of the connection (seen)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def postgres_answers(database_url: str) -> bool:
    """Whether a connection and a statement succeed; an existing server without this database counts. Raises NotReady: a wrong password."""
    try:
        connection = await asyncpg.connect(database_url, timeout=5)
    except asyncpg.InvalidCatalogNameError:
        return True
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise NotReady(f"PostgreSQL refuses the user or password of DATABASE_URL: {error}") from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    await connection.close(timeout=5)
    return True


async def redis_answers(redis_url: str) -> bool:
    try:
        async with Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            return bool(await redis.ping())
    except (OSError, RedisError):
        return False


async def make_database(database_url: str) -> None:
    """Create the database that the URL names, unless it is there. Needs the right to do so only then."""
    parts = urlsplit(database_url)
    name = parts.path.lstrip("/")
    try:
        connection = await asyncpg.connect(database_url, timeout=10)
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")), timeout=10)
        await connection.execute('CREATE DATABASE "{}"'.format(name.replace('"', '""')))
    await connection.close()
