"""The work of graders: what waits for a person, who holds it for how long, and opinions until two people agree.

Who handed an answer in is in nothing that is given to a grader here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from msgspec import Struct

from contest.errors import Refusal
from contest.ids import uuid7
from contest.store import audit
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.wire.times import rfc3339

State = Literal["waiting", "claimed", "second", "disputed", "done"]
STATES: tuple[State, ...] = get_args(State)
CLAIM = timedelta(minutes=10)
"""For one answer; who needs longer renews. Whoever went home holds nobody up for more."""
SAME_SCORE = 1e-9
TRIES = 5
"""When others take the oldest answer first: each try skips what they have taken."""

STATE = """
CASE WHEN j.id IS NOT NULL THEN 'done' WHEN opinions.given >= 2 THEN 'disputed' WHEN k.until > {now} THEN 'claimed'
     WHEN opinions.given = 1 THEN 'second' ELSE 'waiting' END
"""
FROM = """
  FROM podium_submission s
  JOIN contests_question q ON q.id = s.question_id
  JOIN podium_question p ON p.question_id = s.question_id
  LEFT JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
  LEFT JOIN podium_claim k ON k.subject_kind = 'submission' AND k.subject_id = s.id
 CROSS JOIN LATERAL (SELECT count(*) AS given FROM podium_opinion o WHERE o.submission_id = s.id) opinions
 WHERE s.contest_id = $1 AND s.deleted_at IS NULL AND ($2::uuid IS NULL OR s.question_id = $2)
"""
QUEUE = f"""
SELECT s.id AS submission_id, s.question_id, p.label AS problem, q.kind, s.contest_time_s, s.received_at, {STATE.format(now="$3")} AS state,
       CASE WHEN k.until > $3 THEN k.person_id END AS claimed_by, CASE WHEN k.until > $3 THEN k.until END AS claimed_until,
       opinions.given AS opinions, j.verdict, j.score, s.arrival
{FROM}
"""
# Mine first, so that whoever reloads goes on where they were; then the oldest that nobody holds and on which I have said nothing.
NEXT = f"""
SELECT s.id {FROM} AND j.id IS NULL AND opinions.given < 2 AND (k.until IS NULL OR k.until <= $3 OR k.person_id = $4)
   AND NOT EXISTS (SELECT 1 FROM podium_opinion o WHERE o.submission_id = s.id AND o.person_id = $4)
 ORDER BY (k.person_id = $4 AND k.until > $3) IS TRUE DESC, s.arrival LIMIT 1 FOR UPDATE OF s SKIP LOCKED
"""  # noqa: S608 - nothing from outside is in it
TAKE = """
INSERT INTO podium_claim (subject_kind, subject_id, contest_id, person_id, claimed_at, until) VALUES ('submission', $1, $2, $3, $4, $5)
    ON CONFLICT (subject_kind, subject_id) DO UPDATE
       SET person_id = excluded.person_id, claimed_at = excluded.claimed_at, until = excluded.until
     WHERE podium_claim.until <= $4 OR podium_claim.person_id = $3
