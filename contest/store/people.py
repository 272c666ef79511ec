"""People with power: who may log in, with which roles in which contests. Passwords are only here as argon2id hashes."""

import asyncio
import secrets
from collections.abc import Sequence
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
from contest.store.pages import Page, paged
from contest.store.uniques import taken

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
    """Raises Refusal 409: the login is taken."""
    first = person.grants[0]
    with taken("person"):
        await connection.execute(
            "INSERT INTO podium_person (id, login, name, role, contest_id, password_hash, password_given)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
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


async def listed(connection: Connection, only: Sequence[str] | None, page: Page) -> dict[str, Any]:
    """Everybody by login; `only`: those with a role in these contests, and of their roles these alone."""
    if only is None:
        return await paged(connection, SELECT, "login", (), page, lambda row: shown(someone(row), None))
    within = " WHERE EXISTS (SELECT 1 FROM podium_role r WHERE r.person_id = p.id AND r.contest_id = ANY($1))"
    return await paged(connection, SELECT + within, "login", (only,), page, lambda row: shown(someone(row), only))


def shown(person: Someone, only: Sequence[str] | None) -> dict[str, Any]:
    """A person as the administration sees them; `only`: of their roles those in these contests."""
    grants = tuple(grant for grant in person.grants if only is None or grant.contest in only)
    return {
        "id": person.id, "login": person.login, "name": person.name, "disabled": person.disabled,
        "must_change_password": person.password_given, "roles": told(grants), "version": person.version,
    }  # fmt: skip


async def change(connection: Connection, before: Someone, after: Someone, actor: Actor, contest_id: str | None) -> None:
    """Write name, being disabled and roles. `contest_id`: the one whose audit shows it."""
    first = after.grants[0] if after.grants else before.grants[0] if before.grants else Grant("viewer")
    await connection.execute(
        "UPDATE podium_person SET name = $2, disabled_at = CASE WHEN $3 THEN coalesce(disabled_at, now()) END, role = $4, contest_id = $5,"
        " version = version + 1 WHERE id = $1",
        after.id, after.name, after.disabled, first.role, first.contest,
    )  # fmt: skip
    for grant in before.grants:
        if grant not in after.grants:
            await connection.execute(
                "DELETE FROM podium_role WHERE person_id = $1 AND role = $2 AND contest_id IS NOT DISTINCT FROM $3::uuid",
                after.id, grant.role, grant.contest,
            )  # fmt: skip
    await give(connection, after.id, tuple(grant for grant in after.grants if grant not in before.grants), actor)
    differing = audit.changed(shown(before, None), shown(after, None))
    await audit.write(connection, actor, "person.updated", contest_id, after.id, *differing)


async def hold_organisers(connection: Connection) -> None:
    """Of those who take an organiser away at the same time, one goes first until its transaction ends: one organiser is always left."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _FIRST_LOCK)


async def other_organisers(connection: Connection, person_id: str) -> int:
    """How many others can log in and organise every contest."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM podium_role r JOIN podium_person p ON p.id = r.person_id"
        " WHERE r.role = 'organiser' AND r.contest_id IS NULL AND p.disabled_at IS NULL AND p.id <> $1",
        person_id,
    )
    return count
