"""Verdicts given by people (and by judges outside, through a grader's token): the queue, claims, judgements, opinions, overrides."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from contest.edge.answers import NO_CONTENT, Answer, created, ok
from contest.edge.bodies import Body, ExternalId, Reason
from contest.edge.calls import Call
from contest.edge.routes import OF_CONTEST, PAGE, Query, Route, list_of, roles
from contest.errors import wrong_field
from contest.ids import ContestId, JudgementId, SubmissionId, uuid7
from contest.store import contests, files, grading, questions, submissions
from contest.store import judgements as store
from contest.store.connect import Connection
from contest.store.grading import Opinion
from contest.store.judgements import Judgement, Kind
from contest.wire.times import rfc3339

Verdict = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_-]{0,9}\Z")]
Score = Annotated[float, Meta(ge=0, le=1_000_000)]
Moment = Annotated[datetime, Meta(tz=True)]
Comment = Annotated[str, Meta(max_length=10_000)]
Rubric = Annotated[dict[str, Score], Meta(max_length=50)]

ORGANISER, GRADERS = roles("organiser"), roles("organiser", "grader")


class NewJudgement(Body, frozen=True):
    """`rubric`: points by criterion of the question; their sum is the score where none is given. `comment`: for the contestant."""

    submission_id: UUID
    verdict: Verdict
    score: Score | None = None
    current: bool = True
    judged_at: Moment | None = None
    reason: Reason | None = None
    external_id: ExternalId | None = None
    rubric: Rubric | None = None
    comment: Comment | None = None


class Override(Body, frozen=True):
    submission_id: UUID
    verdict: Verdict
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    score: Score | None = None
    comment: Comment | None = None


class Claim(Body, frozen=True):
    contest_id: UUID
    question_id: UUID | None = None
    submission_id: UUID | None = None


class Claimed(Body, frozen=True):
    submission_id: UUID


class Question(Struct, frozen=True):
    """What a grader needs of the question."""

    id: str
    label: str
    title: str
    kind: str
    points: float
    statement: str
    body: dict[str, Any]
    answer_key: dict[str, Any] | None
    rubric: list[dict[str, Any]]


class FileShown(Struct, frozen=True):
    """`name` is ours: the contestant's could be their own."""

    id: str
    name: str
    media_type: str
    size_bytes: int
    path: str


class Work(Struct, frozen=True):
    """What is claimed. `opinions`: given before, by others."""

    submission_id: str
    contest_time_s: float
    received_at: str
    language: str | None
    source: str | None
    answer: Any
    opinions: int
    question: Question
    file: FileShown | None
    until: str


class OpinionShown(Struct, frozen=True):
    """`person_name`: null for a program."""

    person_id: str
    person_name: str | None
    verdict: str
    score: float | None
    rubric: dict[str, float] | None
    comment: str | None
    given_at: str


class Opened(Struct, frozen=True):
    """What an organiser needs to override a verdict or to settle a dispute."""

    submission_id: str
    contest_time_s: float
    received_at: str
    language: str | None
    source: str | None
    answer: Any
    question: Question
    file: FileShown | None
    opinions: list[OpinionShown]


class Until(Struct, frozen=True):
    until: str


class Queued(Struct, frozen=True):
    """What there is to grade of a submission. `claimed_by`: who works on it, until `claimed_until`."""

    submission_id: str
    question_id: str
    problem: str
    kind: str
    contest_time_s: float
    received_at: str
    state: grading.State
    claimed_by: str | None
    claimed_until: str | None
    opinions: int
    verdict: str | None
    score: float | None


class Judged(Struct, frozen=True, kw_only=True):
    """A judgement. `current`: it is the one that counts."""

    id: str
    submission_id: str
    verdict: str
    score: float | None
    current: bool
    judged_at: str
    judged_by: str
    reason: str | None
    external_id: str | None
    kind: Kind
    rubric: dict[str, float] | None
    comment: str | None


class Opined(Judged, frozen=True, kw_only=True):
    """`state`: `second` or `disputed` where it is kept as an opinion and nothing is judged yet."""

    state: grading.State


