"""Logging in as a contestant of one contest, with a personal code or with a token that another system signed. Here and not in the engine:
only this process can mint access tokens."""

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import asdict

from admin.issuers import Issuers
from admin.participants import NewParticipant
from contest.codes import Codes, plain
from contest.domain.contests import Contest
from contest.edge import cookies
from contest.edge.answers import Answer, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.routes import ANYBODY, Nothing, Route, roles
from contest.edge.throttle import Throttle
from contest.ended import Ended
from contest.errors import Refusal, wrong_field
from contest.ids import ParticipantId, UserId, uuid7
from contest.store import audit, codes, contests, participants, sessions
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.sessions import Kind
from contest.store.sessions import Session as StoredSession
from contest.tokens import AccessSigner, Person, new_csrf
from contest.wire.times import from_unix, moment

SESSION_S = 24 * 3600
"""A contest day and the night after it; with the code it begins anew."""

CodeTyped = Annotated[str, Meta(min_length=1, max_length=100)]
SignedToken = Annotated[str, Meta(min_length=1, max_length=8192)]


class Credentials(Body, frozen=True):
    """One of the two. `cookie`: the token goes into the page's cookie and is left out of the answer."""

    code: CodeTyped | None = None
    external_token: SignedToken | None = None
    cookie: bool = False


class Who(Struct, frozen=True):
    id: str
    name: str


class Where(Struct, frozen=True):
    id: str
    title: str


class Session(Struct, frozen=True):
    """`csrf`: what a page sends back as X-CSRF-Token."""

    token: str | None
    expires_at: str
    csrf: str
    participant: Who
    contest: Where


@dataclass(frozen=True, slots=True)
class Guesses:
    """How often somebody may be wrong; who is right is not counted. Of a contest that is guessed at from everywhere, each address has few
    tries left, so that nobody can lock the contestants out."""

    by_address: Throttle = field(default_factory=lambda: Throttle(burst=30, every_s=4))
    by_contest: Throttle = field(default_factory=lambda: Throttle(burst=1000, every_s=0.1))
    sparing: Throttle = field(default_factory=lambda: Throttle(burst=3, every_s=60))

    def check(self, address: str, contest_id: str) -> None:
        """Raises Refusal 429."""
        now_s = time.monotonic()
        wait_s = self.by_address.wait_s(address, now_s)
        if not wait_s and self.by_contest.wait_s(contest_id, now_s):
            wait_s = self.sparing.wait_s(address, now_s)
        if wait_s:
            raise Refusal(429, "session.too_often", "Too many attempts to log in.", headers={"Retry-After": str(wait_s)})

    def wrong(self, address: str, contest_id: str) -> None:
        for throttle, name in ((self.by_address, address), (self.by_contest, contest_id), (self.sparing, address)):
            throttle.ask(name, time.monotonic())


@dataclass(frozen=True, slots=True)
class Doors:
    """What contestants come in by. `by_participant`: rows of sessions are not for filling the database."""

    signer: AccessSigner
    codes: Codes
    ended: Ended
    log: Any
    issuers: Issuers
    guesses: Guesses = field(default_factory=Guesses)
    by_participant: Throttle = field(default_factory=lambda: Throttle(burst=20, every_s=30))


async def log_in(doors: Doors, call: Call[Credentials], connection: Connection) -> Answer:
    contest_id, body = call.id("contest"), call.body
    doors.guesses.check(call.address, contest_id)
    if (body.code is None) == (body.external_token is None):
        raise wrong_field("code", "must be given, or external_token, and not both")
    if body.external_token is not None:
        return await _with_signed_token(doors, call, connection, body.external_token)
    return await _with_code(doors, call, connection, body.code or "")


async def _with_code(doors: Doors, call: Call[Credentials], connection: Connection, typed: str) -> Answer:
    contest_id, meant = call.id("contest"), plain(typed)
    holder = None if meant is None else await codes.holder(connection, contest_id, doors.codes.digest(meant, contest_id))
    if holder is None:
        doors.guesses.wrong(call.address, contest_id)
        doors.log.warning("session.refused", address=call.address, contest=contest_id)
        raise Refusal(401, "session.refused", "There is no such code in this contest.", headers={"WWW-Authenticate": "Bearer"})
    contest = await contests.load(connection, contest_id)
    return await begun(doors, call, connection, contest, {"id": holder.id, "user_id": holder.user_id, "name": holder.name}, "code")


