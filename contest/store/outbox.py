"""The outbox: a committed change that must be seen is a row here, written in its own transaction; the relay publishes and marks it.

Rows are taken unmarked and locked, in whatever order they were committed, never as "ids above the last": ids do not commit in order.
The relay polls: a NOTIFY makes PostgreSQL commit one after the other (50 writers: 2,000 commits/s with it, 5,200 without).
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from contest.ids import ContestId
from contest.store.connect import Connection
from contest.wire.between import Topic

KEPT = timedelta(days=1)
"""How long published rows stay: long enough to announce again what a failover of Redis lost, and to look into the next morning."""
FORGET_BATCH = 1_000
"""Rows deleted at once, about 5 ms: publishing waits for no more than that."""


SELECT = "SELECT id, contest_id, topic, subject, body, created_at, published_at FROM podium_outbox"


class OutboxRow(NamedTuple):
    """`created_at`: when its transaction began. `published_at`: None unless it is taken up again (`published_since`)."""

    id: int
    contest_id: ContestId
    topic: Topic
    subject: str | None
    body: dict[str, Any]
    created_at: datetime
    published_at: datetime | None = None


async def add(
    connection: Connection, contest_id: ContestId, topic: Topic, body: Mapping[str, Any] | None = None, subject: str | None = None
) -> None:
    """Say `topic` (contest/wire/between.py) once the caller's transaction commits; nothing is said if it does not.

    `subject`: the UUID of the submission or user that the topic is about. `body` must go into JSON.
    """
    await connection.execute(
        "INSERT INTO podium_outbox (contest_id, topic, subject, body) VALUES ($1, $2, $3, $4)",
        contest_id, topic, subject, dict(body or {}),
    )  # fmt: skip


async def add_all(connection: Connection, said: Iterable[tuple[str, Topic, Mapping[str, Any], str | None]]) -> None:
    """Several at once: (contest_id, topic, body, subject) of each."""
    await connection.executemany("INSERT INTO podium_outbox (contest_id, topic, body, subject) VALUES ($1, $2, $3, $4)", said)


async def is_waiting(connection: Connection) -> bool:
    """Whether there is a row to be published. What the poll costs: 0.1 ms, from the partial index."""
    found: bool = await connection.fetchval("SELECT EXISTS (SELECT 1 FROM podium_outbox WHERE published_at IS NULL)")
    return found


@asynccontextmanager
async def taken(connection: Connection, limit: int) -> AsyncIterator[list[OutboxRow]]:
    """At most `limit` unmarked rows, locked against other takers, in order of id; marked when the block ends well.

    If the block raises or the process dies, they stay unmarked and are taken again: publishing is at least once.
    """
    async with connection.transaction():
        records = await connection.fetch(SELECT + " WHERE published_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED", limit)
        yield [OutboxRow(**record) for record in records]
        if records:
            await mark(connection, [record["id"] for record in records])


async def mark(connection: Connection, ids: list[int]) -> None:
    await connection.execute("UPDATE podium_outbox SET published_at = statement_timestamp() WHERE id = ANY($1)", ids)


async def published_since(connection: Connection, age: timedelta, revoked_age: timedelta, limit: int) -> AsyncIterator[list[OutboxRow]]:
    """The rows published in the last `age`, in the order in which they were, `limit` at a time: what a failover of Redis may have lost.

    Revocations of the last `revoked_age` are among them.
    """
    async with connection.transaction():
        since = "published_at > clock_timestamp() - $1::interval"
        revoked = "topic = 'session.revoked' AND published_at > clock_timestamp() - $2::interval"
        cursor = await connection.cursor(f"{SELECT} WHERE {since} OR ({revoked}) ORDER BY published_at, id", age, revoked_age)
        while records := await cursor.fetch(limit):
            yield [OutboxRow(**record) for record in records]


async def waiting(connection: Connection) -> int:
    """How many rows wait to be published."""
    count: int = await connection.fetchval("SELECT count(*) FROM podium_outbox WHERE published_at IS NULL")
    return count


async def forget_old(connection: Connection, age: timedelta = KEPT, limit: int = FORGET_BATCH) -> int:
    """Delete at most `limit` rows that were published longer than `age` ago, the oldest first; how many. `limit`: there may be more."""
    deleted: str = await connection.execute(
        "DELETE FROM podium_outbox WHERE id = ANY(ARRAY("
        "SELECT id FROM podium_outbox WHERE published_at < clock_timestamp() - $1::interval ORDER BY published_at LIMIT $2))",
        age, limit,
    )  # fmt: skip
    return int(deleted.rpartition(" ")[2])
