"""Who did what to what, and why: one row in the transaction of the change itself. Rows are only ever added."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.wire.times import rfc3339


class Actor(Struct, frozen=True):
    """Who changes something: a person of a token, or `clock`. `reason` is theirs, if they gave one."""

    id: str
    role: str
    reason: str | None = None


CLOCK = Actor("clock", "clock")


async def write(
    connection: Connection,
    actor: Actor,
    action: str,
    contest_id: str | None,
    subject_id: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Note `action` (`noun.verb`). `before` and `after` are JSON objects; None where there was or is nothing."""
    await connection.execute(
        "INSERT INTO podium_audit (actor_id, actor_role, action, contest_id, subject_id, before, after, reason)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        actor.id, actor.role, action, contest_id, subject_id, before, after, actor.reason,
    )  # fmt: skip


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The members that differ, on both sides."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


async def listed(connection: Connection, contest_id: str, page: Page) -> dict[str, Any]:
    """The audit of a contest, newest first."""
    return await paged(
        connection,
        "SELECT at, actor_id, actor_role, action, subject_id, before, after, reason FROM podium_audit WHERE contest_id = $1",
        "id DESC",
        (contest_id,),
        page,
        lambda row: {**row, "at": rfc3339(row["at"])},
    )
