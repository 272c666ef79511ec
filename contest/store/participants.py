"""Participants of a contest. One who is removed stays in the tables (submissions point there) but is gone from every answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contest.domain.schedule import Turn
from contest.ended import Revocation
from contest.errors import Refusal, not_found
from contest.ids import ContestId, UserId
from contest.store import audit, outbox, sessions, turns
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.store.uniques import taken

SELECT = """
SELECT c.id, c.contest_id, c.user_id, c.display_name AS name, p.group_ids, p.ranked, p.hidden, p.delay_s, p.extra_time_s,
       p.time_factor, p.accommodation, p.external_id, p.version, p.code_hmac IS NOT NULL AS has_code
  FROM contests_participant c JOIN podium_participant p ON p.participant_id = c.id
 WHERE p.removed_at IS NULL
"""


TIMES = ("group_ids", "delay_s", "extra_time_s", "time_factor")
"""What one's own time depends on."""


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row)


async def load(connection: Connection, participant_id: str, *, locked: bool = False) -> dict[str, Any]:
    """Raises Refusal 404, also for one who was removed."""
    row = await connection.fetchrow(SELECT + " AND c.id = $1" + (" FOR UPDATE" if locked else ""), participant_id)
    if row is None:
        raise not_found("participant")
    return shape(row)


async def of_user(connection: Connection, contest_id: str, user_id: str) -> dict[str, Any]:
    """Who this user is in the contest, with their `turn`. Raises Refusal 403: not a participant, or removed."""
    row = await connection.fetchrow(SELECT + " AND c.contest_id = $1 AND c.user_id = $2", contest_id, user_id)
    if row is None:
        raise Refusal(403, "participant.none", "You are not a participant of this contest.")
    found = await turns.of_users(connection, ContestId(contest_id), [UserId(user_id)])
    return {**shape(row), "turn": found.get(UserId(user_id), Turn())}


async def is_of(connection: Connection, contest_id: str, participant_id: str) -> bool:
    """Whether there is such a participant in the contest, who was not removed."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM podium_participant WHERE participant_id = $2 AND contest_id = $1 AND removed_at IS NULL)",
        contest_id, participant_id,
    )  # fmt: skip
    return found


async def hold_external_id(connection: Connection, contest_id: str, external_id: str) -> None:
    """Of those who come with the same id at once, one goes first until its transaction ends: it makes who the others find."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{contest_id} {external_id}")


async def by_external_id(connection: Connection, contest_id: str, external_id: str) -> dict[str, Any] | None:
    """Raises Refusal 403: whoever had this id was removed."""
    row = await connection.fetchrow(SELECT + " AND c.contest_id = $1 AND p.external_id = $2", contest_id, external_id)
    gone = "SELECT EXISTS (SELECT 1 FROM podium_participant WHERE contest_id = $1 AND external_id = $2)"
    if row is None and await connection.fetchval(gone, contest_id, external_id):
        raise Refusal(403, "participant.none", "You are not a participant of this contest.")
    return None if row is None else shape(row)


LISTED = """ AND c.contest_id = $1
 AND ($2::text IS NULL OR strpos(lower(c.display_name), lower($2)) > 0 OR p.external_id = $2)
 AND ($3::uuid IS NULL OR $3 = ANY(p.group_ids)) AND ($4::bool IS NULL OR p.ranked = $4) AND ($5::bool IS NULL OR p.hidden = $5)
"""


async def listed(
    connection: Connection, contest_id: str, page: Page, search: str | None = None, group_id: str | None = None,
    ranked: bool | None = None, hidden: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
    """In the order in which they came. `search`: within the name, or the whole external id."""
    asked = (contest_id, search, group_id, ranked, hidden)
    return await paged(connection, SELECT + LISTED, "c.joined_at, c.id", asked, page, shape)


async def create(connection: Connection, participant: dict[str, Any], actor: Actor) -> None:
    """Raises Refusal 409: the user or external id is taken; 422: a group of another contest."""
    with taken("participant"):
        await connection.execute(
            "INSERT INTO contests_participant (id, contest_id, user_id, display_name) VALUES ($1, $2, $3, $4)",
            participant["id"], participant["contest_id"], participant["user_id"], participant["name"],
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO podium_participant (participant_id, contest_id, group_ids, ranked, hidden, delay_s, extra_time_s, external_id,"
            " time_factor, accommodation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            participant["id"], participant["contest_id"], participant["group_ids"], participant["ranked"], participant["hidden"],
            participant["delay_s"], participant["extra_time_s"], participant["external_id"], participant["time_factor"],
            participant["accommodation"],
        )  # fmt: skip
    await audit.write(connection, actor, "participant.created", participant["contest_id"], participant["id"], None, participant)
    await outbox.add(connection, participant["contest_id"], "board.changed", {"fresh": False})


async def update(connection: Connection, before: dict[str, Any], after: dict[str, Any], actor: Actor, *, fresh: bool) -> None:
    """`fresh`: the participant is hidden or shown by this. Who has other times than before hears of it."""
    await connection.execute("UPDATE contests_participant SET display_name = $2 WHERE id = $1", after["id"], after["name"])
    with taken("participant"):
        await connection.execute(
            "UPDATE podium_participant SET group_ids = $2, ranked = $3, hidden = $4, delay_s = $5, extra_time_s = $6, external_id = $7,"
            " time_factor = $8, accommodation = $9, version = $10 WHERE participant_id = $1",
            after["id"], after["group_ids"], after["ranked"], after["hidden"], after["delay_s"], after["extra_time_s"],
            after["external_id"], after["time_factor"], after["accommodation"], after["version"],
        )  # fmt: skip
    await audit.write(connection, actor, "participant.updated", after["contest_id"], after["id"], *audit.changed(before, after))
    await outbox.add(connection, after["contest_id"], "board.changed", {"fresh": fresh})
    if any(before.get(name) != after.get(name) for name in TIMES):
        await turns.tell(connection, after["contest_id"], participants=[after["id"]])


async def remove(connection: Connection, participant: dict[str, Any], actor: Actor, now: datetime) -> Revocation:
    """Off the board, out of the contest, sockets closed; what they were given for it counts no more."""
    await connection.execute("UPDATE podium_participant SET removed_at = $2 WHERE participant_id = $1", participant["id"], now)
    await audit.write(connection, actor, "participant.removed", participant["contest_id"], participant["id"], participant, None)
    await outbox.add(connection, participant["contest_id"], "board.changed", {"fresh": False})
    await outbox.add(connection, participant["contest_id"], "session.revoked", {"reason": "removed"}, participant["user_id"])
    return await sessions.revoke(connection, participant["user_id"], participant["contest_id"], "removed")


async def extend(connection: Connection, before: dict[str, Any], seconds: int, actor: Actor) -> dict[str, Any]:
    """More time for this one, who hears of it at once."""
    after = {**before, "extra_time_s": before["extra_time_s"] + seconds, "version": before["version"] + 1}
    await connection.execute(
        "UPDATE podium_participant SET extra_time_s = $2, version = $3 WHERE participant_id = $1",
        after["id"], after["extra_time_s"], after["version"],
    )  # fmt: skip
    await audit.write(connection, actor, "participant.extended", after["contest_id"], after["id"], *audit.changed(before, after))
    await turns.tell(connection, after["contest_id"], participants=[after["id"]])
    return after
