"""Groups of a contest."""

from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from contest.edge.answers import Answer, created, ok, versioned
from contest.edge.bodies import Body, ExternalId, Line, Seconds
from contest.edge.calls import Call
from contest.edge.routes import OF_CONTEST, PAGE, Route, list_of, roles
from contest.ids import uuid7
from contest.store import contests
from contest.store import groups as store
from contest.store.connect import Connection

ORGANISER = roles("organiser")


class NewGroup(Body, frozen=True):
    contest_id: UUID
    name: Line
    hidden: bool = False
    delay_s: Seconds = 0
    extra_time_s: Seconds = 0
    external_id: ExternalId | None = None


class GroupChange(Body, frozen=True):
    name: Line | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    delay_s: Seconds | UnsetType = UNSET
    extra_time_s: Seconds | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET


class Group(Struct, frozen=True):
    """`delay_s`, `extra_time_s`: for all in it; of several groups the largest counts."""

    id: str
    contest_id: str
    name: str
    hidden: bool
    delay_s: int
    extra_time_s: int
    external_id: str | None
    version: int


async def create(call: Call[NewGroup], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    group = {"id": uuid7(), **asdict(call.body), "contest_id": contest.id, "version": 1}
    await store.create(connection, group, call.actor)
    return created(group, versioned(1))


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> dict[str, Any]:
    group = await store.load(connection, call.id("group"), locked=locked)
    call.enter(group["contest_id"], "group")
    return group


async def one(call: Call[Any], connection: Connection) -> Answer:
    group = await _asked(call, connection)
    return ok(group, versioned(group["version"]))


async def change(call: Call[GroupChange], connection: Connection) -> Answer:
    before = await _asked(call, connection, locked=True)
    call.check_version("group", before["version"])
    after = before | {name: value for name, value in asdict(call.body).items() if value is not UNSET} | {"version": before["version"] + 1}
    if any(before[name] != after[name] for name in store.TIMES):
        await contests.check_times_count(connection, before["contest_id"])
    await store.update(connection, before, after, call.actor)
    return ok(after, versioned(after["version"]))


ROUTES = [
    Route(
        "POST", "/api/v1/admin/groups/", ORGANISER, "change", create, NewGroup, summary="Make a group.", answer=Group, status=201,
    ),
    Route(
        "GET", "/api/v1/admin/groups/", ORGANISER, "read", listed,
        summary="The groups of a contest.", query=(*OF_CONTEST, *PAGE), answer=list_of(Group),
    ),
    Route("GET", "/api/v1/admin/groups/{id}/", ORGANISER, "read", one, summary="One group.", answer=Group),
    Route("PUT", "/api/v1/admin/groups/{id}/", ORGANISER, "change", change, GroupChange, summary="Change a group.", answer=Group),
]  # fmt: skip