async def queue(call: Call[Any], connection: Connection) -> Answer:
    contest_id = call.contest_asked()
    state: Any = call.query.get("state")
    if state is not None and state not in grading.STATES:
        raise wrong_field("state", f"must be one of: {', '.join(grading.STATES)}")
    question_id = call.query_id("question_id") if "question_id" in call.query else None
    await contests.load(connection, contest_id)
    return ok(await grading.queue(connection, contest_id, question_id, state, call.now, call.page()))


async def claim(call: Call[Claim], connection: Connection) -> Answer:
    contest_id = call.enter(str(call.body.contest_id))
    await contests.hold_open(connection, contest_id)
    asked = call.body.submission_id
    if asked is not None and (await submissions.load(connection, str(asked)))["contest_id"] != contest_id:
        raise wrong_field("submission_id", "is no submission of this contest")
    question_id = None if call.body.question_id is None else str(call.body.question_id)
    taken = await grading.claim(connection, contest_id, question_id, None if asked is None else str(asked), call.now, call.actor)
    if taken is None:
        return NO_CONTENT
    return ok(await _work(connection, *taken))


async def _work(connection: Connection, submission_id: str, until: datetime) -> Work:
    return Work(**await _written(connection, submission_id), until=rfc3339(until))


async def _written(connection: Connection, submission_id: str) -> dict[str, Any]:
    """What was handed in, and what it answers; not by whom."""
    found = await grading.work(connection, submission_id)
    question = await questions.load(connection, found.pop("question_id"))
    shown = Question(**{name: question[name] for name in Question.__struct_fields__})
    return {**found, "question": shown, "file": await _file(connection, found["answer"])}


async def opened(call: Call[Any], connection: Connection) -> Answer:
    submission = await submissions.load(connection, call.id("submission"))
    call.enter(submission["contest_id"], "submission")
    given = [OpinionShown(**each) for each in await grading.opinions_shown(connection, submission["id"])]
    return ok(Opened(**{**await _written(connection, submission["id"]), "opinions": given}))


async def _file(connection: Connection, answer: Any) -> FileShown | None:
    file_id = answer.get("file_id") if isinstance(answer, dict) else None
    row = None if file_id is None else await files.find(connection, file_id)
    if row is None:
        return None
    return FileShown(row["id"], files.plain_name(row), row["media_type"], row["size_bytes"], f"/api/v1/admin/files/{row['id']}/")


async def renew(call: Call[Claimed], connection: Connection) -> Answer:
    submission = await submissions.load(connection, str(call.body.submission_id))
    contest_id = call.enter(submission["contest_id"], "submission")
    return ok(Until(rfc3339(await grading.renew(connection, submission["id"], contest_id, call.now, call.actor))))


async def release(call: Call[Claimed], connection: Connection) -> Answer:
    submission = await submissions.load(connection, str(call.body.submission_id))
    contest_id = call.enter(submission["contest_id"], "submission")
    await grading.release(connection, submission["id"], contest_id, call.now, call.actor)
    return NO_CONTENT


async def _held_open(call: Call[Any], connection: Connection, submission_id: UUID) -> tuple[ContestId, Any]:
    """The submission, locked, of a contest whose results may change."""
    contest_id = call.enter((await submissions.load(connection, str(submission_id)))["contest_id"], "submission")
    await contests.hold_open(connection, contest_id)
    return contest_id, await submissions.load(connection, str(submission_id), locked=True)


async def post(call: Call[NewJudgement], connection: Connection) -> Answer:
    """Where two opinions are asked for, the first is kept as such, and the judgement comes with a second that agrees."""
    body = call.body
    contest_id, submission = await _held_open(call, connection, body.submission_id)
    await grading.check_not_held(connection, submission["id"], call.person.user, call.now)
    question = await questions.load(connection, submission["question_id"])
    score = _score(question, body)
    judgement = _judgement(call, submission, body.verdict, score, "manual", current=body.current)
    state: grading.State = "done"
    if body.current and question["kind"] != "code" and await _two_opinions(connection, contest_id):
        if submission["verdict"] is not None:
            raise grading.judged_already()
        opinion = Opinion(call.a_person().user, body.verdict, score, body.rubric, body.comment)
        state = await grading.add_opinion(connection, submission, opinion, call.now, call.actor)
    await grading.drop(connection, submission["id"])
    if state != "done":
        return created({**store.shape(judgement), "current": False, "state": state})
    await store.add(connection, submission, judgement, call.actor)
    return created({**store.shape(judgement), "state": state})


