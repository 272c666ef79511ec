"""Answers saved as they are typed. The last writer wins and is told whose work that replaced; other devices of the attempt hear of it."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, to_builtins

from contest.domain.questions import ANSWER_BYTES, File, checked_answer
from contest.edge.answers import Answer, ok, versioned
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.routes import Query, Route, roles
from contest.errors import not_found, wrong_field
from contest.store import answers as store
from contest.store import attempts, files, questions
from contest.store.attempts import Attempt
from contest.store.connect import Connection
from contest.wire.times import rfc3339

Device = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(max_length=ANSWER_BYTES)]
Choices = Annotated[list[Text], Meta(max_length=100)]
CONTESTANT = roles("contestant")


class Composed(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer of named parts: `file_id`, or `source` with `language`."""

    file_id: str | UnsetType = UNSET
    source: Text | UnsetType = UNSET
    language: str | UnsetType = UNSET


Value = Text | float | Choices | Composed | None


class Saving(Body, frozen=True):
    """`base_version`: of the answer that this one was made from; 0: there was none."""

    question_id: UUID
    value: Value
    device: Device
    base_version: Annotated[int, Meta(ge=0, le=2**53)] = 0


class Overwritten(Struct, frozen=True):
    version: int
    value: Any
    device: str
    saved_at: str


class SavedNow(Struct, frozen=True):
    version: int
    saved_at: str
    overwritten: Overwritten | None


class AnswerNow(Struct, frozen=True):
    question_id: str
    value: Any
    version: int
    saved_at: str


async def save(call: Call[Saving], connection: Connection) -> Answer:
    attempt = await own_attempt(call, connection, locked=True)
    question = await question_of(connection, attempt, str(call.body.question_id))
    value = await _checked(connection, attempt, question, to_builtins(call.body.value))
    version, lost = await store.save(connection, attempt, question["id"], value, call.body.base_version, call.body.device, call.now)
    told = store.told_overwritten(lost)
    return ok(SavedNow(version, rfc3339(call.now), None if told is None else Overwritten(**told)), versioned(version))


async def _checked(connection: Connection, attempt: Attempt, question: dict[str, Any], value: Any) -> Any:
    """Raises Refusal 422: no answer to a question of this kind."""
    body = questions.body_of(question)
    if value is None or body is None:
        return value
    checked = checked_answer(body, value)
    if isinstance(body, File):
        await files.of_attempt(connection, attempt.id, question["id"], checked["file_id"], "value")
    return checked


async def one(call: Call[Any], connection: Connection) -> Answer:
    attempt = await own_attempt(call, connection)
    question = await question_of(connection, attempt, call.query_id("question_id"))
    saved = await store.one(connection, attempt.id, question["id"])
    if saved is None:
        raise not_found("answer")
    return ok(AnswerNow(**store.shape(saved)), versioned(saved.version))


async def own_attempt(call: Call[Any], connection: Connection, *, locked: bool = False) -> Attempt:
    """The attempt of the path, if it is the asker's. Raises Refusal 404."""
    attempt = await attempts.load(connection, call.id("attempt"), locked=locked)
    call.enter(attempt.contest_id, "attempt")
    if attempt.user_id != call.person_uuid:
        raise not_found("attempt")
    return attempt


async def question_of(connection: Connection, attempt: Attempt, question_id: str, field: str = "question_id") -> dict[str, Any]:
    """Raises Refusal 422: no question of this contest."""
    question = await questions.load(connection, question_id)
    if question["contest_id"] != attempt.contest_id:
        raise wrong_field(field, "is no question of this contest")
    return question


_PATH = "/api/v1/attempt/{id}/answer/"
ROUTES = [
    Route(
        "POST", _PATH, CONTESTANT, "change", save, Saving, counted="answers",
        summary="Save an answer as it stands.", answer=SavedNow,
    ),
    Route(
        "GET", _PATH, CONTESTANT, "read", one, summary="The answer to one question as it stands.", answer=AnswerNow,
        query=(Query("question_id", "to which question", UUID, required=True),),
    ),
]  # fmt: skip
