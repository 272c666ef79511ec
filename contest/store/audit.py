"""Who did what to what, and why: one row in the transaction of the change itself. Rows are only ever added."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

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


LISTED = "SELECT at, actor_id, actor_role, action, subject_id, before, after, reason FROM podium_audit WHERE contest_id = $1"


class Asked(NamedTuple):
    """Which rows; None: any. `since` is the first moment, `until` the first after."""

    actor_id: str | None = None
    subject_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_WHERE = {"actor_id": "actor_id =", "subject_id": "subject_id =", "action": "action =", "since": "at >=", "until": "at <"}


def query(contest_id: str, asked: Asked) -> tuple[str, list[Any]]:
    """The rows of a contest and the arguments. What is not asked for is not in it: "or it is null" would keep indexes from being used."""
    given = {name: value for name, value in asked._asdict().items() if value is not None}
    conditions = [f" AND {_WHERE[name]} ${number}" for number, name in enumerate(given, 2)]
    return "".join([LISTED, *conditions]), [contest_id, *given.values()]


async def listed(connection: Connection, contest_id: str, page: Page, asked: Asked) -> dict[str, Any]:
    """The audit of a contest, newest first."""
    text, arguments = query(contest_id, asked)
    return await paged(connection, text, "id DESC", arguments, page, lambda row: {**row, "at": rfc3339(row["at"])})
