"""Submissions as staff see them."""

from typing import Any

from msgspec import Struct

from contest.edge.answers import NO_CONTENT, Answer, ok
from contest.edge.calls import Call
from contest.edge.routes import OF_CONTEST, PAGE, Route, list_of, roles
from contest.store import contests
from contest.store import submissions as store
from contest.store.connect import Connection


class SubmissionShown(Struct, frozen=True):
    """With its current judgement, if it has one. `problem` is the label."""

    id: str
    contest_id: str
    participant_id: str
    question_id: str
    problem: str
    contest_time_s: float
    received_at: str
    language: str | None
    submitted_by: str
    external_id: str | None
    judgement_id: str | None
    verdict: str | None
    score: float | None
    comment: str | None


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def delete(call: Call[Any], connection: Connection) -> Answer:
    found = await store.load(connection, call.id("submission"))
    await contests.hold_open(connection, call.enter(found["contest_id"], "submission"))
    await store.delete(connection, await store.load(connection, found["id"], locked=True), call.actor, call.now)
    return NO_CONTENT


ROUTES = [
    Route(
        "GET", "/api/v1/admin/submissions/", roles("organiser", "grader"), "read", listed,
        summary="The submissions of a contest in order of arrival.", query=(*OF_CONTEST, *PAGE), answer=list_of(SubmissionShown),
    ),
    Route(
        "DELETE", "/api/v1/admin/submissions/{id}/", roles("organiser"), "change", delete,
        summary="Let a submission count no more.", status=204,
    ),
]  # fmt: skip
