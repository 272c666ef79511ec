"""The first person with power, made where there is none yet; the password is shown once and kept only as its hash."""

import asyncpg

from contest.store.connect import open_pool

LOGIN = "organiser"


async def ensure(database_url: str) -> str | None:
    """The new password if an organiser was made, None if there was one already."""
    try:
        from contest.store.people import ensure_first_organiser
    except ImportError:
        return None
    pool: asyncpg.Pool = await open_pool(database_url, size=1)
    try:
        return await ensure_first_organiser(pool)
    finally:
        await pool.close()
