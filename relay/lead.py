"""Who relays: the holder of an advisory lock of PostgreSQL, on the very session that takes the outbox rows.

A lease in Redis would need a fence between two servers. Here losing the lead and losing the taken rows are one event, decided where the
rows are: the server itself ends a session that says nothing for SILENT_MS (a stopped process, a cut line), and with it lock and rows.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from contest.store.connect import open_session

SILENT_MS = 5_000
"""A leader says something at least every 20 ms. Longer than the longest pause of a healthy one, short enough to wait for."""
LOCK = int.from_bytes(b"podium.r")
"""The key of the lock; one a database."""


@asynccontextmanager
async def session(database_url: str, silent_ms: int = SILENT_MS) -> AsyncIterator[asyncpg.Connection]:
    """A session that the server ends when it is silent for `silent_ms`. Raises OSError or asyncpg.PostgresError."""
    opened = await open_session(
        database_url,
        application_name="podium relay",
        idle_session_timeout=str(silent_ms),
        idle_in_transaction_session_timeout=str(silent_ms),
        tcp_user_timeout=str(silent_ms),
    )
    try:
        yield opened
    finally:
        opened.terminate()


async def take_lead(connection: asyncpg.Connection) -> bool:
    """Whether this session relays from now on, until it ends. False: another does."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
    return taken
