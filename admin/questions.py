"""Questions of a contest: what is asked, how it is judged, and in which order."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from contest.domain import questions as domain
from contest.domain.questions import Criterion, Kind, Option, OptionId
from contest.edge.answers import NO_CONTENT, Answer, created, ok, versioned
from contest.edge.bodies import Body, ExternalId, Line, converted
from contest.edge.calls import Call
from contest.edge.routes import OF_CONTEST, PAGE, Route, list_of, roles
from contest.errors import wrong_field
from contest.ids import uuid7
from contest.store import contests
from contest.store import questions as store
from contest.store.connect import Connection

Label = Annotated[str, Meta(min_length=1, max_length=10, pattern=r"^[^\s\"\\]+\Z")]
Points = Annotated[float, Meta(ge=0, le=100_000)]
Place = Annotated[int, Meta(ge=0, le=100_000)]
Color = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}\Z")]
Statement = Annotated[str, Meta(max_length=200_000)]
Rubric = Annotated[tuple[Criterion, ...], Meta(max_length=50)]

ORGANISER = roles("organiser")


class GivenBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The members of all kinds (contest/domain/questions.py); which of them belong to this question, its kind says."""

    languages: tuple[str, ...] | UnsetType | None = UNSET
    time_limit_ms: int | UnsetType | None = UNSET
    memory_limit_mb: int | UnsetType | None = UNSET
    options: tuple[Option, ...] | UnsetType = UNSET
    multiple: bool | UnsetType = UNSET
    unit: str | UnsetType | None = UNSET
    max_length: int | UnsetType = UNSET
    lines: int | UnsetType = UNSET
    extensions: tuple[str, ...] | UnsetType = UNSET
    max_bytes: int | UnsetType = UNSET


class GivenKey(Struct, frozen=True, forbid_unknown_fields=True):
    """The same for keys."""

    right: tuple[OptionId, ...] | UnsetType = UNSET
    partial: bool | UnsetType = UNSET
    value: float | UnsetType = UNSET
    absolute: float | UnsetType | None = UNSET
    relative: float | UnsetType | None = UNSET
    accepted: tuple[str, ...] | UnsetType = UNSET
    case_sensitive: bool | UnsetType = UNSET


class NewQuestion(Body, frozen=True):
    contest_id: UUID
    label: Label
    title: Line
    kind: Kind = "code"
    points: Points = 1
    position: Place | None = None
    color: Color | None = None
    external_id: ExternalId | None = None
    statement: Statement = ""
    body: GivenBody = GivenBody()
    answer_key: GivenKey | None = None
    rubric: Rubric = ()
    shuffle: bool = False


class QuestionChange(Body, frozen=True):
    label: Label | UnsetType = UNSET
    title: Line | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    position: Place | UnsetType = UNSET
    color: Color | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType | None = UNSET
    statement: Statement | UnsetType = UNSET
    body: GivenBody | UnsetType = UNSET
    answer_key: GivenKey | UnsetType | None = UNSET
    rubric: Rubric | UnsetType = UNSET
    shuffle: bool | UnsetType = UNSET


class Question(Struct, frozen=True):
    """A question as the administration sees it."""

    id: UUID
    contest_id: UUID
    label: str
    title: str
    kind: str
    points: float
    position: int
    color: str | None
    external_id: str | None
    statement: str
    body: dict[str, Any]
    answer_key: dict[str, Any] | None
    rubric: tuple[Criterion, ...]
    shuffle: bool
    version: int


async def create(call: Call[NewQuestion], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
    given = {"id": uuid7(), **_given(call.body), "contest_id": contest.id, "version": 1}
    question = _checked(given)
    await store.create(connection, question, call.actor)
    return created(question, versioned(1))


def _given(body: NewQuestion | QuestionChange) -> dict[str, Any]:
    """The members that came, bodies and keys as plain JSON."""
    return {
        name: msgspec.json.decode(msgspec.json.encode(value)) if isinstance(value, Struct | tuple) else value
        for name, value in asdict(body).items()
        if value is not UNSET
    }


def _checked(question: dict[str, Any]) -> dict[str, Any]:
    """The question with its body, key and rubric in full. Raises Refusal 422: they are not of its kind, or do not fit each other."""
    kind = question["kind"]
    if kind not in domain.KINDS:
        raise wrong_field("kind", f"must be one of: {', '.join(domain.KINDS)}")
    body: domain.Body = converted({**question["body"], "kind": kind}, domain.Body, "body")
    key: domain.Key | None = None
    if question["answer_key"] is not None:
        if kind in ("code", "file"):
            raise wrong_field("answer_key", "must be null for this kind of question")
        key = converted({**question["answer_key"], "kind": kind}, domain.Key, "answer_key")
    rubric: tuple[Criterion, ...] = converted(question["rubric"], tuple[Criterion, ...], "rubric")
    domain.check_consistent(body, key, rubric)
    return {**question, "body": store.plain(body), "answer_key": None if key is None else store.plain(key)}


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def _asked(call: Call[Any], connection: Connection, *, locked: bool = False) -> dict[str, Any]:
    question = await store.load(connection, call.id("question"), locked=locked)
    call.enter(question["contest_id"], "question")
    return question


async def one(call: Call[Any], connection: Connection) -> Answer:
    question = await _asked(call, connection)
    return ok(question, versioned(question["version"]))


async def change(call: Call[QuestionChange], connection: Connection) -> Answer:
    """Another kind begins with an empty body and no key, unless they come with it."""
    before = await _asked(call, connection, locked=True)
    call.check_version("question", before["version"])
    given = _given(call.body)
    if given.get("kind", before["kind"]) != before["kind"]:
        given = {"body": {}, "answer_key": None, **given}
    after = {**before, **given, "version": before["version"] + 1}
    if given.keys() & {"kind", "body", "answer_key", "rubric"}:
        after = _checked(after)
    await store.update(connection, before, after, call.actor)
    return ok(after, versioned(after["version"]))


async def delete(call: Call[Any], connection: Connection) -> Answer:
    question = await _asked(call, connection, locked=True)
    call.check_version("question", question["version"])
    await store.delete(connection, question, call.actor)
    return NO_CONTENT


_ALL, _ONE = "/api/v1/admin/questions/", "/api/v1/admin/questions/{id}/"
ROUTES = [
    Route("POST", _ALL, ORGANISER, "change", create, NewQuestion, summary="Add a question to a contest.", answer=Question, status=201),
    Route(
        "GET", _ALL, ORGANISER, "read", listed,
        summary="The questions of a contest, in board order.", query=(*OF_CONTEST, *PAGE), answer=list_of(Question),
    ),
    Route("GET", _ONE, ORGANISER, "read", one, summary="One question, with its key.", answer=Question),
    Route("PUT", _ONE, ORGANISER, "change", change, QuestionChange, summary="Change members of a question.", answer=Question),
    Route("DELETE", _ONE, ORGANISER, "change", delete, summary="Delete a question that nobody has answered.", status=204),
]  # fmt: skip
