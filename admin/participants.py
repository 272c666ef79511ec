"""Participants of a contest, and the access tokens they take part with."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from contest.edge.answers import NO_CONTENT, Answer, created, ok, versioned
from contest.edge.bodies import Body, ExternalId, Line, Seconds
from contest.edge.calls import Call
from contest.edge.filters import id_in, text_in, truth_in
from contest.edge.routes import OF_CONTEST, PAGE, Query, Route, list_of, roles
from contest.ended import Ended
from contest.ids import UserId, uuid7
from contest.store import audit, contests, groups
from contest.store import participants as store
from contest.store.connect import Connection
from contest.tokens import AccessSigner
from contest.wire.times import from_unix

GroupIds = Annotated[list[UUID], Meta(max_length=20)]
Factor = Annotated[float, Meta(ge=1, le=10)]
Accommodation = Annotated[str, Meta(max_length=1000)]
Ttl = Annotated[int, Meta(ge=1, le=604_800)]

ORGANISER = roles("organiser")


class NewParticipant(Body, frozen=True):
    contest_id: UUID
    name: Line
    group_ids: GroupIds | None = None
    ranked: bool = True
    hidden: bool = False
    user_id: UUID | None = None
    delay_s: Seconds = 0
    extra_time_s: Seconds = 0
    time_factor: Factor = 1.0
    accommodation: Accommodation = ""
    external_id: ExternalId | None = None


class ParticipantChange(Body, frozen=True):
    name: Line | UnsetType = UNSET
    group_ids: GroupIds | UnsetType = UNSET
    ranked: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    delay_s: Seconds | UnsetType = UNSET
    extra_time_s: Seconds | UnsetType = UNSET
    time_factor: Factor | UnsetType = UNSET
    accommodation: Accommodation | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET


class Participant(Struct, frozen=True):
    """`time_factor`: how much longer everything may take. `accommodation`: for staff, in words. `has_code`: a personal code was given."""

    id: str
    contest_id: str
    user_id: str
    name: str
    group_ids: list[str]
    ranked: bool
    hidden: bool
    delay_s: int
    extra_time_s: int
    time_factor: float
    accommodation: str
    external_id: str | None
    version: int
    has_code: bool


class Handed(Struct, frozen=True):
    token: str
    expires_at: str


class TokenWish(Body, frozen=True):
    ttl_s: Ttl = 43_200


async def create(call: Call[NewParticipant], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    group_ids = _texts(call.body.group_ids or [])
    await groups.check_all_of(connection, contest.id, group_ids)
    user_id = str(call.body.user_id) if call.body.user_id else uuid7()
    told = {"contest_id": contest.id, "group_ids": group_ids, "user_id": user_id}
    participant = {"id": uuid7(), **asdict(call.body), **told, "version": 1, "has_code": False}
    await store.create(connection, participant, call.actor)
    return created(participant, versioned(1))


def _texts(ids: Sequence[UUID]) -> list[str]:
    return list(dict.fromkeys(str(one) for one in ids))


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    query = call.query
    asked = (text_in(query, "search"), id_in(query, "group_id"), truth_in(query, "ranked"), truth_in(query, "hidden"))
    return ok(await store.listed(connection, contest.id, call.page(), *asked))


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> dict[str, Any]:
    participant = await store.load(connection, call.id("participant"), locked=locked)
    call.enter(participant["contest_id"], "participant")
    return participant


async def one(call: Call[Any], connection: Connection) -> Answer:
    found = await _asked(call, connection)
    return ok(found, versioned(found["version"]))


async def change(call: Call[ParticipantChange], connection: Connection) -> Answer:
    before = await _asked(call, connection, locked=True)
    call.check_version("participant", before["version"])
    members = {name: value for name, value in asdict(call.body).items() if value is not UNSET}
    if not isinstance(call.body.group_ids, UnsetType):
        members["group_ids"] = _texts(call.body.group_ids)
        await groups.check_all_of(connection, before["contest_id"], members["group_ids"])
    after = before | members | {"version": before["version"] + 1}
    if any(before[name] != after[name] for name in ("delay_s", "extra_time_s", "time_factor")):
        await contests.check_times_count(connection, before["contest_id"])
    was_hidden = await groups.hide(connection, before)
    await store.update(connection, before, after, call.actor, fresh=was_hidden != await groups.hide(connection, after))
    return ok(after, versioned(after["version"]))


async def remove(ended: Ended, call: Call[Any], connection: Connection) -> Answer:
    ended.note(revoked=[await store.remove(connection, await _asked(call, connection, locked=True), call.actor, call.now)])
    return NO_CONTENT


async def token(signer: AccessSigner, call: Call[TokenWish], connection: Connection) -> Answer:
    """An access token of the contestant. That it was handed out is noted, the token is not."""
    found = await _asked(call, connection)
    minted, until = signer.mint(UserId(found["user_id"]), "contestant", found["contest_id"], call.body.ttl_s, found["id"])
    after = {"expires_at": from_unix(until)}
    await audit.write(connection, call.actor, "participant.token_given", found["contest_id"], found["id"], None, after)
    return created({"token": minted, "expires_at": from_unix(until)})


FILTERS = (
    Query("search", "within the name, or the whole external id"),
    Query("group_id", "only those in this group", UUID),
    Query("ranked", "only those who are ranked, or are not", bool),
    Query("hidden", "only those who are hidden themselves, or are not", bool),
)


def routes(signer: AccessSigner, ended: Ended) -> list[Route]:
    return [
        Route(
            "POST", "/api/v1/admin/participants/", ORGANISER, "change", create, NewParticipant,
            summary="Add a participant.", answer=Participant, status=201,
        ),
        Route(
            "GET", "/api/v1/admin/participants/", ORGANISER, "read", listed,
            summary="The participants of a contest.", query=(*OF_CONTEST, *FILTERS, *PAGE), answer=list_of(Participant),
        ),
        Route("GET", "/api/v1/admin/participants/{id}/", ORGANISER, "read", one, summary="One participant.", answer=Participant),
        Route(
            "PUT", "/api/v1/admin/participants/{id}/", ORGANISER, "change", change, ParticipantChange,
            summary="Change a participant.", answer=Participant,
        ),
        Route(
            "DELETE", "/api/v1/admin/participants/{id}/", ORGANISER, "change", partial(remove, ended),
            summary="Remove a participant from the contest; their sockets close.", status=204,
        ),
        Route(
            "POST", "/api/v1/admin/participants/{id}/token/", ORGANISER, "change", partial(token, signer), TokenWish, hands_out=True,
            summary="An access token of the contestant.", answer=Handed, status=201,
        ),
    ]  # fmt: skip
