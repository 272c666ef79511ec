"""Migrations on real databases: an empty one, one that already has them, one that has the monolith's tables."""

import asyncpg
import pytest

pytestmark = pytest.mark.anyio


async def test_the_template_has_every_table(pool: asyncpg.Pool) -> None:
    tables = {row["tablename"] for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert {"contests_contest", "attempts_attempt", "podium_outbox", "podium_schema_version"} <= tables
