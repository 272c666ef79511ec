"""People with power: making them, their roles, resetting passwords, sending them away. An organiser of some contests sees and gives
the roles in those alone, and touches an account as a whole only if it has no role elsewhere."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from admin.passwords import Passwords
from admin.session import NewPassword
from contest.domain.grants import Grant, in_order
from contest.edge.answers import Answer, created, ok, versioned
from contest.edge.bodies import Body, Line
from contest.edge.calls import Call
from contest.edge.routes import PAGE, Nothing, Route, list_of, roles
from contest.ended import Ended, Revocation
from contest.errors import Refusal, forbidden, not_found, wrong_field
from contest.ids import ContestId, UserId, uuid7
from contest.store import audit, contests, people, sessions
from contest.store.connect import Connection
from contest.store.people import Someone

GRANTS_MOST = 50
"""Roles of one person: they stand in the access token, which has to fit into a cookie (4 KiB)."""

Login = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?\Z")]
GivenRole = Literal["viewer", "proctor", "grader", "organiser", "operator"]


class RoleWish(Body, frozen=True):
    """`contest_id` None: in every contest."""

    role: GivenRole
    contest_id: UUID | None = None


Roles = Annotated[list[RoleWish], Meta(max_length=GRANTS_MOST)]


class NewPerson(Body, frozen=True):
    """`password` left out: one is made."""

    login: Login
    name: Line
    roles: Annotated[list[RoleWish], Meta(min_length=1, max_length=GRANTS_MOST)]
    password: NewPassword | None = None


class PersonChange(Body, frozen=True):
    name: Line | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    roles: Roles | UnsetType = UNSET


class Held(Struct, frozen=True):
    role: GivenRole
    contest_id: str | None


class Shown(Struct, frozen=True):
    """`roles`: those that the asker may see."""

    id: str
    login: str
    name: str
    disabled: bool
    must_change_password: bool
    roles: tuple[Held, ...]
    version: int


class Made(Shown, frozen=True):
    """`password`: told this once."""

    password: str


class PasswordGiven(Struct, frozen=True):
    """`password`: told this once, and to be changed at the next log-in."""

    password: str


class LoggedOut(Struct, frozen=True):
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class People:
    """The handlers, and what they need beside a connection."""

    passwords: Passwords
    ended: Ended

    async def create(self, call: Call[NewPerson], connection: Connection) -> Answer:
        call.a_person()
        grants = await _granted(call, connection, call.body.roles)
        password = call.body.password or new_password()
        hashed = await self.passwords.hashed(password)
        person = Someone(UserId(uuid7()), call.body.login, call.body.name, hashed, grants, password_given=True)
        await people.add(connection, person, call.actor)
        return created({**people.shown(person, call.contests()), "password": password}, versioned(person.version))

    async def change(self, call: Call[PersonChange], connection: Connection) -> Answer:
        call.a_person()
        before = await _asked(call, connection, locked=True)
        call.check_version("person", before.version)
        after = before
        if call.body.name is not UNSET or call.body.disabled is not UNSET:
            _check_wholly_ours(call, before)
            name = before.name if isinstance(call.body.name, UnsetType) else call.body.name
            disabled = before.disabled if isinstance(call.body.disabled, UnsetType) else call.body.disabled
            after = replace(after, name=name, disabled=disabled)
        if not isinstance(call.body.roles, UnsetType):
            elsewhere = tuple(grant for grant in before.grants if not _is_ours(call, grant))
            grants = in_order((*elsewhere, *await _granted(call, connection, call.body.roles)))
            if len(grants) > GRANTS_MOST:
                raise wrong_field("roles", f"would be more than {GRANTS_MOST} with those in other contests")
            after = replace(after, grants=grants)
        await _keep_an_organiser(connection, before, after)
        await people.change(connection, before, after, call.actor, _of(call))
        await self._take_back(connection, before, after)
        after = replace(after, version=before.version + 1)
        return ok(people.shown(after, call.contests()), versioned(after.version))

    async def _take_back(self, connection: Connection, before: Someone, after: Someone) -> None:
        """What they lost counts no more, whatever token says it. Other contests are left alone."""
        if after.disabled and not before.disabled:
            await self._send_away(connection, after, "disabled")
            return
        lost = {grant.contest for grant in before.grants if grant not in after.grants}
        where: Sequence[ContestId | None] = [None] if None in lost else sorted(contest for contest in lost if contest is not None)
        self.ended.note(revoked=[await sessions.revoke(connection, after.id, contest, "role lost") for contest in where])

    async def reset_password(self, call: Call[Nothing], connection: Connection) -> Answer:
        call.a_person()
        someone = await _asked(call, connection, locked=True)
        _check_wholly_ours(call, someone)
        password = new_password()
        await people.set_password(connection, someone.id, await self.passwords.hashed(password), given=True)
        ended = await self._send_away(connection, someone, "password reset")
        await audit.write(connection, call.actor, "person.password_reset", _of(call), someone.id, None, {"sessions_ended": ended})
        return ok(PasswordGiven(password))

    async def log_out(self, call: Call[Nothing], connection: Connection) -> Answer:
        call.a_person()
        someone = await _asked(call, connection, locked=True)
        _check_wholly_ours(call, someone)
        ended = await self._send_away(connection, someone, "logged out")
        await audit.write(connection, call.actor, "person.logged_out", _of(call), someone.id, None, {"sessions_ended": ended})
        return ok(LoggedOut(ended))

    async def _send_away(self, connection: Connection, someone: Someone, reason: str) -> int:
        """End their sessions and whatever else they were given until now; how many sessions."""
        ended = await sessions.end_all_of(connection, someone.id)
        revoked: Revocation = await sessions.revoke(connection, someone.id, None, reason)
        self.ended.note(ended, [revoked])
        return len(ended)


async def listed(call: Call[Any], connection: Connection) -> Answer:
    return ok(await people.listed(connection, call.contests(), call.page()))


async def one(call: Call[Any], connection: Connection) -> Answer:
    someone = await _asked(call, connection)
    return ok(people.shown(someone, call.contests()), versioned(someone.version))


def new_password() -> str:
    """120 random bits, to be read out or pasted."""
    return secrets.token_urlsafe(15)


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> Someone:
    """The person of the path. Raises Refusal 404: nobody, or nobody with a role that the asker may see."""
    someone = await people.by_id(connection, call.id("person"), locked=locked)
    if someone is None or not (call.contests() is None or any(_is_ours(call, grant) for grant in someone.grants)):
        raise not_found("person")
    return someone


def _is_ours(call: Call[Any], grant: Grant) -> bool:
    """Whether the asker organises where this role counts."""
    ours = call.contests()
    return ours is None or grant.contest in ours


def _check_wholly_ours(call: Call[Any], someone: Someone) -> None:
    """Raises Refusal 403: whoever resets a password can log in with it, so with nobody's who has a role where the asker has none."""
    if not all(_is_ours(call, grant) for grant in someone.grants):
        raise forbidden("This person has roles in other contests; an organiser of every contest can do this.")


