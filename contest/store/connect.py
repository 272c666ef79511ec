"""Opens the pool to PostgreSQL. UUIDs come and go as text, jsonb as Python values, times as aware UTC datetimes."""

from typing import Any

import asyncpg
import orjson

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


async def open_pool(database_url: str, *, size: int = 10, through_bouncer: bool = False) -> asyncpg.Pool:
    """A pool of at most `size` connections, opened as needed: the server need not be there yet.

    A statement that takes longer than 10 s fails. `through_bouncer`: behind a pooler in transaction mode, where prepared statements do not
    survive. Using the pool raises OSError or asyncpg.PostgresError when the server is not to be had.
    """
    return await asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=size,
        init=_set_codecs,
        command_timeout=10,
        statement_cache_size=0 if through_bouncer else 100,
    )


async def open_session(database_url: str, **server_settings: str) -> asyncpg.Connection:
    """One connection straight to the server (not through a bouncer), for what lives as long as a session: advisory locks, LISTEN."""
    connection = await asyncpg.connect(database_url, timeout=5, command_timeout=10, server_settings=server_settings)
    await _set_codecs(connection)
    return connection


async def _set_codecs(connection: Any) -> None:
    await connection.set_type_codec("uuid", encoder=str, decoder=str, schema="pg_catalog", format="text")
    await connection.set_type_codec(
        "jsonb", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads, schema="pg_catalog", format="text"
    )
