"""Files that contestants hand over: what is known of them. Their bytes are in the object store, under `path`."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from contest.errors import Refusal, wrong_field
from contest.store import answers, audit
from contest.store.attempts import Attempt
from contest.store.audit import Actor
from contest.store.connect import Connection

SELECT = "SELECT id, contest_id, attempt_id, question_id, name, media_type, size_bytes, sha256, path, stored_at FROM podium_file"

FILES_MOST = 20
"""Of one attempt for one question: who sends it again and again fills no disk (200 MB at most)."""
_EXTENSION = re.compile(r"[a-z0-9]{1,10}")

# As answers are saved: only while there is time.
ADD = f"""
WITH {answers.ALLOWED}
INSERT INTO podium_file (id, contest_id, attempt_id, question_id, name, media_type, size_bytes, sha256, path, stored_at)
SELECT $3, allowed.contest_id, allowed.attempt_id, $2, $4, $6, $7, $8, $9, $5 FROM allowed
RETURNING id
"""  # noqa: S608 - nothing from outside is in it


class NewFile(Struct, frozen=True):
    id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    stored_at: datetime

    def path(self, attempt: Attempt) -> str:
        """In the object store. Nothing in it comes from outside."""
        return f"contests/{attempt.contest_id}/attempts/{attempt.id}/{self.id}"


async def add(connection: Connection, attempt: Attempt, question_id: str, new: NewFile, actor: Actor) -> None:
    """Note what is sent within `attempt` (loaded with `locked`). Raises Refusal 409: too many, or not this participant's time."""
    count = await connection.fetchval(
        "SELECT count(*) FROM podium_file WHERE attempt_id = $1 AND question_id = $2", attempt.id, question_id
    )
    if count >= FILES_MOST:
        raise Refusal(409, "file.too_many", f"At most {FILES_MOST} files can be sent for one question.")
    stored = await connection.fetchval(
        ADD, attempt.id, question_id, new.id, new.name, new.stored_at, new.media_type, new.size_bytes, new.sha256, new.path(attempt)
    )
    if stored is None:
        raise answers.too_late()
    after = {"question_id": question_id, "name": new.name, "size_bytes": new.size_bytes, "sha256": new.sha256.hex()}
    await audit.write(connection, actor, "file.stored", attempt.contest_id, new.id, None, after)


def plain_name(row: Mapping[str, Any]) -> str:
    """A name that tells nothing of who sent it."""
    extension = row["name"].rpartition(".")[2].lower()
    return f"answer.{extension}" if _EXTENSION.fullmatch(extension) else "answer"


async def of_attempt(connection: Connection, attempt_id: str | None, question_id: str, file_id: str, field: str) -> Mapping[str, Any]:
    """A file that was sent within this attempt for this question. Raises Refusal 422 that names `field`."""
    row: Mapping[str, Any] | None = None
    try:
        asked = str(UUID(file_id))
        row = await connection.fetchrow(SELECT + " WHERE id = $1 AND attempt_id = $2 AND question_id = $3", asked, attempt_id, question_id)
    except ValueError:
        pass
    if row is None:
        raise wrong_field(field, "names no file that was sent for this question")
    return row


async def find(connection: Connection, file_id: str) -> Mapping[str, Any] | None:
    try:
        row: Mapping[str, Any] | None = await connection.fetchrow(SELECT + " WHERE id = $1", str(UUID(file_id)))
    except ValueError:
        return None
    return row
