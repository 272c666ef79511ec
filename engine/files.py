"""Files as answers: sent first, then named by the answer. The bytes go to the object store, what is known of them to PostgreSQL."""

from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from msgspec import Struct

from contest.domain.file_kinds import check_file
from contest.domain.questions import FILE_BYTES, File
from contest.edge.answers import Answer, created
from contest.edge.calls import Call
from contest.edge.routes import Query, Route, roles
from contest.errors import wrong_field
from contest.files import Files, needed
from contest.ids import uuid7
from contest.store import attempts, questions
from contest.store import files as store
from contest.store.connect import Connection
from engine.answers import own_attempt, question_of

TAKES = (
    "application/octet-stream", "application/pdf", "application/zip", "text/plain", "image/png", "image/jpeg", "image/gif",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip


class Stored(Struct, frozen=True):
    file_id: str
    size_bytes: int
    sha256: str


async def send(files: Files | None, call: Call[Any], connection: Connection) -> Answer:
    """Nothing is known of a file whose bytes are not kept; bytes of which nothing is known can be left by a crash, and harm nobody."""
    attempt = await own_attempt(call, connection, locked=True)
    attempts.check_open(attempt)
    question = await question_of(connection, attempt, call.query_id("question_id"))
    body, name = questions.body_of(question), call.query.get("name", "")
    if not isinstance(body, File):
        raise wrong_field("question_id", "does not ask for a file")
    if not (1 <= len(name) <= 200 and name.isprintable()):
        raise wrong_field("name", "must be given in the query, up to 200 characters")
    check_file(body, name, call.raw)
    new = store.NewFile(uuid7(), name, call.media_type, len(call.raw), sha256(call.raw).digest(), call.now)
    await store.add(connection, attempt, question["id"], new, call.actor)
    await needed(files).put(new.path(attempt), call.raw)
    return created(Stored(new.id, new.size_bytes, new.sha256.hex()))


def routes(files: Files | None) -> list[Route]:
    return [
        Route(
            "POST", "/api/v1/attempt/{id}/file/", roles("contestant"), "change", partial(send, files), takes=TAKES, limit_bytes=FILE_BYTES,
            summary="Send a file that an answer will name.", answer=Stored, status=201,
            query=(Query("question_id", "for which question", UUID, required=True), Query("name", "of the file", required=True)),
        )
    ]  # fmt: skip
