"""Files that contestants hand over: what is known of them. Their bytes are in the object store, under `path`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contest.errors import wrong_field
from contest.store.connect import Connection

SELECT = "SELECT id, contest_id, attempt_id, question_id, name, media_type, size_bytes, sha256, path, stored_at FROM podium_file"


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
