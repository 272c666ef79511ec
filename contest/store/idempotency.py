"""What a request with an Idempotency-Key was answered: kept in the transaction of its change, so both are there or neither."""

from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from contest.errors import Refusal
from contest.store.connect import Connection

KEPT = timedelta(days=1)
"""A client that tries again after a day has to look what became of its request."""
FORGET_BATCH = 1_000
"""Answers deleted at once: some 10 ms, so that nobody who works under a key waits for it."""


class Kept(NamedTuple):
    status: int
    response: bytes


class Key(NamedTuple):
    """A key counts for one person and path."""

    person_id: str
    path: str
    key: str
    body_sha256: bytes


async def earlier(connection: Connection, key: Key) -> Kept | None:
    """What this key was answered before, waiting for one that is being worked on. Raises Refusal 422: it came with another body.

    Takes a lock on the key until the transaction ends: of several at once exactly one is executed.
    """
    name = "\n".join(key[:3]).encode()
    lock = int.from_bytes(sha256(name).digest()[:8], "big", signed=True)
    await connection.execute("SELECT pg_advisory_xact_lock($1)", lock)
    row = await connection.fetchrow(
        "SELECT body_sha256, status, response FROM podium_idempotency WHERE person_id = $1 AND path = $2 AND key = $3", *key[:3]
    )
    if row is None:
        return None
    if row["body_sha256"] != key.body_sha256:
        raise Refusal(422, "idempotency.mismatch", "This Idempotency-Key was used with another body.")
    return Kept(row["status"], row["response"])


async def keep(connection: Connection, key: Key, kept: Kept) -> None:
    await connection.execute(
        "INSERT INTO podium_idempotency (person_id, path, key, body_sha256, status, response) VALUES ($1, $2, $3, $4, $5, $6)",
        *key, kept.status, kept.response,
    )  # fmt: skip


async def forget_old(connection: Connection, limit: int = FORGET_BATCH) -> int:
    """Delete at most `limit` answers older than KEPT, the oldest first; how many. `limit`: there may be more."""
    deleted: str = await connection.execute(
        "DELETE FROM podium_idempotency WHERE (person_id, path, key) IN ("
        "SELECT person_id, path, key FROM podium_idempotency WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT $2)",
        KEPT, limit,
    )  # fmt: skip
    return int(deleted.rpartition(" ")[2])
