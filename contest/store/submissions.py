"""Submissions: stored only while the contest allows it (the INSERT itself looks), told to the ranker, the contestant and staff."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, to_builtins

from contest.errors import Refusal, not_found
from contest.ids import ContestId, ParticipantId, QuestionId, SubmissionId
from contest.store import audit, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.feedback import TOLD
from contest.store.pages import Page, paged
from contest.store.turns import BEGINS_S, CLOCK_S, ENDS_S, STARTED_S
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


Way = Literal["own", "proxied", "collected"]
"""How a submission comes: from its contestant, from staff in their name, or from a saved answer once they are done."""

# {TOLD}: whether its contestant may know its verdict.
SELECT = f"""
SELECT s.id, s.contest_id, s.participant_id, s.question_id, q.label AS problem, s.contest_time_s, s.received_at, s.language,
       s.submitted_by, s.external_id, p.user_id, j.id AS judgement_id, j.verdict, j.score, j.comment, {TOLD} AS told
  FROM podium_submission s
  JOIN podium_contest c ON c.contest_id = s.contest_id
  JOIN podium_question q ON q.question_id = s.question_id
  JOIN contests_participant p ON p.id = s.participant_id
  LEFT JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
 WHERE s.deleted_at IS NULL
"""  # noqa: S608 - nothing from outside is in it

# The share locks wait for whoever ends or pauses the contest, hands in or removes the participant just now, and look again after: nothing
# is stored after a committed end or hand-in, nor of one who is gone, nor outside of one's own time.
INSERT = f"""
WITH allowed AS (
    SELECT contest_id, duration_s, own_time_s, started_at, clock_at, clock_contest_s, clock_rate FROM podium_contest
     WHERE contest_id = $2 AND (CASE WHEN $12 THEN finalized_at IS NULL ELSE started_at IS NOT NULL AND ended_at IS NULL END)
       FOR SHARE),
present AS (
    SELECT participant_id, group_ids, delay_s, extra_time_s, time_factor FROM podium_participant
     WHERE participant_id = $3 AND removed_at IS NULL FOR SHARE),
attempt AS (
    SELECT id, status, started_at FROM attempts_attempt WHERE participant_id = $3 FOR SHARE)
INSERT INTO podium_submission
       (id, contest_id, participant_id, question_id, contest_time_s, received_at, submitted_by, language, source, answer, external_id)
SELECT $1, c.contest_id, p.participant_id, $4, $5, $6, $7, $8, $9, $10, $11
  FROM allowed c
 CROSS JOIN present p
  LEFT JOIN attempt a ON true
  LEFT JOIN podium_attempt b ON b.attempt_id = a.id
 WHERE $12 OR (coalesce(a.status, 'ongoing') = 'ongoing' AND c.clock_rate > 0
               AND {CLOCK_S.format(now="$6")} >= {BEGINS_S.format(started_s=STARTED_S)}
               AND {CLOCK_S.format(now="$6")} < {ENDS_S.format(started_s=STARTED_S)})
RETURNING id
"""  # noqa: S608 - nothing from outside is in it
PAST: dict[Way, str] = {"own": "submission.received", "proxied": "submission.proxied", "collected": "submission.collected"}


async def add(connection: Connection, new: Submission, actor: Actor, way: Way) -> Mapping[str, Any]:
    """Store it; its row. All but one's own are taken in any state but finalized. Raises Refusal 409."""
    with taken("submission"):
        stored = await connection.fetchval(
            INSERT, new.id, new.contest_id, new.participant_id, new.question_id, new.contest_time_s, new.received_at, new.submitted_by,
            new.language, new.source, new.answer, new.external_id, way != "own",
        )  # fmt: skip
    if stored is None:
        raise Refusal(409, "contest.not_running", "The contest does not take submissions of this participant now.")
    row = await load(connection, new.id)
    after = {name: row[name] for name in ("participant_id", "question_id", "contest_time_s", "language", "external_id")}
    await audit.write(connection, actor, PAST[way], new.contest_id, new.id, None, after)
    await outbox.add(connection, new.contest_id, "score.changed", {}, new.id)
    await outbox.add(connection, new.contest_id, "inbox", to_builtins(SubmissionReceived(own_note(row))), row["user_id"])
    staff = SubmissionReceived(note(row), row["participant_id"])
    await outbox.add(connection, new.contest_id, "event.organiser", to_builtins(staff))
    return row


def note(row: Mapping[str, Any]) -> SubmissionNote:
    comment = row.get("comment") or UNSET
    return SubmissionNote(row["id"], row["problem"], row["contest_time_s"], row["verdict"], row["score"], comment)


def own_note(row: Mapping[str, Any]) -> SubmissionNote:
    """As its contestant sees it."""
    return note(row if row["told"] else {**row, "verdict": None, "score": None, "comment": None})


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in ("user_id", "told")}
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
    """One's own submissions in order of arrival, as the inbox shows them: without verdicts while those are withheld."""
    return await paged(
        connection,
        SELECT + " AND s.contest_id = $1 AND s.participant_id = $2",
        "s.arrival",
        (participant["contest_id"], participant["id"]),
        page,
        lambda row: to_builtins(own_note(row)),
    )


async def delete(connection: Connection, submission: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """It no longer counts. Its contestant, if they may know verdicts, hears that it has none any more."""
    await connection.execute("UPDATE podium_submission SET deleted_at = $2 WHERE id = $1", submission["id"], now)
    await audit.write(connection, actor, "submission.deleted", submission["contest_id"], submission["id"], shape(submission), None)
    await verdict_changed(connection, {**submission, "verdict": None, "score": None, "comment": None})


async def verdict_changed(connection: Connection, row: Mapping[str, Any]) -> None:
    """Tell everybody whom the current verdict of this row concerns; its contestant only if they may know."""
    contest_id = row["contest_id"]
    await outbox.add(connection, contest_id, "score.changed", {}, row["id"])
    if row["told"]:
        await outbox.add(connection, contest_id, "inbox", to_builtins(VerdictReached(note(row))), row["user_id"])
    await outbox.add(connection, contest_id, "event.organiser", to_builtins(VerdictReached(note(row), row["participant_id"])))
