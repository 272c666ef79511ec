"""The way to PostgreSQL of a REST process: a bounded wait for a connection, and whether it answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from contest.errors import overloaded
from contest.store.connect import Connection

WAITING_MOST = 500
"""Requests that may wait for a connection, about a second's worth; the next is told to come again (503)."""
CONNECTION_WITHIN_S = 3.0
CHECK_WITHIN_S = 1.0

# Out of reach, going away, too slow, full, or a transaction given up for another. `InterfaceError`: the connection was closed under us;
# `InternalClientError`: the server said goodbye between two statements and the driver has not seen the end yet.
UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
)


def is_unreachable(error: Exception) -> bool:
    """Whether trying again may help. asyncpg's complaint about an argument is an InterfaceError and a ValueError: that is our fault."""
    return isinstance(error, UNREACHABLE) and not isinstance(error, ValueError)


class Database:
    """Owner: the process. Bound: the pool's connections, and `waiting_most` who wait for one."""

    def __init__(self, pool: asyncpg.Pool, waiting_most: int = WAITING_MOST) -> None:
        self._pool = pool
        self._waiting_most = waiting_most
        self._waiting = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection. Raises Refusal 503 when too many wait, or one of UNREACHABLE."""
        if self._waiting >= self._waiting_most:
            raise overloaded("Too many requests wait for the database.")
        self._waiting += 1
        try:
            connection = await self._pool.acquire(timeout=CONNECTION_WITHIN_S)
        finally:
            self._waiting -= 1
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    async def check(self) -> Mapping[str, Any]:
        """`{"ok": true, "answer_ms": ...}` of one trip to PostgreSQL, or `{"ok": false, "error": ...}`."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(CHECK_WITHIN_S), self._pool.acquire() as connection:
                await connection.fetchval("SELECT 1")
        except UNREACHABLE as error:
            return {"ok": False, "error": type(error).__name__}
        return {"ok": True, "answer_ms": round((time.perf_counter() - began) * 1000, 1)}
