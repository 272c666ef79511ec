"""Readiness of a process that works with PostgreSQL."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import asyncpg

from contest.edge.endpoint import UNREACHABLE

CHECK_WITHIN_S = 1.0


async def database_check(pool: asyncpg.Pool) -> Mapping[str, Any]:
    """`{"ok": ..., "answer_ms": ...}` of one trip to PostgreSQL."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_WITHIN_S), pool.acquire() as connection:
            await connection.fetchval("SELECT 1")
    except UNREACHABLE as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "answer_ms": round((time.perf_counter() - began) * 1000, 1)}
