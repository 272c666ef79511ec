"""Submitting, for oneself or (staff) for somebody else, and what one has submitted."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, to_builtins

from contest.domain.contests import Contest, told_s
from contest.domain.questions import Code, File, checked_answer
from contest.edge.answers import Answer, created, ok
from contest.edge.bodies import SOURCE_LIMIT_BYTES, Body, ContestSeconds, ExternalId, Reason
from contest.edge.calls import Call
from contest.edge.routes import PAGE, Route, list_of, roles
from contest.errors import Refusal, wrong_field
from contest.ids import ParticipantId, QuestionId, SubmissionId, uuid7
from contest.store import attempts, contests, files, participants, questions
from contest.store import submissions as store
from contest.store.connect import Connection
from contest.store.judging import judge
from contest.store.submissions import Submission
from contest.wire.times import rfc3339
from contest.wire.to_browser import SubmissionNote
from engine.answers import Choices, Composed, Text
from engine.turns import running_turn

Language = Annotated[str, Meta(min_length=1, max_length=50)]
AnswerValue = Text | float | bool | Choices | Composed


class NewSubmission(Body, frozen=True):
    """`source` with `language`, or `answer`; neither by proxy, where the source may not be known. The last four: by proxy only."""

    question_id: UUID
    language: Language | None = None
    source: str | None = None
    answer: AnswerValue | None = None
    participant_id: UUID | None = None
    contest_time_s: ContestSeconds | None = None
    external_id: ExternalId | None = None
    reason: Reason | None = None


async def submit(call: Call[NewSubmission], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    _check_content(call.body)
    question = await questions.load(connection, str(call.body.question_id))
    if question["contest_id"] != contest.id:
        raise wrong_field("question_id", "is no question of this contest")
    proxied = call.role == "organiser"
    who, at_s = await (_for_other if proxied else _for_oneself)(call, connection, contest)
    new = Submission(
        id=SubmissionId(uuid7()), contest_id=contest.id, participant_id=ParticipantId(who["id"]), question_id=QuestionId(question["id"]),
        contest_time_s=at_s, received_at=call.now, submitted_by=call.person_uuid, language=call.body.language, source=call.body.source,
        answer=await _checked_answer(call.body, connection, question, who), external_id=call.body.external_id,
    )  # fmt: skip
    stored = await store.add(connection, new, call.actor, "proxied" if proxied else "own")
    await judge(connection, stored, question, new.answer, contest.scoring, call.now)
    return created({"submission_id": new.id, "contest_time_s": at_s, "received_at": rfc3339(call.now)})


def _check_content(body: NewSubmission) -> None:
    """Raises Refusal 422."""
    if body.source is not None and body.answer is not None:
        raise wrong_field("answer", "cannot come together with source")
    if body.source is not None and len(body.source.encode()) > SOURCE_LIMIT_BYTES:
        raise wrong_field("source", "is larger than 256 KiB")


async def _checked_answer(body: NewSubmission, connection: Connection, question: dict[str, Any], who: dict[str, Any]) -> Any:
    """The answer as it is kept. To a program anything may be said, as before there were kinds. Raises Refusal 422."""
    asked, answer = questions.body_of(question), to_builtins(body.answer)
    if asked is None or isinstance(asked, Code):
        if isinstance(answer, dict):
            raise wrong_field("answer", "must be text, a number, true or false, or a list of texts")
        return answer
    if body.source is not None:
        raise wrong_field("source", "is for questions that ask for a program")
    if answer is None:
        return None
    checked = checked_answer(asked, answer, "answer")
    if isinstance(asked, File):
        attempt = await attempts.of_participant(connection, who["id"])
        await files.of_attempt(connection, attempt.id if attempt else None, question["id"], checked["file_id"], "answer")
    return checked


async def _for_oneself(call: Call[NewSubmission], connection: Connection, contest: Contest) -> tuple[dict[str, Any], float]:
    body = call.body
    for name in ("participant_id", "contest_time_s", "external_id", "reason"):
        if getattr(body, name) is not None:
            raise wrong_field(name, "is for submitting for others only")
    if body.source is None and body.answer is None:
        raise wrong_field("source", "must be given, or answer")
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    running_turn(contest, who, call.now)
    return who, told_s(contest, call.now)


async def _for_other(call: Call[NewSubmission], connection: Connection, contest: Contest) -> tuple[dict[str, Any], float]:
    body = call.body
    if body.participant_id is None:
        raise wrong_field("participant_id", "must be given to submit for others")
    if body.contest_time_s is None:
        raise wrong_field("contest_time_s", "must be given to submit for others")
    who = await participants.load(connection, str(body.participant_id))
    if who["contest_id"] != contest.id:
        raise wrong_field("participant_id", "is no participant of this contest")
    if contest.state == "draft":
        raise Refusal(409, "contest.wrong_state", "The contest is draft; this needs a contest that is scheduled at least.")
    return who, body.contest_time_s


async def own(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    return ok(await store.of_participant(connection, who, call.page()))


class Received(Struct, frozen=True):
    """Stored. `contest_time_s`: when it counts."""

    submission_id: str
    contest_time_s: float
    received_at: str


ROUTES = [
    Route(
        "POST", "/api/v1/contest/{id}/submit/", roles("contestant", "organiser"), "change", submit, NewSubmission, counted="submissions",
        summary="Submit, for oneself or (staff) for somebody else.", answer=Received, status=201,
    ),
    Route(
        "GET", "/api/v1/contest/{id}/submissions/", roles("contestant"), "read", own,
        summary="One's own submissions with their verdicts, as far as the contest tells them.", query=PAGE, answer=list_of(SubmissionNote),
    ),
]  # fmt: skip
