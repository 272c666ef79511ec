"""The first person with power, made where there is none yet; the password is shown once and kept only as its hash."""

from contest.store.connect import open_pool
from contest.store.people import FIRST_LOGIN, ensure_first_organiser

LOGIN = FIRST_LOGIN


async def ensure(database_url: str) -> str | None:
    """The new password if an organiser was made, None if there was one already."""
    pool = await open_pool(database_url, size=1)
    try:
        return await ensure_first_organiser(pool)
    finally:
        await pool.close()
