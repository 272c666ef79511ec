"""Verdicts that are withheld from contestants: whether they may know them (`domain.audience.tells`, as SQL), and telling what was kept."""

from contest.ids import ContestId
from contest.store.connect import Connection

TOLD = "(c.feedback = 'at_once' OR (c.feedback = 'after_end' AND c.finalized_at IS NOT NULL))"
"""Of a row c of podium_contest."""

# A judgement that was deleted was told before.
WERE_TOLD = f"""
SELECT {TOLD} AND EXISTS (SELECT 1 FROM podium_judgement j WHERE j.contest_id = c.contest_id) FROM podium_contest c WHERE c.contest_id = $1
"""  # noqa: S608 - nothing from outside is in it

# As to_browser.VerdictReached has it. One transaction writes them, so their ids rise in the order of arrival.
TELL_ALL = """
INSERT INTO podium_outbox (contest_id, topic, subject, body)
SELECT $1, 'inbox', who.user_id, jsonb_build_object('type', 'verdict.reached', 'submission', jsonb_build_object(
           'id', s.id, 'problem', q.label, 'contest_time_s', s.contest_time_s, 'verdict', j.verdict, 'score', j.score)
           || CASE WHEN j.comment <> '' THEN jsonb_build_object('comment', j.comment) ELSE '{}'::jsonb END)
  FROM podium_submission s
  JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
  JOIN podium_question q ON q.question_id = s.question_id
  JOIN contests_participant who ON who.id = s.participant_id
 WHERE s.contest_id = $1 AND s.deleted_at IS NULL
 ORDER BY s.arrival
"""


async def were_told(connection: Connection, contest_id: ContestId) -> bool:
    """Whether somebody who is not staff may know a verdict by now. Exact while the contest is locked: who judges waits for it."""
    told: bool = await connection.fetchval(WERE_TOLD, contest_id)
    return told


async def tell_kept(connection: Connection, contest_id: ContestId) -> None:
    """The contest tells verdicts from now on: contestants hear all that were kept from them, in the order in which they submitted."""
    await connection.execute(TELL_ALL, contest_id)
