"""Claims: who works on a submission or a clarification just now. At most one person does; a claim ends by itself.

The clock is PostgreSQL's: processes on machines whose clocks differ agree on who holds what.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from contest.errors import Refusal
from contest.store.connect import Connection
from contest.wire.times import rfc3339

LEASE_S = 600
"""Long enough to think about an answer and short enough to wait for when somebody has gone home; claiming again begins it anew."""

Subject = Literal["submission", "clarification"]


class Claim(Struct, frozen=True):
    """`until`: it is worth nothing from then on."""

    person_id: str
    until: datetime


# The row is locked before it is looked at: of two who claim at once, the second sees the first's.
TAKE = """
INSERT INTO podium_claim AS held (subject_kind, subject_id, contest_id, person_id, claimed_at, until)
VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp() + $5 * interval '1 second')
    ON CONFLICT (subject_kind, subject_id) DO UPDATE
   SET person_id = excluded.person_id, claimed_at = excluded.claimed_at, until = excluded.until
 WHERE held.person_id = excluded.person_id OR held.until <= clock_timestamp()
RETURNING person_id, until
"""
HELD = "SELECT person_id, until FROM podium_claim WHERE subject_kind = $1 AND subject_id = $2 AND until > clock_timestamp()"


async def take(connection: Connection, kind: Subject, subject_id: str, contest_id: str, person_id: str, lease_s: float = LEASE_S) -> Claim:
    """Claim it, or hold it for longer. Raises Refusal 409 `claim.held`: somebody else does."""
    row = await connection.fetchrow(TAKE, kind, subject_id, contest_id, person_id, lease_s)
    if row is None:
        raise _held(await held(connection, kind, subject_id))
    return Claim(**row)


async def held(connection: Connection, kind: Subject, subject_id: str) -> Claim | None:
    """Who holds it now."""
    row = await connection.fetchrow(HELD, kind, subject_id)
    return None if row is None else Claim(**row)


async def check(connection: Connection, kind: Subject, subject_id: str, person_id: str) -> None:
    """The claim is this person's, also one that ran out if nobody else has taken it since; it stays so until the transaction ends.
    Raises Refusal 409: `claim.held` by somebody else, `claim.none`."""
    row = await connection.fetchrow(
        "SELECT person_id, until FROM podium_claim WHERE subject_kind = $1 AND subject_id = $2 FOR UPDATE", kind, subject_id
    )
    if row is None:
        raise Refusal(409, "claim.none", f"Claim the {kind} first, so that nobody else works on it.")
    if row["person_id"] != person_id:
        raise _held(Claim(**row))


async def release(connection: Connection, kind: Subject, subject_id: str, person_id: str) -> bool:
    """Give it back; False if it was not claimed. Raises Refusal 409 `claim.held`: somebody else holds it."""
    gone = await connection.fetchval(
        "DELETE FROM podium_claim WHERE subject_kind = $1 AND subject_id = $2 AND person_id = $3 RETURNING 1", kind, subject_id, person_id
    )
    if gone is None and (other := await held(connection, kind, subject_id)) is not None:
        raise _held(other)
    return gone is not None


def _held(claim: Claim | None) -> Refusal:
    until = f" until {rfc3339(claim.until)}" if claim else ""
    return Refusal(409, "claim.held", f"Somebody else works on it{until}.")
