"""Logging in and out of the administration: a login and a password for an access token, in the answer or in a page's cookie."""

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from admin.passwords import Passwords
from contest.domain.audience import Role
from contest.domain.grants import GIVEN
from contest.edge import cookies
from contest.edge.answers import Answer, ok
from contest.edge.api_keys import ApiKeys
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.database import Database
from contest.edge.routes import ANYBODY, Nothing, Route, roles
from contest.edge.throttle import Throttle
from contest.ended import Ended
from contest.errors import Refusal, wrong_field
from contest.ids import uuid7
from contest.store import audit, people, sessions
from contest.store.connect import Connection
from contest.store.people import Someone
from contest.store.sessions import Session as StoredSession
from contest.tokens import AccessSigner, Person, new_csrf
from contest.wire.times import from_unix, moment

SESSION_S = 12 * 3600
"""A contest day."""
PASSWORD_LEAST = 10

Login = Annotated[str, Meta(min_length=1, max_length=200)]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
NewPassword = Annotated[str, Meta(min_length=PASSWORD_LEAST, max_length=200)]

STAFF = roles(*GIVEN)


class Credentials(Body, frozen=True):
    """`cookie`: the token goes into the page's cookie and is left out of the answer."""

    login: Login
    password: Password
    cookie: bool = False


class NewPasswordOfOwn(Body, frozen=True):
    old_password: Password
    new_password: NewPassword


class Who(Struct, frozen=True):
    """`login` None: the token was made by hand, for nobody who logs in."""

    id: str
    name: str
    login: str | None


class Held(Struct, frozen=True):
    """A role; `contest_id` None: in every contest."""

    role: Role
    contest_id: str | None


class Session(Struct, frozen=True):
    """`role`: the first of `grants`. `csrf`: what a page sends back as X-CSRF-Token."""

    token: str | None
    expires_at: str
    role: Role
    csrf: str
    person: Who
    grants: tuple[Held, ...]
    must_change_password: bool


@dataclass(frozen=True, slots=True)
class Doors:
    """What logging in needs. A login is throttled per address, so that nobody can lock another out; an address as a whole as well
    (a hall sits behind one: 60 at once)."""

    database: Database
    log: Any
    signer: AccessSigner
    passwords: Passwords
    ended: Ended
    api_keys: ApiKeys
    by_login: Throttle = field(default_factory=lambda: Throttle(burst=10, every_s=12))
    by_address: Throttle = field(default_factory=lambda: Throttle(burst=60, every_s=1))

    def throttle(self, address: str, login: str) -> None:
        """Raises Refusal 429."""
        now_s = time.monotonic()
        wait_s = self.by_address.ask(address, now_s) or self.by_login.ask(f"{address} {login}", now_s)
        if wait_s:
            raise Refusal(429, "session.too_often", "Too many attempts to log in.", headers={"Retry-After": str(wait_s)})


