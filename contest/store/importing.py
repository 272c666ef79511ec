"""Reads and writes many participants at once: sets of rows, BATCH at a time, so that no statement is long and the loop gets its turn."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from contest.domain.importing import KnownGroup, Plan, Someone
from contest.errors import Refusal
from contest.ids import ContestId
from contest.store import audit, outbox, turns
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.uniques import taken

BATCH = 2_000
"""Rows of one statement: some 50 ms, of which the loop is held up for 5."""

T = TypeVar("T")


async def hold(connection: Connection, contest_id: str) -> None:
    """Of several imports into one contest, one goes first until its transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 8))", contest_id)


KNOWN = """
SELECT p.participant_id AS id, c.display_name AS name, p.external_id, p.group_ids, p.ranked, p.hidden, p.delay_s, p.extra_time_s,
       p.time_factor, p.accommodation, p.version, p.removed_at IS NOT NULL AS removed
  FROM podium_participant p JOIN contests_participant c ON c.id = p.participant_id
 WHERE p.contest_id = $1 AND p.external_id = ANY($2::text[])
"""


async def known(connection: Connection, contest_id: str, external_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Those who have one of these ids, the removed as well. They are not locked: while they are, they can neither save nor submit."""
    found: list[Mapping[str, Any]] = []
    for batch in _batches(external_ids):
        found += await connection.fetch(KNOWN, contest_id, batch)
    return found


async def called(connection: Connection, contest_id: str, names: Sequence[str]) -> list[str]:
    """Which of these names are somebody's in the contest."""
    rows = await connection.fetch(
        "SELECT DISTINCT c.display_name AS name FROM contests_participant c JOIN podium_participant p ON p.participant_id = c.id"
        " WHERE c.contest_id = $1 AND p.removed_at IS NULL AND c.display_name = ANY($2::text[])",
        contest_id, list(names),
    )  # fmt: skip
    return [row["name"] for row in rows]


def someone(row: Mapping[str, Any]) -> Someone:
    return Someone(**{**row, "group_ids": tuple(row["group_ids"])})


def known_group(row: Mapping[str, Any]) -> KnownGroup:
    return KnownGroup(row["id"], row["name"], row["hidden"], row["delay_s"], row["extra_time_s"])


async def write(
    connection: Connection, contest_id: ContestId, plan: Plan, user_ids: Sequence[str], actor: Actor, noted: Mapping[str, Any]
) -> None:
    """All of the plan. `user_ids`: of the new ones. `noted`: for the audit. Raises Refusal 409: an external id was taken, or
    somebody was changed, since the plan was made. Those who are changed come last: they can save nothing until the transaction ends."""
    await _make_groups(connection, contest_id, plan.groups_new)
    with taken("participant"):
        for new, users in zip(_batches(plan.new), _batches(user_ids), strict=True):
            await _add(connection, contest_id, new, users)
    await audit.write(connection, actor, "participant.imported", contest_id, None, None, noted)
    if plan.new or plan.changed or plan.groups_new:
        await outbox.add(connection, contest_id, "board.changed", {"fresh": plan.fresh})
    for changed in _batches(plan.changed):
        await _change(connection, changed)
    for participants in _batches(plan.own_times):
        await turns.tell(connection, contest_id, participants=participants)


async def _make_groups(connection: Connection, contest_id: str, groups: Sequence[KnownGroup]) -> None:
    await connection.execute(
        "INSERT INTO podium_group (id, contest_id, name) SELECT id::uuid, $1, name FROM unnest($2::text[], $3::text[]) AS each (id, name)",
        contest_id, [group.id for group in groups], [group.name for group in groups],
    )  # fmt: skip


MEMBERS = "$1::text[], $2::text[], $3::bool[], $4::bool[], $5::int[], $6::int[], $7::float8[], $8::text[]"
NAMES = "id, group_ids, ranked, hidden, delay_s, extra_time_s, time_factor, accommodation"


def _columns(people: Sequence[Someone]) -> list[list[Any]]:
    """What MEMBERS are. Arrays of different lengths make no array of arrays: groups go as PostgreSQL writes them."""
    return [
        [each.id for each in people],
        [f"{{{','.join(each.group_ids)}}}" for each in people],
        [each.ranked for each in people],
        [each.hidden for each in people],
        [each.delay_s for each in people],
        [each.extra_time_s for each in people],
        [each.time_factor for each in people],
        [each.accommodation for each in people],
    ]


async def _add(connection: Connection, contest_id: str, people: Sequence[Someone], user_ids: Sequence[str]) -> None:
    await connection.execute(
        "INSERT INTO contests_participant (id, contest_id, user_id, display_name)"
        " SELECT id::uuid, $1, user_id::uuid, name FROM unnest($2::text[], $3::text[], $4::text[]) AS each (id, user_id, name)",
        contest_id, [each.id for each in people], user_ids, [each.name for each in people],
    )  # fmt: skip
    await connection.execute(
        f"INSERT INTO podium_participant (participant_id, contest_id, group_ids, ranked, hidden, delay_s, extra_time_s, time_factor,"  # noqa: S608
        " accommodation, external_id) SELECT id::uuid, $9, group_ids::uuid[], ranked, hidden, delay_s, extra_time_s, time_factor,"
        f" accommodation, external_id FROM unnest({MEMBERS}, $10::text[]) AS each ({NAMES}, external_id)",
        *_columns(people), contest_id, [each.external_id for each in people],
    )  # fmt: skip


async def _change(connection: Connection, people: Sequence[Someone]) -> None:
    done = await connection.execute(
        "UPDATE podium_participant p SET group_ids = each.group_ids::uuid[], ranked = each.ranked, hidden = each.hidden,"  # noqa: S608
        " delay_s = each.delay_s, extra_time_s = each.extra_time_s, time_factor = each.time_factor,"
        f" accommodation = each.accommodation, version = p.version + 1 FROM unnest({MEMBERS}, $9::bigint[]) AS each ({NAMES}, version)"
        " WHERE p.participant_id = each.id::uuid AND p.version = each.version AND p.removed_at IS NULL",
        *_columns(people), [each.version for each in people],
    )  # fmt: skip
    if int(done.rpartition(" ")[2]) != len(people):
        raise Refusal(
            409, "participant.changed", "Somebody has changed people of this file meanwhile; nothing was imported. Send it again."
        )
    await connection.execute(
        "UPDATE contests_participant c SET display_name = each.name FROM unnest($1::text[], $2::text[]) AS each (id, name)"
        " WHERE c.id = each.id::uuid AND c.display_name <> each.name",
        [each.id for each in people], [each.name for each in people],
    )  # fmt: skip


def _batches(rows: Sequence[T]) -> Iterator[list[T]]:
    for start in range(0, len(rows), BATCH):
        yield list(rows[start : start + BATCH])
