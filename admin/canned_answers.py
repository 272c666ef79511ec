"""Canned answers of a contest."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from contest.edge.answers import NO_CONTENT, Answer, created, ok
from contest.edge.bodies import Body, Line
from contest.edge.calls import Call
from contest.edge.routes import OF_CONTEST, PAGE, Route, list_of, roles
from contest.ids import uuid7
from contest.store import canned_answers as store
from contest.store import contests
from contest.store.canned_answers import CannedAnswer
from contest.store.connect import Connection

Text = Annotated[str, Meta(min_length=1, max_length=2000)]

ANSWERERS = roles("organiser", "grader")


class NewCannedAnswer(Body, frozen=True):
    contest_id: UUID
    title: Line
    text: Text


async def post(call: Call[NewCannedAnswer], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    canned = {"id": uuid7(), "contest_id": contest.id, "title": call.body.title, "text": call.body.text}
    await store.create(connection, canned, call.actor)
    return created(canned)


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def delete(call: Call[Any], connection: Connection) -> Answer:
    canned = await store.load(connection, call.id("canned_answer"))
    call.enter(canned["contest_id"], "canned_answer")
    await store.delete(connection, canned, call.actor)
    return NO_CONTENT


ROUTES = [
    Route(
        "GET", "/api/v1/admin/canned-answers/", ANSWERERS, "read", listed,
        summary="The canned answers of a contest, by title.", query=(*OF_CONTEST, *PAGE), answer=list_of(CannedAnswer),
    ),
    Route(
        "POST", "/api/v1/admin/canned-answers/", ANSWERERS, "change", post, NewCannedAnswer,
        summary="Keep an answer for the next who asks.", answer=CannedAnswer, status=201,
    ),
    Route(
        "DELETE", "/api/v1/admin/canned-answers/{id}/", ANSWERERS, "change", delete,
        summary="Forget a canned answer.", status=204,
    ),
]  # fmt: skip
