"""What event logs come to, read from PostgreSQL: a contest's status and announcements, and its contestants' last submissions."""

from collections.abc import Iterable

from contest.ids import ContestId, UserId
from contest.store import contests
from contest.store.connect import Connection
from contest.store.submissions import note
from contest.wire.times import rfc3339
from contest.wire.to_browser import INBOX_KEPT, Announcement, EventsSnapshot, SubmissionNote

SHOWN = """
SELECT c.id FROM contests_contest c JOIN podium_contest p ON p.contest_id = c.id
 WHERE c.status NOT IN ('draft', 'archived') AND ($1::uuid[] IS NULL OR c.id = ANY($1)) ORDER BY c.id
"""

INBOXES = """
SELECT who.user_id, last.*
  FROM contests_participant who
 CROSS JOIN LATERAL (
       SELECT s.id, q.label AS problem, s.contest_time_s, s.arrival, j.verdict, j.score
         FROM podium_submission s
         JOIN podium_question q ON q.question_id = s.question_id
         LEFT JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
        WHERE s.contest_id = who.contest_id AND s.participant_id = who.id AND s.deleted_at IS NULL
        ORDER BY s.arrival DESC LIMIT $2) last
 WHERE who.contest_id = $1 AND ($3::uuid[] IS NULL OR who.user_id = ANY($3))
 ORDER BY last.arrival
"""


async def shown(connection: Connection, among: Iterable[ContestId] | None = None) -> list[ContestId]:
    """The contests (of these, if given) whose logs have to be there: all but drafts and archived ones."""
    return [ContestId(row["id"]) for row in await connection.fetch(SHOWN, None if among is None else list(among))]


async def of_public_events(connection: Connection, contest: ContestId) -> EventsSnapshot:
    """Raises Refusal 404."""
    rows = await connection.fetch(
        "SELECT id, text, posted_at FROM podium_announcement WHERE contest_id = $1 ORDER BY posted_at, id", contest
    )
    announcements = tuple(Announcement(row["id"], row["text"], rfc3339(row["posted_at"])) for row in rows)
    return EventsSnapshot(await contests.status(connection, contest), announcements)


async def of_inboxes(
    connection: Connection, contest: ContestId, users: Iterable[UserId] | None = None
) -> dict[UserId, list[SubmissionNote]]:
    """The last INBOX_KEPT submissions of these users (None: of all who have any), oldest first."""
    asked = None if users is None else list(users)
    found: dict[UserId, list[SubmissionNote]] = {user: [] for user in asked or ()}
    for row in await connection.fetch(INBOXES, contest, INBOX_KEPT, asked):
        found.setdefault(row["user_id"], []).append(note(row))
    return found
