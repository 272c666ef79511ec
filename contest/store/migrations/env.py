"""Alembic's entry: connects with asyncpg and runs the steps under an advisory lock, so that several processes may start at once."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

MIGRATION_LOCK = 0x706F6469756D
"""The ASCII of "podium"."""
LOCK_WITHIN = "1s"
"""A step that changes a table waits so long for those who use it; whoever comes after it waits as well."""


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.execute(text(f"SET lock_timeout = '{LOCK_WITHIN}'"))
    connection.commit()
    try:
        context.configure(connection=connection, version_table="podium_schema_version", transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()


async def main() -> None:
    url = context.config.attributes["database_url"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
