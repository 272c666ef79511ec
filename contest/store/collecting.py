"""Saved answers become submissions: when their contestant hands in, and for everybody else once the contest is over.

Doing it again changes nothing: an answer that was submitted as it stands is left out. A program is taken in contests of points only, where
one more try costs nothing, and only when its language is known.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contest.domain.boards import Scoring
from contest.domain.questions import Code
from contest.errors import Refusal
from contest.ids import ContestId, ParticipantId, QuestionId, SubmissionId, uuid7
from contest.store import attempts, audit, questions, submissions, turns
from contest.store.attempts import Attempt
from contest.store.audit import CLOCK, Actor
from contest.store.connect import Connection
from contest.store.judging import judge
from contest.store.submissions import Submission
from contest.wire.times import rfc3339

BATCH = 20
"""Attempts collected in one transaction: some 0.2 s, for which their contest cannot be finalized."""

# An attempt that was handed in is done; so is one that was collected since the (last) end. Nobody waits for one without a saved answer.
_LEFT = """
  FROM attempts_attempt a
  JOIN podium_contest c ON c.contest_id = a.contest_id
  JOIN podium_participant p ON p.participant_id = a.participant_id AND p.removed_at IS NULL
  LEFT JOIN podium_attempt b ON b.attempt_id = a.id
 WHERE a.contest_id = $1 AND a.status = 'ongoing' AND (b.collected_at IS NULL OR b.collected_at < c.ended_at)
   AND EXISTS (SELECT 1 FROM attempts_answer WHERE attempt_id = a.id)
"""
DUE = """
SELECT contest_id FROM podium_contest
 WHERE ended_at IS NOT NULL AND finalized_at IS NULL AND (collected_at IS NULL OR collected_at < ended_at) ORDER BY contest_id
"""
# Times of one's own last submission of each question, and what it was.
SAVED = """
SELECT a.question_id, a.value, a.saved_at, p.contest_time_s, s.answer, s.source, s.language
  FROM attempts_answer a
  LEFT JOIN podium_answer p ON p.attempt_id = a.attempt_id AND p.question_id = a.question_id
  LEFT JOIN LATERAL (
       SELECT answer, source, language FROM podium_submission
        WHERE contest_id = $2 AND participant_id = $3 AND question_id = a.question_id AND deleted_at IS NULL
        ORDER BY arrival DESC LIMIT 1) s ON true
 WHERE a.attempt_id = $1 AND a.value <> 'null'::jsonb
 ORDER BY a.saved_at, a.question_id
"""
HAND_IN = """
UPDATE attempts_attempt a SET status = 'submitted', submitted_at = $2
  FROM podium_contest c, podium_participant p
 WHERE a.id = $1 AND a.status = 'ongoing' AND c.contest_id = a.contest_id AND p.participant_id = a.participant_id
   AND c.started_at IS NOT NULL AND c.ended_at IS NULL AND p.removed_at IS NULL
