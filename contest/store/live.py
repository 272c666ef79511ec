"""What PostgreSQL knows of a contest that is going on: what waits for somebody."""

from typing import NamedTuple

from contest.ids import ContestId
from contest.store.connect import Connection

WAITING = """
SELECT (SELECT count(*) FROM podium_submission s WHERE s.contest_id = $1 AND s.deleted_at IS NULL AND NOT EXISTS (
           SELECT 1 FROM podium_judgement j WHERE j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL)) AS unjudged,
       (SELECT count(*) FROM podium_clarification WHERE contest_id = $1 AND answered_at IS NULL) AS clarifications_open,
       (SELECT count(*) FROM podium_outbox WHERE contest_id = $1 AND published_at IS NULL) AS outbox_waiting
"""


class Waiting(NamedTuple):
    """Submissions without a judgement, clarifications without an answer, changes that browsers have not been told yet."""

    unjudged: int
    clarifications_open: int
    outbox_waiting: int


async def waiting(connection: Connection, contest_id: ContestId) -> Waiting:
    return Waiting(*await connection.fetchrow(WAITING, contest_id))
