"""People with power: who may sign in, with which role. Passwords are only here as argon2id hashes."""

import asyncio
import secrets

import argon2
import asyncpg
from msgspec import Struct

from contest.domain.audience import Role
from contest.ids import ContestId, UserId, uuid7
from contest.store import audit
from contest.store.audit import Actor
from contest.store.connect import Connection

FIRST_LOGIN = "organiser"
_FIRST_LOCK = 0x70656F706C65
"""The ASCII of "people": of several who start at once, one makes the first organiser."""


class Someone(Struct, frozen=True):
    """`contest_id` None: their role counts in every contest."""

    id: UserId
    login: str
    name: str
    role: Role
    contest_id: ContestId | None
    password_hash: str


async def by_login(connection: Connection, login: str) -> Someone | None:
    row = await connection.fetchrow("SELECT id, login, name, role, contest_id, password_hash FROM podium_person WHERE login = $1", login)
    return None if row is None else Someone(**row)


async def add(connection: Connection, someone: Someone, actor: Actor) -> None:
    """Raises asyncpg.UniqueViolationError: the login is taken."""
    await connection.execute(
        "INSERT INTO podium_person (id, login, name, role, contest_id, password_hash) VALUES ($1, $2, $3, $4, $5, $6)",
        someone.id, someone.login, someone.name, someone.role, someone.contest_id, someone.password_hash,
    )  # fmt: skip
    after = {"login": someone.login, "name": someone.name, "role": someone.role}
    await audit.write(connection, actor, "person.created", someone.contest_id, someone.id, None, after)


async def signed_in(connection: Connection, someone: Someone, address: str) -> None:
    """Note that they did, and from where."""
    await audit.write(
        connection, Actor(someone.id, someone.role), "person.signed_in", someone.contest_id, someone.id, None, {"address": address}
    )


async def rehashed(connection: Connection, someone: Someone, password_hash: str) -> None:
    """The same password, hashed with today's parameters; only while it is still the one that was checked."""
    await connection.execute(
        "UPDATE podium_person SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        someone.id, someone.password_hash, password_hash,
    )  # fmt: skip


async def ensure_first_organiser(pool: asyncpg.Pool) -> str | None:
    """Where there is no organiser, make one (login `organiser`) and return the random password: it can be read here and never again."""
    password = secrets.token_urlsafe(15)
    hashed = await asyncio.to_thread(argon2.PasswordHasher().hash, password)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _FIRST_LOCK)
        if await connection.fetchval("SELECT EXISTS (SELECT 1 FROM podium_person WHERE role = 'organiser')"):
            return None
        first = Someone(UserId(uuid7()), FIRST_LOGIN, "Organiser", "organiser", None, hashed)
        await add(connection, first, Actor("podium", "operator"))
    return password