async def _granted(call: Call[Any], connection: Connection, wished: Sequence[RoleWish]) -> tuple[Grant, ...]:
    """What was asked for. Raises Refusal 403 (every contest, by an organiser of some), 404 (a contest that is not the asker's)."""
    found = []
    for wish in wished:
        if wish.contest_id is None:
            call.everywhere()
        else:
            await contests.load(connection, call.enter(str(wish.contest_id)))
        found.append(Grant(wish.role, None if wish.contest_id is None else ContestId(str(wish.contest_id))))
    return in_order(tuple(dict.fromkeys(found)))


async def _keep_an_organiser(connection: Connection, before: Someone, after: Someone) -> None:
    """Raises Refusal 409: nobody would be left who organises every contest."""
    first = Grant("organiser")
    if before.disabled or first not in before.grants or (first in after.grants and not after.disabled):
        return
    await people.hold_organisers(connection)
    if not await people.other_organisers(connection, before.id):
        raise Refusal(409, "person.last_organiser", "Nobody else organises every contest; give somebody else that role first.")


def _of(call: Call[Any]) -> str | None:
    """The contest whose organisers see it in their audit: the asker's, if they have one alone."""
    ours = call.contests()
    return ours[0] if ours else None


ORGANISER = roles("organiser")


def routes(passwords: Passwords, ended: Ended) -> list[Route]:
    doing, path = People(passwords, ended), "/api/v1/admin/people/"
    return [
        Route("GET", path, ORGANISER, "read", listed, summary="List people with power.", query=PAGE, answer=list_of(Shown)),
        Route(
            "POST", path, ORGANISER, "change", doing.create, NewPerson, hands_out=True,
            summary="Make somebody who can log in; the password is told once.", answer=Made, status=201,
        ),
        Route("GET", path + "{id}/", ORGANISER, "read", one, summary="Show a person.", answer=Shown),
        Route("PUT", path + "{id}/", ORGANISER, "change", doing.change, PersonChange,
              summary="Change a person's name, roles, or whether they may log in; what they lost counts no more.", answer=Shown),
        Route(
            "POST", path + "{id}/password/", ORGANISER, "change", doing.reset_password, hands_out=True,
            summary="Give a person a new password, told once; their sessions end.", answer=PasswordGiven,
        ),
        Route("POST", path + "{id}/log-out/", ORGANISER, "change", doing.log_out,
              summary="End all sessions of a person and close their sockets.", answer=LoggedOut),
    ]  # fmt: skip
