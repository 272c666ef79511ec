"""Submissions: stored only while the contest allows it (the INSERT itself looks), told to the ranker, the contestant and staff."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, to_builtins

from contest.errors import Refusal, not_found
from contest.ids import ContestId, ParticipantId, QuestionId, SubmissionId
from contest.store import audit, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.store.uniques import taken
from contest.wire.times import rfc3339
from contest.wire.to_browser import SubmissionNote, SubmissionReceived, VerdictReached


class Submission(Struct, frozen=True):
    """What is submitted. Either `source` (with `language`) or `answer`."""

    id: SubmissionId
    contest_id: ContestId
    participant_id: ParticipantId
    question_id: QuestionId
    contest_time_s: float
    received_at: datetime
    submitted_by: str
    language: str | None
    source: str | None
    answer: Any
    external_id: str | None


SELECT = """
SELECT s.id, s.contest_id, s.participant_id, s.question_id, q.label AS problem, s.contest_time_s, s.received_at, s.language,
       s.submitted_by, s.external_id, p.user_id, j.id AS judgement_id, j.verdict, j.score, j.comment
  FROM podium_submission s
  JOIN podium_question q ON q.question_id = s.question_id
  JOIN contests_participant p ON p.id = s.participant_id
  LEFT JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
 WHERE s.deleted_at IS NULL
"""

# The share locks wait for whoever ends the contest or removes the participant just now, and look again after: nothing is stored after a
# committed end, nor of one who is gone.
INSERT = """
WITH allowed AS (
    SELECT contest_id FROM podium_contest
     WHERE contest_id = $2 AND (CASE WHEN $12 THEN finalized_at IS NULL ELSE started_at IS NOT NULL AND ended_at IS NULL END)
       FOR SHARE),
present AS (
    SELECT participant_id FROM podium_participant WHERE participant_id = $3 AND removed_at IS NULL FOR SHARE)
INSERT INTO podium_submission
       (id, contest_id, participant_id, question_id, contest_time_s, received_at, submitted_by, language, source, answer, external_id)
SELECT $1, contest_id, participant_id, $4, $5, $6, $7, $8, $9, $10, $11 FROM allowed, present
RETURNING id
"""


async def add(connection: Connection, new: Submission, actor: Actor, *, proxied: bool) -> None:
    """Store it. `proxied`: by staff for somebody, in any state but finalized. Raises Refusal 409."""
    with taken("submission"):
        stored = await connection.fetchval(
            INSERT, new.id, new.contest_id, new.participant_id, new.question_id, new.contest_time_s, new.received_at, new.submitted_by,
            new.language, new.source, new.answer, new.external_id, proxied,
        )  # fmt: skip
    if stored is None:
        raise Refusal(409, "contest.not_running", "The contest does not take submissions of this participant now.")
    row = await load(connection, new.id)
    after = {name: row[name] for name in ("participant_id", "question_id", "contest_time_s", "language", "external_id")}
    action = "submission.proxied" if proxied else "submission.received"
    await audit.write(connection, actor, action, new.contest_id, new.id, None, after)
    await outbox.add(connection, new.contest_id, "score.changed", {}, new.id)
    await outbox.add(connection, new.contest_id, "inbox", to_builtins(SubmissionReceived(note(row))), row["user_id"])
    staff = SubmissionReceived(note(row), row["participant_id"])
    await outbox.add(connection, new.contest_id, "event.organiser", to_builtins(staff))


def note(row: Mapping[str, Any]) -> SubmissionNote:
    comment = row.get("comment") or UNSET
    return SubmissionNote(row["id"], row["problem"], row["contest_time_s"], row["verdict"], row["score"], comment)


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name != "user_id"}
    return {**kept, "received_at": rfc3339(row["received_at"])}


async def load(connection: Connection, submission_id: str, *, locked: bool = False) -> Mapping[str, Any]:
    """The row of SELECT. `locked`: against other changes of its judgements. Raises Refusal 404, also for a deleted one."""
    if locked:
        await connection.execute("SELECT 1 FROM podium_submission WHERE id = $1 FOR UPDATE", submission_id)
    row = await connection.fetchrow(SELECT + " AND s.id = $1", submission_id)
    if row is None:
        raise not_found("submission")
    found: Mapping[str, Any] = row
    return found


async def listed(connection: Connection, contest_id: str, page: Page) -> dict[str, Any]:
    """All submissions of a contest in order of arrival, for staff."""
    return await paged(connection, SELECT + " AND s.contest_id = $1", "s.arrival", (contest_id,), page, shape)


async def of_participant(connection: Connection, participant: Mapping[str, Any], page: Page) -> dict[str, Any]:
    """One's own submissions in order of arrival, as the inbox shows them."""
    return await paged(
        connection,
        SELECT + " AND s.contest_id = $1 AND s.participant_id = $2",
        "s.arrival",
        (participant["contest_id"], participant["id"]),
        page,
        lambda row: to_builtins(note(row)),
    )


async def delete(connection: Connection, submission: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """It no longer counts. Its contestant hears that it has no verdict any more."""
    await connection.execute("UPDATE podium_submission SET deleted_at = $2 WHERE id = $1", submission["id"], now)
    await audit.write(connection, actor, "submission.deleted", submission["contest_id"], submission["id"], shape(submission), None)
    await verdict_changed(connection, {**submission, "verdict": None, "score": None, "comment": None})


async def verdict_changed(connection: Connection, row: Mapping[str, Any]) -> None:
    """Tell everybody whom the current verdict of this row concerns."""
    contest_id = row["contest_id"]
    await outbox.add(connection, contest_id, "score.changed", {}, row["id"])
    await outbox.add(connection, contest_id, "inbox", to_builtins(VerdictReached(note(row))), row["user_id"])
    await outbox.add(connection, contest_id, "event.organiser", to_builtins(VerdictReached(note(row), row["participant_id"])))
