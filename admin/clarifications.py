"""What contestants ask: read, claimed, answered."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from contest.edge.answers import NO_CONTENT, Answer, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.filters import id_in, word_in
from contest.edge.routes import OF_CONTEST, PAGE, Query, Route, list_of, roles
from contest.store import clarifications as store
from contest.store import contests
from contest.store.clarifications import NewAnswer, StaffClarification
from contest.store.connect import Connection

Text = Annotated[str, Meta(min_length=1, max_length=2000)]

ANSWERERS = roles("organiser", "grader")


class AnswerGiven(Body, frozen=True):
    """`to_all`: question and answer are announced to everybody, without the asker's name."""

    text: Text
    to_all: bool = False


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> Any:
    row = await store.load(connection, call.id("clarification"), locked=locked)
    call.enter(row["contest_id"], "clarification")
    return row


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    state = word_in(call.query, "state", store.STATES)
    question, participant = id_in(call.query, "question_id"), id_in(call.query, "participant_id")
    return ok(await store.listed(connection, contest.id, call.page(), state=state, question=question, participant=participant))


async def one(call: Call[Any], connection: Connection) -> Answer:
    return ok(store.shape(await _asked(call, connection)))


async def claim(call: Call[Any], connection: Connection) -> Answer:
    return ok(await store.claim(connection, await _asked(call, connection), call.person_uuid, call.actor))


async def release(call: Call[Any], connection: Connection) -> Answer:
    await store.release(connection, await _asked(call, connection), call.person_uuid, call.actor)
    return NO_CONTENT


async def answer(call: Call[AnswerGiven], connection: Connection) -> Answer:
    row = await _asked(call, connection, locked=True)
    given = NewAnswer(call.body.text, call.body.to_all, call.person_uuid, call.now)
    return ok(await store.answer(connection, row, given, call.person_uuid, call.actor))


FILTERS = (
    Query("state", "open, claimed or answered"),
    Query("question_id", "about this question", UUID),
    Query("participant_id", "asked by this participant", UUID),
)
ONE = "/api/v1/admin/clarifications/{id}/"
ROUTES = [
    Route(
        "GET", "/api/v1/admin/clarifications/", ANSWERERS, "read", listed,
        summary="What was asked, oldest first.", query=(*OF_CONTEST, *FILTERS, *PAGE), answer=list_of(StaffClarification),
    ),
    Route("GET", ONE, ANSWERERS, "read", one, summary="One clarification.", answer=StaffClarification),
    Route(
        "POST", ONE + "claim/", ANSWERERS, "change", claim,
        summary="Be the one who answers it, for ten minutes; again: for ten more.", answer=StaffClarification,
    ),
    Route("POST", ONE + "release/", ANSWERERS, "change", release, summary="Leave it to others.", status=204),
    Route(
        "POST", ONE + "answer/", ANSWERERS, "change", answer, AnswerGiven,
        summary="Answer what one has claimed, or mend an answer.", answer=StaffClarification,
    ),
]  # fmt: skip
