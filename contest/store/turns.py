"""A participant's own time in contest seconds, once as SQL for the statements that decide by it, and once as what the browser is told.

`begins = started_s (own time only) + delay_s`, `ends = begins + total * factor + extra_s`, where `total` is the contest's duration, or the
own time as far as the duration leaves room for it. Delay and extra time are the participant's and the largest of their groups' together.
"""

from typing import Any

from msgspec import Struct

from contest.errors import not_found
from contest.store.connect import Connection
from contest.wire.times import rfc3339

# Of the rows c (podium_contest), p (podium_participant) and the number {started_s} (null: not started).
DELAY_S = "(p.delay_s + coalesce((SELECT max(g.delay_s) FROM podium_group g WHERE g.id = ANY(p.group_ids)), 0))"
EXTRA_S = "(p.extra_time_s + coalesce((SELECT max(g.extra_time_s) FROM podium_group g WHERE g.id = ANY(p.group_ids)), 0))"
BEGINS_S = "(CASE WHEN c.own_time_s IS NULL THEN 0 ELSE {started_s} END + " + DELAY_S + ")"
TOTAL_S = "CASE WHEN c.own_time_s IS NULL THEN c.duration_s ELSE least(c.own_time_s, c.duration_s - {started_s}) END"
ENDS_S = f"({BEGINS_S} + greatest(0, {TOTAL_S}) * p.time_factor + {EXTRA_S})"
CLOCK_S = "(c.clock_contest_s + extract(epoch FROM {now} - c.clock_at)::float8 * c.clock_rate)"

# An attempt of before has no started_s: what the clock shows runs from the contest's start then.
STARTED_S = "coalesce(b.started_s, extract(epoch FROM a.started_at - c.started_at)::float8)"


class Turn(Struct, frozen=True):
    """What of one's time is one's own, in contest seconds. `handed_in_at`: RFC 3339."""

    delay_s: int
    extra_s: int
    factor: float
    started_s: float | None
    handed_in_at: str | None


class OwnTime(Struct, frozen=True):
    """`now_s`: the contest's clock. `begins_s` and `ends_s` None: one has to start first."""

    turn: Turn
    now_s: float | None
    begins_s: float | None
    ends_s: float | None


OF_PARTICIPANT = f"""
SELECT {DELAY_S} AS delay_s, {EXTRA_S} AS extra_s, p.time_factor AS factor,
       CASE WHEN a.id IS NOT NULL THEN {STARTED_S} END AS started_s, a.submitted_at,
       {CLOCK_S.format(now="$2")} AS now_s,
       {BEGINS_S.format(started_s=STARTED_S)} AS begins_s, {ENDS_S.format(started_s=STARTED_S)} AS ends_s
  FROM podium_participant p
  JOIN podium_contest c ON c.contest_id = p.contest_id
  LEFT JOIN attempts_attempt a ON a.participant_id = p.participant_id
  LEFT JOIN podium_attempt b ON b.attempt_id = a.id
 WHERE p.participant_id = $1
"""  # noqa: S608 - nothing from outside is in it


async def of_participant(connection: Connection, participant_id: str, now: Any) -> OwnTime:
    """Raises Refusal 404."""
    row = await connection.fetchrow(OF_PARTICIPANT, participant_id, now)
    if row is None:
        raise not_found("participant")
    turn = Turn(row["delay_s"], row["extra_s"], row["factor"], row["started_s"], rfc3339(row["submitted_at"]))
    return OwnTime(turn, row["now_s"], row["begins_s"], row["ends_s"])
