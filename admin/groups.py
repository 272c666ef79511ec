"""Groups of a contest."""

from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from contest.edge.answers import Answer, created, ok
from contest.edge.bodies import Body, ExternalId, Line
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.ids import uuid7
from contest.store import contests
from contest.store import groups as store
from contest.store.connect import Connection

ORGANISER = roles("organiser")


class NewGroup(Body, frozen=True):
    contest_id: UUID
    name: Line
    hidden: bool = False
    external_id: ExternalId | None = None


class GroupChange(Body, frozen=True):
    name: Line | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET


async def create(call: Call[NewGroup], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    group = {"id": uuid7(), **asdict(call.body), "contest_id": contest.id}
    await store.create(connection, group, call.actor)
    return created(group)


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> dict[str, Any]:
    group = await store.load(connection, call.id("group"), locked=locked)
    call.enter(group["contest_id"], "group")
    return group


async def one(call: Call[Any], connection: Connection) -> Answer:
    return ok(await _asked(call, connection))


async def change(call: Call[GroupChange], connection: Connection) -> Answer:
    before = await _asked(call, connection, locked=True)
    after = before | {name: value for name, value in asdict(call.body).items() if value is not UNSET}
    await store.update(connection, before, after, call.actor)
    return ok(after)


ROUTES = [
    Route("POST", "/api/v1/admin/groups/", ORGANISER, "change", create, NewGroup),
    Route("GET", "/api/v1/admin/groups/", ORGANISER, "read", listed),
    Route("GET", "/api/v1/admin/groups/{id}/", ORGANISER, "read", one),
    Route("PUT", "/api/v1/admin/groups/{id}/", ORGANISER, "change", change, GroupChange),
]
