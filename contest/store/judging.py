"""Judges what its question's key can judge, in the transaction in which it was submitted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contest.domain.boards import Scoring
from contest.domain.grading import grade
from contest.ids import JudgementId, SubmissionId, uuid7
from contest.store import judgements, questions
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.judgements import Judgement

JUDGE = Actor("podium", "judge")
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Who judged, where a table wants a person and a key did."""


async def judge(
    connection: Connection, submission: Mapping[str, Any], question: Mapping[str, Any], answer: Any, scoring: Scoring, now: datetime
) -> None:
    """Give `submission` its judgement; nothing where a person has to look."""
    found = grade(questions.key_of(question), answer) if answer is not None and questions.body_of(question) is not None else None
    if found is None:
        return
    score = found.score(question["points"]) if scoring == "ioi" else None
    judgement = Judgement(
        id=JudgementId(uuid7()), submission_id=SubmissionId(submission["id"]), verdict=found.verdict, score=score, current=True,
        judged_at=now, judged_by=NOBODY, reason=None, external_id=None, kind="automatic",
    )  # fmt: skip
    await judgements.add(connection, submission, judgement, JUDGE)
