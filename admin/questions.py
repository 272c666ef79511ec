"""Questions of a contest."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from contest.edge.answers import NO_CONTENT, Answer, created, ok
from contest.edge.bodies import Body, ExternalId, Line
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.ids import uuid7
from contest.store import contests
from contest.store import questions as store
from contest.store.connect import Connection

Label = Annotated[str, Meta(min_length=1, max_length=10, pattern=r"^[^\s\"\\]+\Z")]
Kind = Annotated[str, Meta(min_length=1, max_length=20)]
Points = Annotated[float, Meta(ge=0, le=100_000)]
Place = Annotated[int, Meta(ge=0, le=100_000)]
Color = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}\Z")]

ORGANISER = roles("organiser")


class NewQuestion(Body, frozen=True):
    contest_id: UUID
    label: Label
    title: Line
    kind: Kind = "code"
    points: Points = 1
    position: Place | None = None
    color: Color | None = None
    external_id: ExternalId | None = None


class QuestionChange(Body, frozen=True):
    label: Label | UnsetType = UNSET
    title: Line | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    position: Place | UnsetType = UNSET
    color: Color | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType | None = UNSET


async def create(call: Call[NewQuestion], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    question = {"id": uuid7(), **asdict(call.body), "contest_id": contest.id}
    await store.create(connection, question, call.actor)
    return created(question)


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> dict[str, Any]:
    question = await store.load(connection, call.id("question"), locked=locked)
    call.enter(question["contest_id"], "question")
    return question


async def one(call: Call[Any], connection: Connection) -> Answer:
    return ok(await _asked(call, connection))


async def change(call: Call[QuestionChange], connection: Connection) -> Answer:
    before = await _asked(call, connection, locked=True)
    after = before | {name: value for name, value in asdict(call.body).items() if value is not UNSET}
    await store.update(connection, before, after, call.actor)
    return ok(after)


async def delete(call: Call[Any], connection: Connection) -> Answer:
    await store.delete(connection, await _asked(call, connection, locked=True), call.actor)
    return NO_CONTENT


ROUTES = [
    Route("POST", "/api/v1/admin/questions/", ORGANISER, "change", create, NewQuestion),
    Route("GET", "/api/v1/admin/questions/", ORGANISER, "read", listed),
    Route("GET", "/api/v1/admin/questions/{id}/", ORGANISER, "read", one),
    Route("PUT", "/api/v1/admin/questions/{id}/", ORGANISER, "change", change, QuestionChange),
    Route("DELETE", "/api/v1/admin/questions/{id}/", ORGANISER, "change", delete),
]
