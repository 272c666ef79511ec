"""Announcements to everybody in a contest, to some groups of it or to one person."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from contest.edge.answers import Answer, created, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.filters import id_in, word_in
from contest.edge.routes import OF_CONTEST, PAGE, Query, Route, list_of, roles
from contest.errors import wrong_field
from contest.ids import uuid7
from contest.store import announcements as store
from contest.store import contests, groups, participants
from contest.store.connect import Connection

Text = Annotated[str, Meta(min_length=1, max_length=2000)]
GroupIds = Annotated[list[UUID], Meta(min_length=1, max_length=100)]

ORGANISER = roles("organiser")


class NewAnnouncement(Body, frozen=True):
    """To everybody, unless `group_ids` or `participant_id` say to whom."""

    contest_id: UUID
    text: Text
    group_ids: GroupIds | None = None
    participant_id: UUID | None = None


class Announced(Struct, frozen=True):
    """`told`: to how many people it went; None: to everybody."""

    id: str
    contest_id: str
    text: str
    posted_at: str
    posted_by: str
    group_ids: list[str] | None
    participant_id: str | None
    told: int | None


async def post(call: Call[NewAnnouncement], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    row = {
        "id": uuid7(), "contest_id": contest.id, "text": call.body.text, "posted_at": call.now, "posted_by": call.person_uuid,
        **await _to_whom(call.body, connection, contest.id),
    }  # fmt: skip
    return created(await store.add(connection, row, call.actor))


async def _to_whom(body: NewAnnouncement, connection: Connection, contest_id: str) -> dict[str, Any]:
    """Raises Refusal 422: somebody who is not of this contest, or both."""
    if body.group_ids is not None and body.participant_id is not None:
        raise wrong_field("participant_id", "cannot come together with group_ids")
    if body.group_ids is not None:
        ids = list(dict.fromkeys(str(one) for one in body.group_ids))
        await groups.check_all_of(connection, contest_id, ids)
        return {"group_ids": ids}
    if body.participant_id is None:
        return {}
    if not await participants.is_of(connection, contest_id, str(body.participant_id)):
        raise wrong_field("participant_id", "is no participant of this contest")
    return {"participant_id": str(body.participant_id)}


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    to = word_in(call.query, "to", store.TO)
    participant, group = id_in(call.query, "participant_id"), id_in(call.query, "group_id")
    return ok(await store.listed(connection, contest.id, call.page(), participant=participant, group=group, to=to))


FILTERS = (
    Query("to", "all, groups or person"),
    Query("participant_id", "those to this person alone", UUID),
    Query("group_id", "those to this group", UUID),
)
ROUTES = [
    Route(
        "POST", "/api/v1/admin/announcements/", ORGANISER, "change", post, NewAnnouncement,
        summary="Tell everybody, some groups or one person something.", answer=Announced, status=201,
    ),
    Route(
        "GET", "/api/v1/admin/announcements/", ORGANISER, "read", listed,
        summary="What was announced, oldest first.", query=(*OF_CONTEST, *FILTERS, *PAGE), answer=list_of(Announced),
    ),
]  # fmt: skip
