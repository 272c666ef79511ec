"""Attempts: one per participant, from the moment they start."""

from datetime import datetime
from typing import Any

from contest.ids import AttemptId, uuid7
from contest.store import audit
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.wire.times import rfc3339


async def begin(
    connection: Connection, contest_id: str, participant_id: str, at: datetime, actor: Actor
) -> tuple[AttemptId, datetime, bool]:
    """The attempt of this participant, when it was started, and whether that was now. Of several calls at once one starts it."""
    new = AttemptId(uuid7())
    stored = await connection.fetchval(
        "INSERT INTO attempts_attempt (id, contest_id, participant_id, status, started_at) VALUES ($1, $2, $3, 'ongoing', $4)"
        " ON CONFLICT (participant_id) DO NOTHING RETURNING id",
        new, contest_id, participant_id, at,
    )  # fmt: skip
    if stored is None:
        row: Any = await connection.fetchrow("SELECT id, started_at FROM attempts_attempt WHERE participant_id = $1", participant_id)
        return row["id"], row["started_at"], False
    after = {"attempt_id": new, "started_at": rfc3339(at)}
    await audit.write(connection, actor, "attempt.started", contest_id, participant_id, None, after)
    return new, at, True
