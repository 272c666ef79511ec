"""Answers while they are worked on: the last one of each question, and what of another device it replaced.

They stand where the monolith's readers look (attempts_answer); version, device and contest time are ours, beside it. Saving decides in the
INSERT itself whether there is still time: nothing is stored after a committed end, hand-in or removal.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from contest.errors import Refusal
from contest.ids import QuestionId, uuid7
from contest.store import attempts, outbox
from contest.store.attempts import Attempt
from contest.store.connect import Connection
from contest.store.turns import BEGINS_S, CLOCK_S, ENDS_S, STARTED_S
from contest.wire.times import rfc3339
from contest.wire.to_browser import AnswerSaved


class Saved(Struct, frozen=True):
    """An answer as it stands. `value` None: emptied."""

    question_id: QuestionId
    value: Any
    version: int
    device: str
    saved_at: datetime


SELECT = """
SELECT a.question_id, a.value, coalesce(p.version, 1) AS version, coalesce(p.device, '') AS device, a.saved_at
  FROM attempts_answer a LEFT JOIN podium_answer p ON p.attempt_id = a.attempt_id AND p.question_id = a.question_id
 WHERE a.attempt_id = $1
"""

# The share locks wait for whoever ends the contest or removes the participant just now, and look again after. A pause does not stop saving.
# $1: the attempt, $5: now. Gives its row when there is time to work, else none.
ALLOWED = f"""allowed AS (
    SELECT a.id AS attempt_id, a.contest_id, {CLOCK_S.format(now="$5")} AS at_s
      FROM attempts_attempt a
      JOIN podium_contest c ON c.contest_id = a.contest_id
      JOIN podium_participant p ON p.participant_id = a.participant_id
     CROSS JOIN LATERAL (SELECT (SELECT started_s FROM podium_attempt WHERE attempt_id = a.id) AS started_s) b
     WHERE a.id = $1 AND a.status = 'ongoing' AND p.removed_at IS NULL AND c.started_at IS NOT NULL AND c.ended_at IS NULL
       AND {CLOCK_S.format(now="$5")} >= {BEGINS_S.format(started_s=STARTED_S)}
       AND {CLOCK_S.format(now="$5")} < {ENDS_S.format(started_s=STARTED_S)}
       FOR SHARE OF a, c, p)"""  # noqa: S608 - nothing from outside is in it
SAVE = f"""
WITH {ALLOWED},
stored AS (
    INSERT INTO attempts_answer (id, attempt_id, question_id, value, saved_at)
    SELECT $3, attempt_id, $2, coalesce($4::jsonb, 'null'::jsonb), $5 FROM allowed
        ON CONFLICT (attempt_id, question_id) DO UPDATE SET value = excluded.value, saved_at = excluded.saved_at
    RETURNING attempt_id, question_id)
INSERT INTO podium_answer (attempt_id, question_id, version, device, contest_time_s)
SELECT stored.attempt_id, stored.question_id, $6, $7, allowed.at_s FROM stored, allowed
    ON CONFLICT (attempt_id, question_id) DO UPDATE
       SET version = excluded.version, device = excluded.device, contest_time_s = excluded.contest_time_s
RETURNING version
"""  # noqa: S608 - nothing from outside is in it


async def of_attempt(connection: Connection, attempt_id: str) -> list[Saved]:
    return [Saved(**row) for row in await connection.fetch(SELECT + " ORDER BY a.question_id", attempt_id)]


async def one(connection: Connection, attempt_id: str, question_id: str) -> Saved | None:
    row = await connection.fetchrow(SELECT + " AND a.question_id = $2", attempt_id, question_id)
    return None if row is None else Saved(**row)


def shape(saved: Saved) -> dict[str, Any]:
    return {"question_id": saved.question_id, "value": saved.value, "version": saved.version, "saved_at": rfc3339(saved.saved_at)}


async def save(
    connection: Connection, attempt: Attempt, question_id: str, value: Any, base_version: int, device: str, now: datetime
) -> tuple[int, Saved | None]:
    """Store `value` for `attempt` (loaded with `locked`): its version, and whose work it replaced that was not known at `base_version`.

    What a device says again because the answer was lost on the line makes no second version, and is told the same.

    Raises Refusal 409: handed in, or not this participant's time.
    """
    attempts.check_open(attempt)
    before = await one(connection, attempt.id, question_id)
    known = 0 if before is None else before.version
    unheard = await _replaced(connection, attempt, question_id, base_version, device) if known > base_version else None
    is_again = before is not None and known > base_version and (before.value, before.device) == (value, device)
    version = known if is_again else known + 1
    stored = await connection.fetchval(SAVE, attempt.id, question_id, uuid7(), value, now, version, device)
    if stored is None:
        raise too_late()
    await attempts.add_device(connection, attempt, device)
    if is_again:
        return version, unheard
    if {*attempt.devices, device} - {device}:
        told = AnswerSaved(question_id, version, device, rfc3339(now))
        await outbox.add(connection, attempt.contest_id, "inbox", to_builtins(told), attempt.user_id)
    lost = before if before is not None and before.version > base_version and before.device != device else None
    if lost is not None:
        await _keep(connection, attempt, lost)
    return version, lost or unheard


async def _replaced(connection: Connection, attempt: Attempt, question_id: str, base_version: int, device: str) -> Saved | None:
    """What of another device was replaced last since `base_version`: who saves may not have heard, the line loses answers."""
    row = await connection.fetchrow(
        "SELECT question_id, value, version, device, saved_at FROM podium_answer_overwritten"
        " WHERE attempt_id = $1 AND question_id = $2 AND version > $3 AND device <> $4 ORDER BY version DESC LIMIT 1",
        attempt.id, question_id, base_version, device,
    )  # fmt: skip
    return None if row is None else Saved(**row)


def too_late() -> Refusal:
    return Refusal(409, "contest.not_running", "The contest does not take answers of this participant now.")


async def _keep(connection: Connection, attempt: Attempt, lost: Saved) -> None:
    await connection.execute(
        "INSERT INTO podium_answer_overwritten (attempt_id, question_id, version, value, device, saved_at)"
        " VALUES ($1, $2, $3, coalesce($4::jsonb, 'null'::jsonb), $5, $6) ON CONFLICT DO NOTHING",
        attempt.id, lost.question_id, lost.version, lost.value, lost.device, lost.saved_at,
    )  # fmt: skip


def told_overwritten(lost: Saved | None) -> Mapping[str, Any] | None:
    if lost is None:
        return None
    return {"version": lost.version, "value": lost.value, "device": lost.device, "saved_at": rfc3339(lost.saved_at)}
