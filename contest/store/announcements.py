"""Announcements: told to everybody in the contest, to some groups or to one person, and kept for those who come later.

One to groups reaches those who are in them at that moment; who that was is kept.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from contest.store import audit, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.wire.times import rfc3339
from contest.wire.to_browser import Announcement, AnnouncementPosted

SELECT = """
SELECT id, contest_id, text, posted_at, posted_by, group_ids, participant_id,
       CASE WHEN group_ids IS NOT NULL OR participant_id IS NOT NULL THEN
           (SELECT count(*) FROM podium_announcement_told WHERE announcement_id = id) END AS told
  FROM podium_announcement
 WHERE contest_id = $1
   AND ($2::uuid IS NULL OR participant_id = $2)
   AND ($3::uuid IS NULL OR $3 = ANY(group_ids))
   AND ($4::text IS NULL OR CASE $4 WHEN 'all' THEN group_ids IS NULL AND participant_id IS NULL
                                    WHEN 'groups' THEN group_ids IS NOT NULL ELSE participant_id IS NOT NULL END)
"""
TO = ("all", "groups", "person")

TELL = """
INSERT INTO podium_announcement_told (participant_id, announcement_id)
SELECT participant_id, $1 FROM podium_participant
 WHERE contest_id = $2 AND removed_at IS NULL AND (group_ids && $3::uuid[] OR participant_id = $4)
"""
# One row of the outbox for each who is told, in one statement.
SAY = """
INSERT INTO podium_outbox (contest_id, topic, subject, body)
SELECT who.contest_id, 'inbox', who.user_id, $2
  FROM podium_announcement_told told JOIN contests_participant who ON who.id = told.participant_id
 WHERE told.announcement_id = $1
"""


def note(row: Mapping[str, Any]) -> Announcement:
    return Announcement(row["id"], row["text"], rfc3339(row["posted_at"]))


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "posted_at": rfc3339(row["posted_at"])}


async def listed(
    connection: Connection, contest_id: str, page: Page, *, participant: str | None = None, group: str | None = None, to: str | None = None
) -> dict[str, Any]:
    """`to`: one of TO. `participant`, `group`: those to this one."""
    return await paged(connection, SELECT, "posted_at, id", (contest_id, participant, group, to), page, shape)


async def add(connection: Connection, row: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """`row`: id, contest_id, text, posted_at, posted_by; `group_ids` or `participant_id`, where it is not for everybody.

    Returns its shape, with `told`: how many people it was addressed to (None: everybody).
    """
    group_ids, participant_id = row.get("group_ids"), row.get("participant_id")
    await connection.execute(
        "INSERT INTO podium_announcement (id, contest_id, text, posted_at, posted_by, group_ids, participant_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row["id"], row["contest_id"], row["text"], row["posted_at"], row["posted_by"], group_ids, participant_id,
    )  # fmt: skip
    event = to_builtins(AnnouncementPosted(note(row)))
    told = None
    if group_ids is None and participant_id is None:
        await outbox.add(connection, row["contest_id"], "event.public", event)
    else:
        done: str = await connection.execute(TELL, row["id"], row["contest_id"], group_ids, participant_id)
        told = int(done.rpartition(" ")[2])
        await connection.execute(SAY, row["id"], event)
    found = {**shape(row), "group_ids": group_ids, "participant_id": participant_id, "told": told}
    await audit.write(connection, actor, "announcement.posted", row["contest_id"], row["id"], None, found)
    return found