async def _with_signed_token(doors: Doors, call: Call[Credentials], connection: Connection, token: str) -> Answer:
    """Somebody whom another system vouches for: the participant with that external id, made now where the issuer may enrol."""
    contest_id = call.id("contest")
    try:
        stranger = doors.issuers.verify(token, contest_id)
    except Refusal as refusal:
        doors.guesses.wrong(call.address, contest_id)
        doors.log.warning("session.refused", address=call.address, contest=contest_id, code=refusal.code)
        raise
    contest = await contests.load(connection, contest_id)
    await participants.hold_external_id(connection, contest.id, stranger.external_id)
    found = await participants.by_external_id(connection, contest.id, stranger.external_id)
    if found is None and not stranger.issuer.enrol:
        raise Refusal(403, "participant.none", "You are not a participant of this contest.")
    if found is None:
        who = NewParticipant(contest_id=UUID(contest.id), name=stranger.name, external_id=stranger.external_id)
        found = {"id": uuid7(), **asdict(who), "contest_id": contest.id, "user_id": uuid7(), "group_ids": []}
        await participants.create(connection, found, Actor(found["user_id"], "contestant", f"enrolled by {stranger.issuer.name}"))
    return await begun(doors, call, connection, contest, found, "external")


async def begun(doors: Doors, call: Call[Any], connection: Connection, contest: Contest, participant: dict[str, Any], kind: Kind) -> Answer:
    """A new session of `participant`."""
    if wait_s := doors.by_participant.ask(participant["id"], time.monotonic()):
        raise Refusal(429, "session.too_often", "Too many log-ins with this code.", headers={"Retry-After": str(wait_s)})
    user, until = UserId(participant["user_id"]), int(time.time()) + SESSION_S
    who = ParticipantId(participant["id"])
    person = Person(user, "contestant", contest.id, until, who, session=uuid7(), csrf=new_csrf())
    await sessions.begin(connection, StoredSession(person.session or "", user, kind, contest.id, call.address, moment(until)))
    noted = {"address": call.address, "by": kind}
    await audit.write(connection, Actor(user, "contestant"), "participant.signed_in", contest.id, who, None, noted)
    token = doors.signer.sign(person)
    told = _shown(person, contest, participant, None if call.body.cookie else token)
    return ok(told, cookies.kept(cookies.CONTESTANT, token, SESSION_S, secure=call.secure) if call.body.cookie else None)


def _shown(person: Person, contest: Contest, participant: dict[str, Any], token: str | None) -> Session:
    who, where = Who(participant["id"], participant["name"]), Where(contest.id, contest.title)
    return Session(token, from_unix(person.until), person.csrf, who, where)


async def who_am_i(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    participant = await participants.of_user(connection, contest.id, call.person_uuid)
    return ok(_shown(call.person, contest, participant, None))


async def log_out(doors: Doors, call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    person = call.person
    if person.session is None:
        raise Refusal(409, "session.none", "This token comes from no log-in, so there is no session to end.")
    ended = await sessions.end(connection, person.session)
    before = {"session": person.session}
    await audit.write(connection, call.actor, "participant.signed_out", contest.id, person.participant, before, None)
    doors.ended.note(ended)
    return Answer(204, headers=cookies.forgotten(cookies.CONTESTANT, secure=call.secure))


CONTESTANT = roles("contestant")


def routes(doors: Doors) -> list[Route]:
    path = "/api/v1/contest/{id}/session/"
    return [
        Route(
            "POST", path, ANYBODY, "change", partial(log_in, doors), Credentials, hands_out=True,
            summary="Log in to a contest with a personal code, or a signed token of another system.", answer=Session,
        ),
        Route("GET", path, CONTESTANT, "read", who_am_i, summary="Say who asks, and in which contest.", answer=Session),
        Route("DELETE", path, CONTESTANT, "change", partial(log_out, doors), Nothing, summary="Log out; sockets are closed.", status=204),
    ]  # fmt: skip
