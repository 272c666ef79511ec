"""Asking, and what one has asked and been answered."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, to_builtins

from contest.domain.contests import told_s, wrong_state
from contest.edge.answers import Answer, created, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.routes import PAGE, Route, list_of, roles
from contest.errors import Refusal, wrong_field
from contest.ids import uuid7
from contest.store import clarifications as store
from contest.store import contests, participants, questions
from contest.store.connect import Connection
from contest.wire.times import rfc3339
from contest.wire.to_browser import Clarification

Text = Annotated[str, Meta(min_length=1, max_length=2000)]

CONTESTANT = roles("contestant")
MAY_ASK = ("scheduled", "ongoing", "ended")
"""Before the start about the rules, after the end about a verdict; nothing changes any more once it is finalized."""


class NewClarification(Body, frozen=True):
    text: Text
    question_id: UUID | None = None


async def ask(call: Call[NewClarification], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    if contest.state not in MAY_ASK:
        raise wrong_state(contest, "one that is scheduled, ongoing or ended")
    problem = await _problem(connection, contest.id, call.body.question_id)
    question_id = str(call.body.question_id) if call.body.question_id else None
    new = Clarification(uuid7(), call.body.text, question_id, problem, rfc3339(call.now), told_s(contest, call.now))
    return created(to_builtins(await store.ask(connection, who, new, call.now, call.actor)))


async def _problem(connection: Connection, contest_id: str, question_id: UUID | None) -> str | None:
    """The label of the question. Raises Refusal 422: it is none of this contest."""
    if question_id is None:
        return None
    try:
        question = await questions.load(connection, str(question_id))
    except Refusal:
        question = {}
    if question.get("contest_id") != contest_id:
        raise wrong_field("question_id", "is no question of this contest")
    return str(question["label"])


async def own(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    return ok(await store.of_participant(connection, who, call.page()))


PATH = "/api/v1/contest/{id}/clarifications/"
ROUTES = [
    Route(
        "POST", PATH, CONTESTANT, "change", ask, NewClarification,
        summary="Ask those who run the contest something.", answer=Clarification, status=201,
    ),
    Route("GET", PATH, CONTESTANT, "read", own, summary="What one has asked, oldest first.", query=PAGE, answer=list_of(Clarification)),
]  # fmt: skip
