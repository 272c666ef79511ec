"""Judgements: at most one of a submission counts. Posting a current one un-counts the old; deleting it brings back the newest left."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict

from contest.errors import not_found
from contest.ids import JudgementId, SubmissionId
from contest.store import audit, submissions
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.uniques import taken
from contest.wire.times import rfc3339

Kind = Literal["manual", "automatic", "override"]


class Judgement(Struct, frozen=True):
    """`verdict`: a CLICS judgement type. `score`: ioi only. `rubric`: points by criterion. `comment`: for the contestant."""

    id: JudgementId
    submission_id: SubmissionId
    verdict: str
    score: float | None
    current: bool
    judged_at: datetime
    judged_by: str
    reason: str | None
    external_id: str | None
    kind: Kind = "manual"
    rubric: dict[str, float] | None = None
    comment: str | None = None


def shape(judgement: Judgement) -> dict[str, Any]:
    return {**asdict(judgement), "judged_at": rfc3339(judgement.judged_at)}


async def add(
    connection: Connection, submission: Mapping[str, Any], new: Judgement, actor: Actor, action: str = "judgement.posted"
) -> None:
    """Store `new` for `submission` (loaded with `locked`). Raises Refusal 409: the external id is taken."""
    if new.current:
        await connection.execute("UPDATE podium_judgement SET is_current = false WHERE submission_id = $1 AND is_current", submission["id"])
    with taken("judgement"):
        await connection.execute(
            "INSERT INTO podium_judgement"
            " (id, contest_id, submission_id, verdict, score, is_current, judged_at, judged_by, reason, external_id, kind, rubric, comment)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            new.id, submission["contest_id"], submission["id"], new.verdict, new.score, new.current, new.judged_at, new.judged_by,
            new.reason, new.external_id, new.kind, new.rubric, new.comment,
        )  # fmt: skip
    before = {"judgement_id": submission["judgement_id"], "verdict": submission["verdict"], "score": submission["score"]}
    await audit.write(connection, actor, action, submission["contest_id"], submission["id"], before, shape(new))
    if new.current:
        await submissions.verdict_changed(connection, {**submission, "verdict": new.verdict, "score": new.score, "comment": new.comment})


async def load(connection: Connection, judgement_id: str) -> Mapping[str, Any]:
    """Raises Refusal 404, also for a deleted one."""
    row = await connection.fetchrow(
        "SELECT id, contest_id, submission_id, verdict, score, is_current FROM podium_judgement WHERE id = $1 AND deleted_at IS NULL",
        judgement_id,
    )
    if row is None:
        raise not_found("judgement")
    found: Mapping[str, Any] = row
    return found


async def delete(connection: Connection, judgement: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Un-say it (its submission locked). If it was the current one, the newest of the others counts again."""
    await connection.execute("UPDATE podium_judgement SET is_current = false, deleted_at = $2 WHERE id = $1", judgement["id"], now)
    if judgement["is_current"]:
        await connection.execute(
            "UPDATE podium_judgement SET is_current = true WHERE id = (SELECT id FROM podium_judgement"
            " WHERE submission_id = $1 AND deleted_at IS NULL ORDER BY judged_at DESC, id DESC LIMIT 1)",
            judgement["submission_id"],
        )
    row = await submissions.load(connection, judgement["submission_id"])
    after = {"judgement_id": row["judgement_id"], "verdict": row["verdict"], "score": row["score"]}
    await audit.write(connection, actor, "judgement.deleted", judgement["contest_id"], row["id"], dict(judgement), after)
    if judgement["is_current"]:
        await submissions.verdict_changed(connection, row)
