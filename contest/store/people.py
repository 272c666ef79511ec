"""People with power: who may log in, with which roles in which contests. Passwords are only here as argon2id hashes."""

import asyncio
import secrets
from datetime import datetime
from typing import Any

import argon2
import asyncpg
from msgspec import Struct

from contest.domain.grants import Grant, in_order
from contest.ids import UserId, uuid7
from contest.store import audit
from contest.store.audit import Actor
from contest.store.connect import Connection

FIRST_LOGIN = "organiser"
_FIRST_LOCK = 0x70656F706C65
"""The ASCII of "people": of several who start at once, one makes the first organiser."""


class Someone(Struct, frozen=True):
    """`password_given`: by somebody else, so theirs to change. `grants`: in order of precedence, those for every contest first."""

    id: UserId
    login: str
    name: str
    password_hash: str
    grants: tuple[Grant, ...]
    disabled: bool = False
    password_given: bool = False
    version: int = 1
    password_set_at: datetime | None = None


SELECT = """
SELECT p.id, p.login, p.name, p.password_hash, p.disabled_at IS NOT NULL AS disabled, p.password_given, p.version, p.password_set_at,
       ARRAY(SELECT r.role FROM podium_role r WHERE r.person_id = p.id ORDER BY r.given_at, r.role, r.contest_id) AS roles,
       ARRAY(SELECT r.contest_id FROM podium_role r WHERE r.person_id = p.id ORDER BY r.given_at, r.role, r.contest_id) AS contest_ids
  FROM podium_person p
"""


def someone(row: Any) -> Someone:
    members = dict(row)
    grants = [Grant(role, contest) for role, contest in zip(members.pop("roles"), members.pop("contest_ids"), strict=True)]
    return Someone(**members, grants=in_order(tuple(grants)))


async def by_login(connection: Connection, login: str) -> Someone | None:
    row = await connection.fetchrow(f"{SELECT} WHERE p.login = $1", login)
    return None if row is None else someone(row)


async def by_id(connection: Connection, person_id: str, *, locked: bool = False) -> Someone | None:
    """`locked`: nobody else changes them until the transaction ends."""
    if locked:
        await connection.execute("SELECT 1 FROM podium_person WHERE id = $1 FOR UPDATE", person_id)
    row = await connection.fetchrow(f"{SELECT} WHERE p.id = $1", person_id)
    return None if row is None else someone(row)


async def add(connection: Connection, person: Someone, actor: Actor) -> None:
    """Raises asyncpg.UniqueViolationError: the login is taken."""
    first = person.grants[0]
    await connection.execute(
        "INSERT INTO podium_person (id, login, name, role, contest_id, password_hash, password_given) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        person.id, person.login, person.name, first.role, first.contest, person.password_hash, person.password_given,
    )  # fmt: skip
    await give(connection, person.id, person.grants, actor)
    after = {"login": person.login, "name": person.name, "roles": told(person.grants)}
    await audit.write(connection, actor, "person.created", first.contest, person.id, None, after)


async def give(connection: Connection, person_id: str, grants: tuple[Grant, ...], actor: Actor) -> None:
    await connection.executemany(
        "INSERT INTO podium_role (person_id, role, contest_id, given_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [(person_id, grant.role, grant.contest, actor.id) for grant in grants],
    )


def told(grants: tuple[Grant, ...]) -> list[dict[str, Any]]:
    """Grants as JSON has them."""
    return [{"role": grant.role, "contest_id": grant.contest} for grant in grants]


async def logged_in(connection: Connection, person: Someone, address: str) -> None:
    """Note that they did, and from where."""
    first = person.grants[0]
    await audit.write(connection, Actor(person.id, first.role), "person.signed_in", first.contest, person.id, None, {"address": address})


async def rehashed(connection: Connection, person: Someone, password_hash: str) -> None:
    """The same password, hashed with today's parameters; only while it is still the one that was checked."""
    await connection.execute(
        "UPDATE podium_person SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        person.id, person.password_hash, password_hash,
    )  # fmt: skip


async def set_password(connection: Connection, person_id: str, password_hash: str, *, given: bool) -> None:
    """`given`: by somebody else."""
    await connection.execute(
        "UPDATE podium_person SET password_hash = $2, password_given = $3, password_set_at = now(), version = version + 1 WHERE id = $1",
        person_id, password_hash, given,
    )  # fmt: skip


async def ensure_first_organiser(pool: asyncpg.Pool) -> str | None:
    """Where there is no organiser, make one (login `organiser`) and return the random password: it can be read here and never again."""
    password = secrets.token_urlsafe(15)
    hashed = await asyncio.to_thread(argon2.PasswordHasher().hash, password)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _FIRST_LOCK)
        if await connection.fetchval("SELECT EXISTS (SELECT 1 FROM podium_person WHERE role = 'organiser')"):
            return None
        first = Someone(UserId(uuid7()), FIRST_LOGIN, "Organiser", hashed, (Grant("organiser"),))
        await add(connection, first, Actor("podium", "operator"))
    return password
