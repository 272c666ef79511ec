"""Questions (problems on the board) of a contest."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec
from msgspec import ValidationError, convert

from contest.domain.questions import Body, Key, Shape
from contest.errors import Refusal, not_found
from contest.store import audit, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.store.uniques import taken

SELECT = """
SELECT q.id, q.contest_id, p.label, q.title, q.kind, q.points, q.position, p.color, p.external_id,
       p.statement, p.body, p.answer_key, p.rubric, p.shuffle, p.version
  FROM contests_question q JOIN podium_question p ON p.question_id = q.id
"""

# Any answer, from whichever of the two systems, and any submission.
IN_USE = """
SELECT EXISTS (SELECT 1 FROM attempts_answer WHERE question_id = $1)
    OR EXISTS (SELECT 1 FROM podium_submission WHERE question_id = $1)
"""


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "points": float(row["points"])}


def plain(part: Shape) -> dict[str, Any]:
    """A body or key as it is stored and told."""
    return {name: value for name, value in msgspec.json.decode(msgspec.json.encode(part)).items() if name != "kind"}


def body_of(question: Mapping[str, Any]) -> Body | None:
    """None: a kind that we do not know, or one without its body; then a person has to look at what is answered."""
    found: Body | None = _part(question["kind"], question["body"], Body)
    return found


def key_of(question: Mapping[str, Any]) -> Key | None:
    found: Key | None = None if question["answer_key"] is None else _part(question["kind"], question["answer_key"], Key)
    return found


def _part(kind: str, stored: Mapping[str, Any], shape: Any) -> Any:
    try:
        return convert({**stored, "kind": kind}, shape)
    except ValidationError:
        return None


async def load(connection: Connection, question_id: str, *, locked: bool = False) -> dict[str, Any]:
    """Raises Refusal 404."""
    row = await connection.fetchrow(SELECT + " WHERE q.id = $1" + (" FOR UPDATE" if locked else ""), question_id)
    if row is None:
        raise not_found("question")
    return shape(row)


async def listed(connection: Connection, contest_id: str, page: Page) -> dict[str, Any]:
    return await paged(connection, SELECT + " WHERE q.contest_id = $1", "q.position, p.label", (contest_id,), page, shape)


async def all_of(connection: Connection, contest_id: str) -> list[dict[str, Any]]:
    """Every question of a contest, in board order."""
    return [shape(row) for row in await connection.fetch(SELECT + " WHERE q.contest_id = $1 ORDER BY q.position, p.label", contest_id)]


async def create(connection: Connection, question: dict[str, Any], actor: Actor) -> None:
    """Without `position` it goes to the end. Raises Refusal 409: the label or external id is taken."""
    if question["position"] is None:
        question["position"] = await connection.fetchval(
            "SELECT coalesce(max(position), 0) + 1 FROM contests_question WHERE contest_id = $1", question["contest_id"]
        )
    await connection.execute(
        "INSERT INTO contests_question (id, contest_id, title, kind, points, position) VALUES ($1, $2, $3, $4, $5, $6)",
        question["id"], question["contest_id"], question["title"], question["kind"], question["points"], question["position"],
    )  # fmt: skip
    with taken("question"):
        await connection.execute(
            "INSERT INTO podium_question"
            " (question_id, contest_id, label, color, external_id, statement, body, answer_key, rubric, shuffle)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            question["id"], question["contest_id"], question["label"], question["color"], question["external_id"], question["statement"],
            question["body"], question["answer_key"], question["rubric"], question["shuffle"],
        )  # fmt: skip
    await audit.write(connection, actor, "question.created", question["contest_id"], question["id"], None, question)
    await outbox.add(connection, question["contest_id"], "board.changed", {"fresh": False})


async def update(connection: Connection, before: dict[str, Any], after: dict[str, Any], actor: Actor) -> None:
    """Write `after` over `before` (loaded with `locked`). Raises Refusal 409: another kind, when something was answered already."""
    if after["kind"] != before["kind"] and await connection.fetchval(IN_USE, before["id"]):
        raise Refusal(409, "question.in_use", "Something was answered to this question: its kind cannot be changed.")
    await connection.execute(
        "UPDATE contests_question SET title = $2, kind = $3, points = $4, position = $5, updated_at = now() WHERE id = $1",
        after["id"], after["title"], after["kind"], after["points"], after["position"],
    )  # fmt: skip
    with taken("question"):
        await connection.execute(
            "UPDATE podium_question SET label = $2, color = $3, external_id = $4, statement = $5, body = $6, answer_key = $7,"
            " rubric = $8, shuffle = $9, version = $10 WHERE question_id = $1",
            after["id"], after["label"], after["color"], after["external_id"], after["statement"], after["body"], after["answer_key"],
            after["rubric"], after["shuffle"], after["version"],
        )  # fmt: skip
    await audit.write(connection, actor, "question.updated", after["contest_id"], after["id"], *audit.changed(before, after))
    await outbox.add(connection, after["contest_id"], "board.changed", {"fresh": False})


async def delete(connection: Connection, question: dict[str, Any], actor: Actor) -> None:
    """Raises Refusal 409 once something was answered or submitted to it: that would be lost."""
    try:
        await connection.execute("DELETE FROM contests_question WHERE id = $1", question["id"])
    except asyncpg.ForeignKeyViolationError:
        raise Refusal(409, "question.in_use", "Something was answered or submitted to this question: it cannot be deleted.") from None
    await audit.write(connection, actor, "question.deleted", question["contest_id"], question["id"], question, None)
    await outbox.add(connection, question["contest_id"], "board.changed", {"fresh": False})