async def _two_opinions(connection: Connection, contest_id: str) -> bool:
    two: bool = await connection.fetchval("SELECT opinions = 2 FROM podium_contest WHERE contest_id = $1", contest_id)
    return two


def _score(question: dict[str, Any], body: NewJudgement) -> float | None:
    """Raises Refusal 422: points for what is no criterion, or more than it gives."""
    if body.rubric is None:
        return body.score
    most = {criterion["id"]: criterion["points"] for criterion in question["rubric"]}
    for name, points in body.rubric.items():
        if name not in most:
            raise wrong_field("rubric", "names a criterion that the question does not have")
        if points > most[name]:
            raise wrong_field("rubric", "gives more points than the criterion has")
    return sum(body.rubric.values()) if body.score is None else body.score


def _judgement(call: Call[Any], submission: Any, verdict: str, score: float | None, kind: Kind, *, current: bool = True) -> Judgement:
    body = call.body
    return Judgement(
        id=JudgementId(uuid7()), submission_id=SubmissionId(submission["id"]), verdict=verdict, score=score, current=current,
        judged_at=getattr(body, "judged_at", None) or call.now, judged_by=call.person_uuid, reason=body.reason,
        external_id=getattr(body, "external_id", None), kind=kind, rubric=getattr(body, "rubric", None), comment=body.comment,
    )  # fmt: skip


async def override(call: Call[Override], connection: Connection) -> Answer:
    """Settles what two people disagree on, or puts a judgement right: whatever it was, this counts now."""
    call.a_person()
    _, submission = await _held_open(call, connection, call.body.submission_id)
    judgement = _judgement(call, submission, call.body.verdict, call.body.score, "override")
    await grading.drop(connection, submission["id"])
    await store.add(connection, submission, judgement, call.actor, "judgement.overridden")
    return created(store.shape(judgement))


async def delete(call: Call[Any], connection: Connection) -> Answer:
    judgement = await store.load(connection, call.id("judgement"))
    await contests.hold_open(connection, call.enter(judgement["contest_id"], "judgement"))
    await submissions.load(connection, judgement["submission_id"], locked=True)
    await store.delete(connection, await store.load(connection, judgement["id"]), call.actor, call.now)
    return NO_CONTENT


_BASE = "/api/v1/admin/grading/"
ROUTES = [
    Route(
        "GET", f"{_BASE}queue/", GRADERS, "read", queue, summary="What there is to grade, without names, in order of arrival.",
        query=(*OF_CONTEST, Query("question_id", "of one question", UUID), Query("state", ", ".join(grading.STATES)), *PAGE),
        answer=list_of(Queued),
    ),
    Route(
        "GET", "/api/v1/admin/submissions/{id}/", ORGANISER, "read", opened,
        summary="What was handed in, and the opinions given on it.", answer=Opened,
    ),
    Route(
        "POST", f"{_BASE}claim/", GRADERS, "change", claim, Claim, summary="Take the next answer, or a certain one, for ten minutes.",
        answer=Work, also=(204,),
    ),
    Route("POST", f"{_BASE}claim/renew/", GRADERS, "change", renew, Claimed, summary="Hold it for ten more minutes.", answer=Until),
    Route("POST", f"{_BASE}claim/release/", GRADERS, "change", release, Claimed, summary="Let somebody else take it.", status=204),
    Route("POST", f"{_BASE}manual/", GRADERS, "change", post, NewJudgement, summary="Judge a submission.", answer=Opined, status=201),
    Route(
        "POST", f"{_BASE}override/", ORGANISER, "change", override, Override, summary="Put a judgement right, with a reason.",
        answer=Judged, status=201,
    ),
    Route("DELETE", f"{_BASE}manual/{{id}}/", GRADERS, "change", delete, summary="Take a judgement back.", status=204),
]  # fmt: skip