RETURNING until
"""
HELD = "SELECT person_id, until FROM podium_claim WHERE subject_kind = 'submission' AND subject_id = $1 AND until > $2"


class Opinion(Struct, frozen=True):
    person_id: str
    verdict: str
    score: float | None
    rubric: dict[str, float] | None
    comment: str | None

    def agrees(self, other: "Opinion") -> bool:
        if self.verdict != other.verdict or (self.score is None) != (other.score is None):
            return False
        return self.score is None or other.score is None or abs(self.score - other.score) <= SAME_SCORE


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name != "arrival"}
    return {**kept, "received_at": rfc3339(row["received_at"]), "claimed_until": rfc3339(row["claimed_until"])}


async def queue(
    connection: Connection, contest_id: str, question_id: str | None, state: State | None, now: datetime, page: Page
) -> dict[str, Any]:
    """In order of arrival."""
    query = f"SELECT * FROM ({QUEUE}) queue WHERE ($4::text IS NULL OR state = $4)"  # noqa: S608 - nothing from outside is in it
    return await paged(connection, query, "arrival", (contest_id, question_id, now, state), page, shape)


async def claim(
    connection: Connection, contest_id: str, question_id: str | None, submission_id: str | None, now: datetime, actor: Actor
) -> tuple[str, datetime] | None:
    """What `actor` works on from now (the submission asked for, or the next one), and until when; None: there is nothing.

    Raises Refusal 409: somebody else holds the one that was asked for, it is judged, or `actor` has given their opinion on it.
    """
    for _ in range(TRIES):
        asked = submission_id or await connection.fetchval(NEXT, contest_id, question_id, now, actor.id)
        if asked is None:
            return None
        if submission_id is not None:
            await _check_free(connection, submission_id, actor.id)
        until = await connection.fetchval(TAKE, asked, contest_id, actor.id, now, now + CLAIM)
        if until is not None:
            after = {"person_id": actor.id, "until": rfc3339(until)}
            await audit.write(connection, actor, "claim.taken", contest_id, asked, None, after)
            return asked, until
        if submission_id is not None:
            raise _held()
    return None


async def _check_free(connection: Connection, submission_id: str, person_id: str) -> None:
    await connection.execute("SELECT 1 FROM podium_submission WHERE id = $1 FOR UPDATE", submission_id)
    judged = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM podium_judgement WHERE submission_id = $1 AND is_current AND deleted_at IS NULL)", submission_id
    )
    if judged:
        raise judged_already()
    check_opinions(await opinions(connection, submission_id), person_id)


async def renew(connection: Connection, submission_id: str, contest_id: str, now: datetime, actor: Actor) -> datetime:
    """Ten more minutes. Raises Refusal 409: `actor` does not hold it (any more)."""
    row = await connection.fetchrow(HELD + " AND person_id = $3 FOR UPDATE", submission_id, now, actor.id)
    if row is None:
        raise Refusal(409, "claim.lost", "You do not hold this submission any more.")
    until = now + CLAIM
    await connection.execute(
        "UPDATE podium_claim SET until = $2 WHERE subject_kind = 'submission' AND subject_id = $1", submission_id, until
    )
    before, after = {"until": rfc3339(row["until"])}, {"until": rfc3339(until)}
    await audit.write(connection, actor, "claim.renewed", contest_id, submission_id, before, after)
    return until


async def release(connection: Connection, submission_id: str, contest_id: str, now: datetime, actor: Actor) -> None:
    """Raises Refusal 409: `actor` does not hold it (any more)."""
    row = await connection.fetchrow(HELD + " AND person_id = $3 FOR UPDATE", submission_id, now, actor.id)
    if row is None:
        raise Refusal(409, "claim.lost", "You do not hold this submission any more.")
    await drop(connection, submission_id)
    before = {"person_id": actor.id, "until": rfc3339(row["until"])}
    await audit.write(connection, actor, "claim.released", contest_id, submission_id, before, None)


async def drop(connection: Connection, submission_id: str) -> None:
    """It is done: nobody holds it."""
    await connection.execute("DELETE FROM podium_claim WHERE subject_kind = 'submission' AND subject_id = $1", submission_id)


async def check_not_held(connection: Connection, submission_id: str, person_id: str, now: datetime) -> None:
    """With the submission locked. Raises Refusal 409: somebody else holds it."""
    row = await connection.fetchrow(HELD, submission_id, now)
    if row is not None and row["person_id"] != person_id:
        raise _held()


def judged_already() -> Refusal:
    return Refusal(409, "submission.judged", "This submission is judged already; an organiser can override that.")


def _held() -> Refusal:
    return Refusal(409, "claim.held", "Somebody else is grading this submission.")


async def opinions(connection: Connection, submission_id: str) -> list[Opinion]:
    """In the order in which they were given."""
    rows = await connection.fetch(
        "SELECT person_id, verdict, score, rubric, comment FROM podium_opinion WHERE submission_id = $1 ORDER BY given_at, id",
        submission_id,
    )
    return [Opinion(**row) for row in rows]


async def opinions_shown(connection: Connection, submission_id: str) -> list[dict[str, Any]]:
    """With the name of who gave each, in the order in which they were given. For organisers: graders judge without them."""
    rows = await connection.fetch(
        "SELECT o.person_id, p.name AS person_name, o.verdict, o.score, o.rubric, o.comment, o.given_at"
        " FROM podium_opinion o LEFT JOIN podium_person p ON p.id::text = o.person_id WHERE o.submission_id = $1 ORDER BY o.given_at, o.id",
        submission_id,
    )
    return [{**row, "given_at": rfc3339(row["given_at"])} for row in rows]


def check_opinions(given: list[Opinion], person_id: str) -> None:
    """Raises Refusal 409: one more opinion of this person settles nothing."""
    if any(opinion.person_id == person_id for opinion in given):
        raise Refusal(409, "opinion.given", "You have given your opinion; the second one is another person's.")
    if len(given) >= 2:
        raise Refusal(409, "submission.disputed", "Two people disagree on this submission; an organiser has to settle it.")


async def add_opinion(connection: Connection, submission: Mapping[str, Any], new: Opinion, now: datetime, actor: Actor) -> State:
    """Keep it (the submission locked); `done`: another person had said the same. Raises Refusal 409."""
    given = await opinions(connection, submission["id"])
    check_opinions(given, new.person_id)
    await connection.execute(
        "INSERT INTO podium_opinion (id, contest_id, submission_id, person_id, verdict, score, rubric, comment, given_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        uuid7(), submission["contest_id"], submission["id"], new.person_id, new.verdict, new.score, new.rubric, new.comment, now,
    )  # fmt: skip
    state: State = "second" if not given else "done" if given[0].agrees(new) else "disputed"
    after = {"verdict": new.verdict, "score": new.score, "rubric": new.rubric, "state": state}
    await audit.write(connection, actor, "opinion.given", submission["contest_id"], submission["id"], None, after)
    return state


async def work(connection: Connection, submission_id: str) -> dict[str, Any]:
    """What a grader needs of a submission: everything but whose it is."""
    row = await connection.fetchrow(
        "SELECT s.id AS submission_id, s.question_id, s.contest_time_s, s.received_at, s.language, s.source, s.answer,"
        " (SELECT count(*) FROM podium_opinion o WHERE o.submission_id = s.id) AS opinions FROM podium_submission s WHERE s.id = $1",
        submission_id,
    )
    return {**row, "received_at": rfc3339(row["received_at"])}
