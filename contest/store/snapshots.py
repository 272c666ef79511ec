"""What event logs come to, read from PostgreSQL: a contest's status and announcements, and what its contestants have been told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from contest.ids import ContestId, UserId
from contest.store import contests, turns
from contest.store.announcements import note as announcement
from contest.store.clarifications import note as clarification
from contest.store.connect import Connection
from contest.store.feedback import TOLD
from contest.store.submissions import note as submission
from contest.wire.to_browser import INBOX_KEPT, EventsSnapshot, Inbox

T = TypeVar("T")

SHOWN = """
SELECT c.id FROM contests_contest c JOIN podium_contest p ON p.contest_id = c.id
 WHERE c.status NOT IN ('draft', 'archived') AND ($1::uuid[] IS NULL OR c.id = ANY($1)) ORDER BY c.id
"""

SUBMISSIONS = f"""
SELECT who.user_id, last.*
  FROM contests_participant who
  JOIN podium_contest c ON c.contest_id = who.contest_id
 CROSS JOIN LATERAL (
       SELECT s.id, q.label AS problem, s.contest_time_s, s.arrival,
              CASE WHEN {TOLD} THEN j.verdict END AS verdict, CASE WHEN {TOLD} THEN j.score END AS score,
              CASE WHEN {TOLD} THEN j.comment END AS comment
         FROM podium_submission s
         JOIN podium_question q ON q.question_id = s.question_id
         LEFT JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
        WHERE s.contest_id = who.contest_id AND s.participant_id = who.id AND s.deleted_at IS NULL
        ORDER BY s.arrival DESC LIMIT $2) last
 WHERE who.contest_id = $1 AND ($3::uuid[] IS NULL OR who.user_id = ANY($3))
 ORDER BY last.arrival
"""  # noqa: S608 - nothing from outside is in it

# Times are cut to what the wire shows of them: a node that folds events puts them in the same order.
ANNOUNCEMENTS = """
SELECT who.user_id, last.*
  FROM contests_participant who
 CROSS JOIN LATERAL (
       SELECT a.id, a.text, date_trunc('milliseconds', a.posted_at) AS posted_at
         FROM podium_announcement_told told JOIN podium_announcement a ON a.id = told.announcement_id
        WHERE told.participant_id = who.id ORDER BY 3 DESC, 1 DESC LIMIT $2) last
 WHERE who.contest_id = $1 AND ($3::uuid[] IS NULL OR who.user_id = ANY($3))
 ORDER BY last.posted_at, last.id
"""

CLARIFICATIONS = """
SELECT who.user_id, last.*
  FROM contests_participant who
 CROSS JOIN LATERAL (
       SELECT c.id, c.text, c.question_id, q.label AS problem, date_trunc('milliseconds', c.asked_at) AS asked_at, c.contest_time_s,
              c.answer, c.answered_at, c.to_all
         FROM podium_clarification c LEFT JOIN podium_question q ON q.question_id = c.question_id
        WHERE c.participant_id = who.id ORDER BY 5 DESC, 1 DESC LIMIT $2) last
 WHERE who.contest_id = $1 AND ($3::uuid[] IS NULL OR who.user_id = ANY($3))
 ORDER BY last.asked_at, last.id
"""


async def shown(connection: Connection, among: Iterable[ContestId] | None = None) -> list[ContestId]:
    """The contests (of these, if given) whose logs have to be there: all but drafts and archived ones."""
    return [ContestId(row["id"]) for row in await connection.fetch(SHOWN, None if among is None else list(among))]


async def of_public_events(connection: Connection, contest: ContestId) -> EventsSnapshot:
    """Raises Refusal 404."""
    rows = await connection.fetch(
        "SELECT id, text, posted_at FROM podium_announcement"
        " WHERE contest_id = $1 AND group_ids IS NULL AND participant_id IS NULL ORDER BY posted_at, id",
        contest,
    )
    return EventsSnapshot(await contests.status(connection, contest), tuple(announcement(row) for row in rows))


async def of_inboxes(connection: Connection, contest: ContestId, users: Iterable[UserId] | None = None) -> dict[UserId, Inbox]:
    """What the inboxes of these users come to (None: of everybody in the contest)."""
    asked = None if users is None else list(users)
    submissions = await _by_user(connection, SUBMISSIONS, submission, contest, asked)
    announcements = await _by_user(connection, ANNOUNCEMENTS, announcement, contest, asked)
    clarifications = await _by_user(connection, CLARIFICATIONS, clarification, contest, asked)
    own = await turns.of_users(connection, contest, asked)
    whose = {*own, *submissions, *announcements, *clarifications} if asked is None else asked
    return {
        user: Inbox(own.get(user), submissions.get(user, ()), announcements.get(user, ()), clarifications.get(user, ())) for user in whose
    }


async def _by_user(
    connection: Connection, query: str, made: Callable[[Mapping[str, Any]], T], contest: ContestId, asked: list[UserId] | None
) -> dict[UserId, tuple[T, ...]]:
    found: dict[UserId, list[T]] = defaultdict(list)
    for row in await connection.fetch(query, contest, INBOX_KEPT, asked):
        found[row["user_id"]].append(made(row))
    return {user: tuple(of_user) for user, of_user in found.items()}
