"""How a REST process hears of ended sessions and of what was taken back: it asks PostgreSQL for the news twice a second, never for a
request. What the process itself ended counts at once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from contest.edge.database import UNREACHABLE, Database
from contest.ended import ENTRIES_MOST, Ended
from contest.errors import Refusal
from contest.store import sessions
from contest.store.sessions import BEGINNING, OVERLAP

EVERY_S = 0.5


async def follow(ended: Ended, database: Database, log: Any) -> None:
    """Keep up with PostgreSQL until cancelled. While it cannot be reached, what is known counts on."""
    since, failing = BEGINNING, False
    while True:
        began = datetime.now(UTC)
        try:
            async with database.connection() as connection:
                over = await sessions.ended_since(connection, since, ENTRIES_MOST)
                ended.note(over, await sessions.revoked_since(connection, since, ENTRIES_MOST))
            since, failing = began - OVERLAP, False
        except (*UNREACHABLE, Refusal) as error:
            if not failing:
                log.warning("sessions.not_followed", error=type(error).__name__)
            failing = True
        ended.forget_expired(began.timestamp())
        await asyncio.sleep(EVERY_S)
