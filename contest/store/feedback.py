"""When contestants may know their verdicts: at once, when the results are final, or never. Until then they are in nothing they read."""

from contest.ids import ContestId
from contest.store.connect import Connection
from contest.wire.to_browser import INBOX_KEPT

TOLD = "(c.feedback = 'at_once' OR (c.feedback = 'after_end' AND c.finalized_at IS NOT NULL))"
"""Of a row c of podium_contest."""

# As to_browser.VerdictReached has it; the inbox keeps no more of a contestant.
TELL_ALL = """
INSERT INTO podium_outbox (contest_id, topic, subject, body)
SELECT $1, 'inbox', who.user_id, jsonb_build_object('type', 'verdict.reached', 'submission', jsonb_build_object(
           'id', last.id, 'problem', last.problem, 'contest_time_s', last.contest_time_s, 'verdict', last.verdict, 'score', last.score)
           || CASE WHEN last.comment <> '' THEN jsonb_build_object('comment', last.comment) ELSE '{}'::jsonb END)
  FROM contests_participant who
 CROSS JOIN LATERAL (
       SELECT s.id, q.label AS problem, s.contest_time_s, s.arrival, j.verdict, j.score, j.comment
         FROM podium_submission s
         JOIN podium_question q ON q.question_id = s.question_id
         JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
        WHERE s.contest_id = who.contest_id AND s.participant_id = who.id AND s.deleted_at IS NULL
        ORDER BY s.arrival DESC LIMIT $2) last
 WHERE who.contest_id = $1
 ORDER BY last.arrival
"""


async def tell_if_withheld(connection: Connection, contest_id: ContestId) -> None:
    """The results have just become final: verdicts that were withheld until now are told."""
    if await connection.fetchval("SELECT feedback = 'after_end' FROM podium_contest WHERE contest_id = $1", contest_id):
        await connection.execute(TELL_ALL, contest_id, INBOX_KEPT)