async def log_in(doors: Doors, call: Call[Credentials]) -> Answer:
    """The same answer, after the same time, whether the login or the password is wrong. Hashing holds no connection."""
    doors.throttle(call.address, call.body.login)
    async with doors.database.connection() as connection:
        someone = await people.by_login(connection, call.body.login)
    if not await doors.passwords.fits(someone.password_hash if someone else None, call.body.password) or someone is None:
        doors.log.warning("session.refused", address=call.address)
        raise Refusal(401, "session.refused", "The login or the password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    renewed = await doors.passwords.renewed(someone.password_hash, call.body.password)
    async with doors.database.connection() as connection, connection.transaction():
        someone = await _admitted(connection, someone)
        person = _person(someone)
        stored = StoredSession(person.session or "", someone.id, "password", None, call.address, moment(person.until))
        await sessions.begin(connection, stored)
        await people.logged_in(connection, someone, call.address)
        if renewed is not None:
            await people.rehashed(connection, someone, renewed)
    token = doors.signer.sign(person)
    shown = _shown(person, someone, None if call.body.cookie else token)
    return ok(shown, cookies.kept(cookies.STAFF, token, SESSION_S, secure=call.secure) if call.body.cookie else None)


async def _admitted(connection: Connection, checked: Someone) -> Someone:
    """Who `checked` is now that they are let in. Raises Refusal 401: their password was changed meanwhile; 403: disabled, or no role."""
    someone = await people.by_id(connection, checked.id, locked=True)
    if someone is None or someone.password_set_at != checked.password_set_at:
        raise Refusal(401, "session.refused", "The login or the password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    if someone.disabled:
        raise Refusal(403, "person.disabled", "This account is disabled; an organiser can enable it.")
    if not someone.grants:
        raise Refusal(403, "person.no_role", "This account has no role any more; an organiser can give one.")
    return someone


def _person(someone: Someone) -> Person:
    """Somebody who has just logged in."""
    first = someone.grants[0]
    until = int(time.time()) + SESSION_S
    return Person(
        someone.id, first.role, first.contest, until, None, someone.grants,
        session=uuid7(), csrf=new_csrf(), must_change=someone.password_given,
    )  # fmt: skip


def _shown(person: Person, someone: Someone | None, token: str | None) -> Session:
    who = Who(person.user, someone.name, someone.login) if someone else Who(person.user, person.user, None)
    grants = tuple(Held(grant.role, grant.contest) for grant in person.grants)
    must_change = someone is not None and someone.password_given
    return Session(token, from_unix(person.until), person.role, person.csrf, who, grants, must_change)


async def who_am_i(doors: Doors, call: Call[Any], connection: Connection) -> Answer:
    """Who asks, with the roles they have now: a page's cookie that says others is renewed."""
    person = call.a_person()
    someone = await people.by_id(connection, person.user) if _is_id(person) else None
    if someone is None or not call.by_cookie or not someone.grants or set(someone.grants) == set(person.grants):
        return ok(_shown(person, someone, None))
    person = person.with_grants(someone.grants)
    ttl_s = max(1, person.until - int(call.now.timestamp()))
    token = doors.signer.sign(person)
    return ok(_shown(person, someone, None), cookies.kept(cookies.STAFF, token, ttl_s, secure=call.secure))


def _is_id(person: Person) -> bool:
    """Whether it comes from a log-in: other systems name people as they like."""
    return person.session is not None


async def log_out(doors: Doors, call: Call[Any], connection: Connection) -> Answer:
    person = call.a_person()
    if person.session is None:
        raise Refusal(409, "session.none", "This token comes from no log-in, so there is no session to end.")
    ended = await sessions.end(connection, person.session)
    await audit.write(connection, call.actor, "person.signed_out", person.contest, person.user, {"session": person.session}, None)
    doors.ended.note(ended)
    return Answer(204, headers=cookies.forgotten(cookies.STAFF, secure=call.secure))


async def change_password(doors: Doors, call: Call[NewPasswordOfOwn]) -> Answer:
    """One's own password; every other session of one's own ends, and this one gets a token that is good for everything."""
    person = call.a_person()
    if person.session is None:
        raise Refusal(409, "session.none", "This token comes from no log-in, so it has no password.")
    doors.throttle(call.address, person.user)
    async with doors.database.connection() as connection:
        someone = await people.by_id(connection, person.user)
    if not await doors.passwords.fits(someone.password_hash if someone else None, call.body.old_password) or someone is None:
        raise wrong_field("old_password", "is not your password")
    hashed = await doors.passwords.hashed(call.body.new_password)
    async with doors.database.connection() as connection, connection.transaction():
        await _admitted(connection, someone)
        await people.set_password(connection, someone.id, hashed, given=False)
        ended = await sessions.end_all_of(connection, someone.id, but=person.session)
        await audit.write(connection, call.actor, "person.password_changed", None, someone.id, None, {"sessions_ended": len(ended)})
    doors.ended.note(ended)
    person = msgspec.structs.replace(person, must_change=False)
    token = doors.signer.sign(person)
    shown = _shown(person, msgspec.structs.replace(someone, password_given=False), None if call.by_cookie else token)
    ttl_s = max(1, person.until - int(call.now.timestamp()))
    return ok(shown, cookies.kept(cookies.STAFF, token, ttl_s, secure=call.secure) if call.by_cookie else None)


def routes(doors: Doors) -> list[Route]:
    path = "/api/v1/admin/session/"
    return [
        Route(
            "POST", path, ANYBODY, "bare", partial(log_in, doors), Credentials, hands_out=True,
            summary="Log in with a login and a password.", answer=Session,
        ),
        Route(
            "GET", path, STAFF, "read", partial(who_am_i, doors), with_given=True,
            summary="Say who asks, and with which roles.", answer=Session,
        ),
        Route(
            "DELETE", path, STAFF, "change", partial(log_out, doors), Nothing, with_given=True,
            summary="Log out; sockets are closed.", status=204,
        ),
        Route(
            "POST", path + "password/", STAFF, "bare", partial(change_password, doors), NewPasswordOfOwn, hands_out=True, with_given=True,
            summary="Change one's own password; one's other sessions end.", answer=Session,
        ),
    ]  # fmt: skip