RETURNING a.id
"""


async def hand_in(connection: Connection, attempt: Attempt, scoring: Scoring, now: datetime, actor: Actor) -> int:
    """No more work on `attempt` (loaded with `locked`): its saved answers are submitted; how many. Raises Refusal 409."""
    attempts.check_open(attempt)
    await connection.execute("SELECT 1 FROM podium_contest WHERE contest_id = $1 FOR SHARE", attempt.contest_id)
    await connection.execute("SELECT 1 FROM podium_participant WHERE participant_id = $1 FOR SHARE", attempt.participant_id)
    if await connection.fetchval(HAND_IN, attempt.id, now) is None:
        raise Refusal(409, "contest.not_running", "The contest takes no more work; what was saved is collected.")
    count = await _collect(connection, attempt, scoring, now, actor)
    after = {"handed_in_at": rfc3339(now), "submissions": count}
    await audit.write(connection, actor, "attempt.handed_in", attempt.contest_id, attempt.id, None, after)
    await turns.tell(connection, attempt.contest_id, participants=[attempt.participant_id])
    return count


async def due(connection: Connection) -> list[ContestId]:
    """Contests that are over and not yet collected."""
    return [ContestId(row["contest_id"]) for row in await connection.fetch(DUE)]


async def uncollected_count(connection: Connection, contest_id: str) -> int:
    count: int = await connection.fetchval("SELECT count(*)" + _LEFT, contest_id)
    return count


async def collect_batch(connection: Connection, contest_id: ContestId, now: datetime) -> int:
    """Collect at most BATCH attempts of a contest that is over, in the caller's transaction; how many. What another holds is left.

    Their contestants hear it: all that they saved counts now.
    """
    scoring: Scoring | None = await connection.fetchval(
        "SELECT scoring FROM podium_contest WHERE contest_id = $1 AND ended_at IS NOT NULL AND finalized_at IS NULL FOR SHARE", contest_id
    )
    if scoring is None:
        return 0
    rows = await connection.fetch("SELECT a.id" + _LEFT + " ORDER BY a.id LIMIT $2 FOR UPDATE OF a SKIP LOCKED", contest_id, BATCH)
    found = [await attempts.load(connection, row["id"]) for row in rows]
    for attempt in found:
        count = await _collect(connection, attempt, scoring, now, CLOCK)
        await audit.write(connection, CLOCK, "attempt.collected", contest_id, attempt.id, None, {"submissions": count})
    await turns.tell(connection, contest_id, participants=[attempt.participant_id for attempt in found])
    return len(found)


async def mark_collected(connection: Connection, contest_id: ContestId, now: datetime) -> bool:
    """Note that nothing is left to collect, if so."""
    if await uncollected_count(connection, contest_id):
        return False
    await connection.execute(
        "UPDATE podium_contest SET collected_at = greatest($2, ended_at) WHERE contest_id = $1 AND ended_at IS NOT NULL", contest_id, now
    )
    return True


async def _collect(connection: Connection, attempt: Attempt, scoring: Scoring, now: datetime, actor: Actor) -> int:
    count = 0
    for row in await connection.fetch(SAVED, attempt.id, attempt.contest_id, attempt.participant_id):
        question = await questions.load(connection, row["question_id"])
        new = _submission(attempt, question, row, scoring)
        if new is None:
            continue
        submission = await submissions.add(connection, new, actor, "collected")
        await judge(connection, submission, question, new.answer, scoring, now)
        count += 1
    await connection.execute(
        "INSERT INTO podium_attempt (attempt_id, contest_id, collected_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (attempt_id) DO UPDATE SET collected_at = excluded.collected_at",
        attempt.id, attempt.contest_id, now,
    )  # fmt: skip
    return count


def _submission(attempt: Attempt, question: Mapping[str, Any], row: Mapping[str, Any], scoring: Scoring) -> Submission | None:
    """What the saved answer is as a submission; None: nothing that was not submitted already."""
    source, language, answer = None, None, row["value"]
    if question["kind"] == "code":
        source, language = _program(questions.body_of(question), answer)
        answer = None
        if scoring != "ioi" or language is None or not source.strip() or (source, language) == (row["source"], row["language"]):
            return None
    elif answer in ("", []) or answer == row["answer"]:
        return None
    return Submission(
        id=SubmissionId(uuid7()), contest_id=attempt.contest_id, participant_id=ParticipantId(attempt.participant_id),
        question_id=QuestionId(question["id"]), contest_time_s=row["contest_time_s"] or 0.0, received_at=row["saved_at"],
        submitted_by=attempt.user_id, language=language, source=source, answer=answer, external_id=None,
    )  # fmt: skip


def _program(body: Any, value: Any) -> tuple[str, str | None]:
    """The source, and its language if it is known: said, or the only one."""
    if isinstance(value, dict):
        return value["source"], value["language"]
    only = body.languages if isinstance(body, Code) and body.languages and len(body.languages) == 1 else (None,)
    return str(value), only[0]
