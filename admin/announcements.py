"""Announcements to everybody in a contest."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from contest.edge.answers import Answer, created, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.ids import uuid7
from contest.store import announcements as store
from contest.store import contests
from contest.store.connect import Connection

Text = Annotated[str, Meta(min_length=1, max_length=2000)]

ORGANISER = roles("organiser")


class NewAnnouncement(Body, frozen=True):
    contest_id: UUID
    text: Text


async def post(call: Call[NewAnnouncement], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    row = {"id": uuid7(), "contest_id": contest.id, "text": call.body.text, "posted_at": call.now, "posted_by": call.person_uuid}
    return created(await store.add(connection, row, call.actor))


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


ROUTES = [
    Route("POST", "/api/v1/admin/announcements/", ORGANISER, "change", post, NewAnnouncement),
    Route("GET", "/api/v1/admin/announcements/", ORGANISER, "read", listed),
]
