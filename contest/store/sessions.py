"""Log-ins, and what was taken back: sessions that were ended, and people to whom everything given before a moment counts no more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from contest.ended import EndedSession, Revocation
from contest.ids import ContestId, UserId
from contest.store.connect import Connection

Kind = Literal["password", "code", "external"]
FORGET_BATCH = 1_000
REVOCATIONS_KEPT = timedelta(days=400)
"""Longer than any access token lives (a year, by `podium token`)."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(seconds=15)
"""Whoever asks for the news looks back over this: a transaction may commit what it wrote this long ago."""


class Session(NamedTuple):
    """A log-in. `contest_id` None: staff's."""

    id: str
    user_id: UserId
    kind: Kind
    contest_id: ContestId | None
    address: str
    expires_at: datetime


async def begin(connection: Connection, session: Session) -> None:
    await connection.execute(
        "INSERT INTO podium_session (id, user_id, kind, contest_id, address, expires_at) VALUES ($1, $2, $3, $4, $5, $6)", *session
    )


_END = "UPDATE podium_session SET ended_at = clock_timestamp() WHERE ended_at IS NULL AND expires_at > now() AND "
_ENDED = " RETURNING id, user_id, expires_at, ended_at"


async def end(connection: Connection, session_id: str) -> list[EndedSession]:
    """End this one; none is given back if it had ended before."""
    return [EndedSession(*row) for row in await connection.fetch(f"{_END} id = $1 {_ENDED}", session_id)]


async def end_all_of(connection: Connection, user_id: str, but: str | None = None) -> list[EndedSession]:
    """End every session of a person, in whatever contest, `but` one."""
    found = await connection.fetch(f"{_END} user_id = $1 AND id IS DISTINCT FROM $2::uuid {_ENDED}", user_id, but)
    return [EndedSession(*row) for row in found]


async def end_by_code(connection: Connection, contest_id: str, user_ids: Sequence[str]) -> list[EndedSession]:
    """End the sessions that these people began with a code for this contest."""
    found = await connection.fetch(f"{_END} user_id = ANY($1) AND contest_id = $2 AND kind = 'code' {_ENDED}", user_ids, contest_id)
    return [EndedSession(*row) for row in found]


async def revoke(connection: Connection, user_id: str, contest_id: str | None, reason: str) -> Revocation:
    """From now on nothing counts that this person was given, in `contest_id` or (None) anywhere. What they are given after it does."""
    row = await connection.fetchrow(
        "INSERT INTO podium_revocation (user_id, contest_id, reason) VALUES ($1, $2, $3) RETURNING user_id, contest_id, at, reason",
        user_id, contest_id, reason,
    )  # fmt: skip
    assert row is not None
    return Revocation(*row)


async def ended_since(connection: Connection, since: datetime, limit: int) -> list[EndedSession]:
    """Sessions ended at or after `since` that would still be good, the last to expire first."""
    found = await connection.fetch(
        "SELECT id, user_id, expires_at, ended_at FROM podium_session WHERE ended_at >= $1 AND expires_at > now()"
        " ORDER BY expires_at DESC LIMIT $2",
        since, limit,
    )  # fmt: skip
    return [EndedSession(*row) for row in found]


async def revoked_since(connection: Connection, since: datetime, limit: int) -> list[Revocation]:
    """Revocations at or after `since`, the newest first."""
    found = await connection.fetch(
        "SELECT user_id, contest_id, at, reason FROM podium_revocation WHERE at >= $1 ORDER BY at DESC LIMIT $2", since, limit
    )
    return [Revocation(*row) for row in found]


async def forget_old(connection: Connection, limit: int = FORGET_BATCH) -> int:
    """Delete at most `limit` sessions that expired more than a day ago, and as many revocations that outlived every token; how many."""
    sessions: str = await connection.execute(
        "DELETE FROM podium_session WHERE id IN ("
        "SELECT id FROM podium_session WHERE expires_at < now() - interval '1 day' ORDER BY expires_at LIMIT $1)",
        limit,
    )
    revocations: str = await connection.execute(
        "DELETE FROM podium_revocation WHERE id IN ("
        "SELECT id FROM podium_revocation WHERE at < now() - $1::interval ORDER BY at LIMIT $2)",
        REVOCATIONS_KEPT, limit,
    )  # fmt: skip
    return max(int(done.rpartition(" ")[2]) for done in (sessions, revocations))
