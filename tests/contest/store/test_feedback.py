"""From when on verdicts are known, as SQL says it: the same as `domain.audience` does."""

import asyncpg
import pytest

from contest.domain.audience import FEEDBACKS, tells
from contest.store.feedback import TOLD

pytestmark = pytest.mark.anyio


async def test_sql_and_domain_say_the_same(pool: asyncpg.Pool) -> None:
    for feedback in FEEDBACKS:
        for final in (False, True):
            row = "(SELECT $1::text AS feedback, CASE WHEN $2 THEN now() END AS finalized_at) c"
            assert await pool.fetchval(f"SELECT {TOLD} FROM {row}", feedback, final) == tells(feedback, final=final)
