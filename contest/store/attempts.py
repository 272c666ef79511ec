"""Attempts: one per participant, from the moment they start to the moment they hand in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from contest.errors import Refusal, not_found
from contest.ids import AttemptId, ContestId, UserId, uuid7
from contest.store import audit, turns
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.wire.times import rfc3339

DEVICES_MOST = 20
"""Device names kept of an attempt: enough for everybody who changes devices, and for one who makes them up no more than 2 kB."""

SELECT = """
SELECT a.id, a.contest_id, a.participant_id, p.user_id, a.status, a.started_at, a.submitted_at, b.started_s, b.consented_at, b.collected_at,
       coalesce(b.devices, '{}') AS devices
  FROM attempts_attempt a
  JOIN contests_participant p ON p.id = a.participant_id
  JOIN podium_participant q ON q.participant_id = a.participant_id AND q.removed_at IS NULL
  LEFT JOIN podium_attempt b ON b.attempt_id = a.id
"""


class Attempt(Struct, frozen=True):
    """`submitted_at`: handed in. `started_s`: on the contest's clock; None: of before such was noted."""

    id: AttemptId
    contest_id: ContestId
    participant_id: str
    user_id: UserId
    status: str
    started_at: datetime
    submitted_at: datetime | None
    started_s: float | None
    consented_at: datetime | None
    collected_at: datetime | None
    devices: list[str]

    @property
    def handed_in(self) -> bool:
        return self.status != "ongoing"


def shape(attempt: Attempt | None) -> dict[str, Any] | None:
    """As its contestant sees it."""
    if attempt is None:
        return None
    return {"id": attempt.id, "started_at": rfc3339(attempt.started_at), "handed_in_at": rfc3339(attempt.submitted_at)}


async def load(connection: Connection, attempt_id: str, *, locked: bool = False) -> Attempt:
    """`locked`: nothing is saved, handed in or collected of it meanwhile. Raises Refusal 404, also when the participant was removed."""
    if locked:  # on its own: see store.contests.load
        await connection.execute("SELECT 1 FROM attempts_attempt WHERE id = $1 FOR UPDATE", attempt_id)
    row = await connection.fetchrow(SELECT + " WHERE a.id = $1", attempt_id)
    if row is None:
        raise not_found("attempt")
    return Attempt(**row)


async def of_participant(connection: Connection, participant_id: str) -> Attempt | None:
    row = await connection.fetchrow(SELECT + " WHERE a.participant_id = $1", participant_id)
    return None if row is None else Attempt(**row)


async def begin(
    connection: Connection, participant: Mapping[str, Any], at: datetime, at_s: float, consented: bool, device: str | None, actor: Actor
) -> tuple[Attempt, bool]:
    """The attempt of this participant, and whether it was started now. Of several calls at once one starts it.

    `consented`: they agreed to the contest's terms with this call.
    """
    new = AttemptId(uuid7())
    stored = await connection.fetchval(
        "INSERT INTO attempts_attempt (id, contest_id, participant_id, status, started_at) VALUES ($1, $2, $3, 'ongoing', $4)"
        " ON CONFLICT (participant_id) DO NOTHING RETURNING id",
        new, participant["contest_id"], participant["id"], at,
    )  # fmt: skip
    found = await of_participant(connection, participant["id"])
    assert found is not None, "it was inserted, now or before"
    await _note(connection, found, at if consented else None, at_s if stored else None, device)
    if stored is not None:
        after = {"attempt_id": new, "started_at": rfc3339(at), "consented": consented}
        await audit.write(connection, actor, "attempt.started", participant["contest_id"], participant["id"], None, after)
        await turns.tell(connection, participant["contest_id"], participants=[participant["id"]])
    return await load(connection, found.id), stored is not None


async def _note(connection: Connection, attempt: Attempt, consented_at: datetime | None, at_s: float | None, device: str | None) -> None:
    """What Podium keeps beside the monolith's row. What is known already stays."""
    await connection.execute(
        "INSERT INTO podium_attempt (attempt_id, contest_id, consented_at, started_s, devices)"
        " VALUES ($1, $2, $3, $4, array_remove(ARRAY[$5], NULL))"
        " ON CONFLICT (attempt_id) DO UPDATE SET consented_at = coalesce(podium_attempt.consented_at, excluded.consented_at)",
        attempt.id, attempt.contest_id, consented_at, at_s, device,
    )  # fmt: skip
    if device is not None:
        await add_device(connection, attempt, device)


async def add_device(connection: Connection, attempt: Attempt, device: str) -> None:
    """Note that the attempt goes on at `device` as well."""
    if device in attempt.devices or len(attempt.devices) >= DEVICES_MOST:
        return
    await connection.execute(
        "INSERT INTO podium_attempt (attempt_id, contest_id, devices) VALUES ($1, $2, ARRAY[$3::text])"
        " ON CONFLICT (attempt_id) DO UPDATE SET devices = podium_attempt.devices || $3::text"
        " WHERE NOT $3 = ANY(podium_attempt.devices)",
        attempt.id, attempt.contest_id, device,
    )  # fmt: skip


def check_open(attempt: Attempt) -> None:
    """Raises Refusal 409: it was handed in."""
    if attempt.handed_in:
        raise Refusal(409, "attempt.handed_in", "This attempt was handed in; nothing can be changed any more.")
