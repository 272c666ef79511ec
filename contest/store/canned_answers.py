"""Canned answers: what answerers of a contest say often, by title."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from contest.errors import not_found
from contest.store import audit
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.store.uniques import taken

SELECT = "SELECT id, contest_id, title, text FROM podium_canned_answer"


class CannedAnswer(Struct, frozen=True):
    id: str
    contest_id: str
    title: str
    text: str


async def load(connection: Connection, canned_id: str) -> Mapping[str, Any]:
    """Raises Refusal 404."""
    row = await connection.fetchrow(SELECT + " WHERE id = $1", canned_id)
    if row is None:
        raise not_found("canned_answer")
    found: Mapping[str, Any] = row
    return found


async def listed(connection: Connection, contest_id: str, page: Page) -> dict[str, Any]:
    return await paged(connection, SELECT + " WHERE contest_id = $1", "title, id", (contest_id,), page, dict)


async def create(connection: Connection, canned: dict[str, Any], actor: Actor) -> None:
    """Raises Refusal 409: the title is taken."""
    with taken("canned_answer"):
        await connection.execute(
            "INSERT INTO podium_canned_answer (id, contest_id, title, text) VALUES ($1, $2, $3, $4)",
            canned["id"], canned["contest_id"], canned["title"], canned["text"],
        )  # fmt: skip
    await audit.write(connection, actor, "canned_answer.created", canned["contest_id"], canned["id"], None, canned)


async def delete(connection: Connection, canned: Mapping[str, Any], actor: Actor) -> None:
    await connection.execute("DELETE FROM podium_canned_answer WHERE id = $1", canned["id"])
    await audit.write(connection, actor, "canned_answer.deleted", canned["contest_id"], canned["id"], dict(canned), None)
