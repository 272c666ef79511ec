"""A participant's own time in contest seconds, once as SQL for the statements that decide by it, and once as what the browser is told.

`begins = started_s (own time only) + delay_s`, `ends = begins + total * factor + extra_s`, where `total` is the contest's duration, or the
own time as far as the duration leaves room for it. Delay and extra time are the participant's and the largest of their groups' together.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct, to_builtins

from contest.domain.schedule import Turn as Turn
from contest.errors import not_found
from contest.ids import ContestId, ParticipantId, UserId
from contest.store import outbox
from contest.store.connect import Connection
from contest.wire.times import rfc3339
from contest.wire.to_browser import TurnChanged

# Of the rows c (podium_contest), p (podium_participant) and the number {started_s} (null: not started).
DELAY_S = "(p.delay_s + coalesce((SELECT max(g.delay_s) FROM podium_group g WHERE g.id = ANY(p.group_ids)), 0))"
EXTRA_S = "(p.extra_time_s + coalesce((SELECT max(g.extra_time_s) FROM podium_group g WHERE g.id = ANY(p.group_ids)), 0))"
BEGINS_S = "(CASE WHEN c.own_time_s IS NULL THEN 0 ELSE {started_s} END + " + DELAY_S + ")"
TOTAL_S = "CASE WHEN c.own_time_s IS NULL THEN c.duration_s ELSE least(c.own_time_s, c.duration_s - {started_s}) END"
ENDS_S = f"({BEGINS_S} + greatest(0, {TOTAL_S}) * p.time_factor + {EXTRA_S})"
CLOCK_S = "(c.clock_contest_s + extract(epoch FROM {now} - c.clock_at)::float8 * c.clock_rate)"

# An attempt of before has no started_s: what the clock shows runs from the contest's start then.
STARTED_S = "coalesce(b.started_s, extract(epoch FROM a.started_at - c.started_at)::float8)"


# Of the participants of the contest {of}: when the last one is through. Who has not started, or has handed in, keeps nobody waiting.
LAST_END_S = f"""
(SELECT coalesce(max({ENDS_S.format(started_s=STARTED_S)}), 0)
   FROM podium_contest c
   JOIN podium_participant p ON p.contest_id = c.contest_id AND p.removed_at IS NULL
   LEFT JOIN attempts_attempt a ON a.participant_id = p.participant_id
   LEFT JOIN podium_attempt b ON b.attempt_id = a.id
  WHERE c.contest_id = {{of}} AND coalesce(a.status, 'ongoing') = 'ongoing')"""  # noqa: S608 - nothing from outside is in it


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
    return OwnTime(_turn(row), row["now_s"], row["begins_s"], row["ends_s"])


def _turn(row: Mapping[str, Any]) -> Turn:
    return Turn(row["delay_s"], row["extra_s"], row["factor"], row["started_s"], rfc3339(row["submitted_at"]))


OF_MANY = f"""
SELECT who.id AS participant_id, who.user_id, p.group_ids, {DELAY_S} AS delay_s, {EXTRA_S} AS extra_s, p.time_factor AS factor,
       CASE WHEN a.id IS NOT NULL THEN {STARTED_S} END AS started_s, a.submitted_at
  FROM contests_participant who
  JOIN podium_participant p ON p.participant_id = who.id
  JOIN podium_contest c ON c.contest_id = p.contest_id
  LEFT JOIN attempts_attempt a ON a.participant_id = p.participant_id
  LEFT JOIN podium_attempt b ON b.attempt_id = a.id
 WHERE who.contest_id = $1 AND p.removed_at IS NULL
"""  # noqa: S608 - nothing from outside is in it


class Taker(NamedTuple):
    """One who takes part, with their turn."""

    participant_id: ParticipantId
    group_ids: tuple[str, ...]
    turn: Turn


async def of_contest(connection: Connection, contest_id: str) -> list[Taker]:
    """Everybody who takes part, with one query."""
    rows = await connection.fetch(OF_MANY, contest_id)
    return [Taker(row["participant_id"], tuple(row["group_ids"]), _turn(row)) for row in rows]


async def of_users(connection: Connection, contest_id: ContestId, users: Iterable[UserId] | None = None) -> dict[UserId, Turn]:
    """The turns of these users of the contest (None: of everybody)."""
    asked = None if users is None else list(users)
    rows = await connection.fetch(OF_MANY + " AND ($2::uuid[] IS NULL OR who.user_id = ANY($2))", contest_id, asked)
    return {row["user_id"]: _turn(row) for row in rows}


async def tell(connection: Connection, contest_id: str, *, participants: Iterable[str] = (), group: str | None = None) -> int:
    """These participants, and those of the group, hear what their own time is now; how many heard. To be called after the change."""
    where = " AND (p.participant_id = ANY($2::uuid[]) OR $3::uuid = ANY(p.group_ids))"
    rows = await connection.fetch(OF_MANY + where, contest_id, list(participants), group)
    await outbox.add_all(connection, [(contest_id, "inbox", to_builtins(TurnChanged(_turn(row))), row["user_id"]) for row in rows])
    return len(rows)
