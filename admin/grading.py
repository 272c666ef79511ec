"""Verdicts given by people (and by judges outside, through a grader's token)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from contest.edge.answers import NO_CONTENT, Answer, created
from contest.edge.bodies import Body, ExternalId, Reason
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.ids import JudgementId, SubmissionId, uuid7
from contest.store import contests, submissions
from contest.store import judgements as store
from contest.store.connect import Connection
from contest.store.judgements import Judgement

Verdict = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_-]{0,9}\Z")]
Score = Annotated[float, Meta(ge=0, le=1_000_000)]
Moment = Annotated[datetime, Meta(tz=True)]

GRADERS = roles("organiser", "grader")


class NewJudgement(Body, frozen=True):
    submission_id: UUID
    verdict: Verdict
    score: Score | None = None
    current: bool = True
    judged_at: Moment | None = None
    reason: Reason | None = None
    external_id: ExternalId | None = None


async def post(call: Call[NewJudgement], connection: Connection) -> Answer:
    body = call.body
    contest_id = call.enter((await submissions.load(connection, str(body.submission_id)))["contest_id"], "submission")
    await contests.hold_open(connection, contest_id)
    submission = await submissions.load(connection, str(body.submission_id), locked=True)
    judgement = Judgement(
        id=JudgementId(uuid7()), submission_id=SubmissionId(submission["id"]), verdict=body.verdict, score=body.score, current=body.current,
        judged_at=body.judged_at or call.now, judged_by=call.person_uuid, reason=body.reason, external_id=body.external_id,
    )  # fmt: skip
    await store.add(connection, submission, judgement, call.actor)
    return created(store.shape(judgement))


async def delete(call: Call[Any], connection: Connection) -> Answer:
    judgement = await store.load(connection, call.id("judgement"))
    await contests.hold_open(connection, call.enter(judgement["contest_id"], "judgement"))
    await submissions.load(connection, judgement["submission_id"], locked=True)
    await store.delete(connection, await store.load(connection, judgement["id"]), call.actor, call.now)
    return NO_CONTENT


ROUTES = [
    Route("POST", "/api/v1/admin/grading/manual/", GRADERS, "change", post, NewJudgement),
    Route("DELETE", "/api/v1/admin/grading/manual/{id}/", GRADERS, "change", delete),
]
