"""The first organiser: made once, whoever asks and however many at once."""

import asyncio

import argon2
import asyncpg
import pytest

from contest.store.people import ensure_first_organiser

pytestmark = pytest.mark.anyio


async def test_of_several_at_once_one_gets_the_password(pool: asyncpg.Pool) -> None:
    given = await asyncio.gather(*(ensure_first_organiser(pool) for _ in range(4)))
    (password,) = [each for each in given if each is not None]
    row = await pool.fetchrow("SELECT login, role, contest_id, password_hash FROM podium_person")
    assert (row["login"], row["role"], row["contest_id"]) == ("organiser", "organiser", None)
    assert row["password_hash"].startswith("$argon2id$")
    assert argon2.PasswordHasher().verify(row["password_hash"], password)
    assert len(password) >= 20
    assert await ensure_first_organiser(pool) is None
    assert await pool.fetchval("SELECT action FROM podium_audit") == "person.created"
