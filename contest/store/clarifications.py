"""Clarifications: what contestants ask and are answered, claimed by one answerer at a time; told to the asker, to staff and,
where the answerer says so, to everybody."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from contest.errors import Refusal, not_found
from contest.ids import uuid7
from contest.store import announcements, audit, claims, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.wire.times import rfc3339
from contest.wire.to_browser import (
    Clarification,
    ClarificationAnswered,
    ClarificationAsked,
    ClarificationClaimed,
    ClarificationReleased,
)

ASKED_MOST, ASKED_WITHIN = 5, timedelta(minutes=5)
"""So many questions of one person in so long: more than a person has, less than what buries those of others."""
STATES = ("open", "claimed", "answered")

SELECT = """
SELECT c.id, c.contest_id, c.participant_id, who.display_name AS participant_name, who.user_id, c.question_id, q.label AS problem, c.text,
       c.asked_at, c.contest_time_s, c.answer, c.to_all, c.answered_by, c.answered_at,
       held.person_id AS claimed_by, claimer.name AS claimed_by_name, held.until AS claimed_until
  FROM podium_clarification c
  JOIN contests_participant who ON who.id = c.participant_id
  LEFT JOIN podium_question q ON q.question_id = c.question_id
  LEFT JOIN podium_claim held ON held.subject_kind = 'clarification' AND held.subject_id = c.id AND held.until > clock_timestamp()
  LEFT JOIN podium_person claimer ON claimer.id::text = held.person_id
"""
LISTED = (
    SELECT
    + """
 WHERE c.contest_id = $1
   AND ($2::text IS NULL OR CASE $2 WHEN 'answered' THEN c.answered_at IS NOT NULL
                                    WHEN 'claimed' THEN c.answered_at IS NULL AND held.person_id IS NOT NULL
                                    ELSE c.answered_at IS NULL AND held.person_id IS NULL END)
   AND ($3::uuid IS NULL OR c.question_id = $3)
   AND ($4::uuid IS NULL OR c.participant_id = $4)
"""
)


class StaffClarification(Struct, frozen=True):
    """A clarification as staff see it. `state`: one of STATES. `claimed_by`: who holds it now."""

    id: str
    contest_id: str
    participant_id: str
    participant_name: str
    question_id: str | None
    problem: str | None
    text: str
    asked_at: str
    contest_time_s: float
    state: str
    answer: str | None
    to_all: bool
    answered_by: str | None
    answered_at: str | None
    claimed_by: str | None
    claimed_by_name: str | None
    claimed_until: str | None


def note(row: Mapping[str, Any]) -> Clarification:
    """As the asker sees it."""
    return Clarification(
        row["id"], row["text"], row["question_id"], row["problem"], rfc3339(row["asked_at"]), row["contest_time_s"], row["answer"],
        rfc3339(row["answered_at"]), row["to_all"],
    )  # fmt: skip


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    """The members of StaffClarification."""
    state = "answered" if row["answered_at"] else "claimed" if row["claimed_by"] else "open"
    times = {name: rfc3339(row[name]) for name in ("asked_at", "answered_at", "claimed_until")}
    return {**{name: value for name, value in row.items() if name != "user_id"}, **times, "state": state}


async def load(connection: Connection, clarification_id: str, *, locked: bool = False) -> Mapping[str, Any]:
    """The row of SELECT. `locked`: nobody else answers it until the transaction ends. Raises Refusal 404."""
    if locked:
        await connection.execute("SELECT 1 FROM podium_clarification WHERE id = $1 FOR UPDATE", clarification_id)
    row = await connection.fetchrow(SELECT + " WHERE c.id = $1", clarification_id)
    if row is None:
        raise not_found("clarification")
    found: Mapping[str, Any] = row
    return found


async def listed(
    connection: Connection, contest_id: str, page: Page, *, state: str | None, question: str | None, participant: str | None
) -> dict[str, Any]:
    """For staff, in the order in which they were asked. `state`: one of STATES."""
    return await paged(connection, LISTED, "c.asked_at, c.id", (contest_id, state, question, participant), page, shape)


async def of_participant(connection: Connection, participant: Mapping[str, Any], page: Page) -> dict[str, Any]:
    """One's own, as the inbox shows them."""
    query = SELECT + " WHERE c.contest_id = $1 AND c.participant_id = $2"
    order, arguments = "c.asked_at, c.id", (participant["contest_id"], participant["id"])
    return await paged(connection, query, order, arguments, page, lambda row: to_builtins(note(row)))


async def ask(connection: Connection, participant: Mapping[str, Any], new: Clarification, now: datetime, actor: Actor) -> Clarification:
    """Store it and tell staff, and the asker's other pages. Raises Refusal 429: asked too much just now."""
    await _check_pace(connection, participant["id"], now)
    await connection.execute(
        "INSERT INTO podium_clarification (id, contest_id, participant_id, question_id, text, asked_at, contest_time_s)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id, participant["contest_id"], participant["id"], new.question_id, new.text, now, new.contest_time_s,
    )  # fmt: skip
    row = await load(connection, new.id)
    after = {name: row[name] for name in ("participant_id", "question_id", "text", "contest_time_s")}
    await audit.write(connection, actor, "clarification.asked", row["contest_id"], new.id, None, after)
    asked = note(row)
    await outbox.add(connection, row["contest_id"], "inbox", to_builtins(ClarificationAsked(asked)), row["user_id"])
    await outbox.add(connection, row["contest_id"], "event.organiser", to_builtins(ClarificationAsked(asked, row["participant_id"])))
    return asked


async def _check_pace(connection: Connection, participant_id: str, now: datetime) -> None:
    """One at a time for each person, so that those who are counted are all there are."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", participant_id)
    earliest = await connection.fetchval(
        "SELECT asked_at FROM podium_clarification WHERE participant_id = $1 AND asked_at > $2 ORDER BY asked_at DESC OFFSET $3 LIMIT 1",
        participant_id, now - ASKED_WITHIN, ASKED_MOST - 1,
    )  # fmt: skip
    if earliest is not None:
        wait_s = int((earliest + ASKED_WITHIN - now).total_seconds()) + 1
        message = f"You have asked {ASKED_MOST} questions in a short time; ask again in {wait_s} s."
        raise Refusal(429, "clarification.too_many", message, headers={"Retry-After": str(wait_s)})


async def claim(connection: Connection, row: Mapping[str, Any], person_id: str, actor: Actor) -> dict[str, Any]:
    """`row` is this person's to answer, for a while; claimed again, for longer. Raises Refusal 409 `claim.held`."""
    taken = await claims.take(connection, "clarification", row["id"], row["contest_id"], person_id)
    claimed = ClarificationClaimed(row["id"], taken.person_id, rfc3339(taken.until))
    before = {"claimed_by": row["claimed_by"], "claimed_until": rfc3339(row["claimed_until"])} if row["claimed_by"] else None
    after = {"claimed_by": claimed.person_id, "claimed_until": claimed.until}
    await audit.write(connection, actor, "clarification.claimed", row["contest_id"], row["id"], before, after)
    await outbox.add(connection, row["contest_id"], "event.organiser", to_builtins(claimed))
    return shape(await load(connection, row["id"]))


async def release(connection: Connection, row: Mapping[str, Any], person_id: str, actor: Actor) -> None:
    """Anybody may claim it. Nothing happens if nobody held it. Raises Refusal 409 `claim.held`: somebody else does."""
    if await claims.release(connection, "clarification", row["id"], person_id):
        await audit.write(connection, actor, "clarification.released", row["contest_id"], row["id"], {"claimed_by": person_id}, None)
        await outbox.add(connection, row["contest_id"], "event.organiser", to_builtins(ClarificationReleased(row["id"])))


class NewAnswer(Struct, frozen=True):
    """`to_all`: question and answer are announced as well, without the asker's name. `by`: a UUID."""

    text: str
    to_all: bool
    by: str
    at: datetime


async def answer(connection: Connection, row: Mapping[str, Any], new: NewAnswer, person_id: str, actor: Actor) -> dict[str, Any]:
    """Answer `row` (loaded with `locked`), or mend its answer; the claim is over. Raises Refusal 409: the claim is not this person's."""
    await claims.check(connection, "clarification", row["id"], person_id)
    to_all = bool(row["to_all"]) or new.to_all
    await connection.execute(
        "UPDATE podium_clarification SET answer = $2, to_all = $3, answered_by = $4, answered_at = $5 WHERE id = $1",
        row["id"], new.text, to_all, new.by, new.at,
    )  # fmt: skip
    await claims.release(connection, "clarification", row["id"], person_id)
    after = await load(connection, row["id"])
    was, became = audit.changed(*({name: value for name, value in shape(of).items() if name in ANSWERED} for of in (row, after)))
    await audit.write(connection, actor, "clarification.answered", row["contest_id"], row["id"], was, became)
    told = ClarificationAnswered(note(after))
    await outbox.add(connection, row["contest_id"], "inbox", to_builtins(told), row["user_id"])
    staff = replace(told, participant_id=row["participant_id"], answered_by=new.by)
    await outbox.add(connection, row["contest_id"], "event.organiser", to_builtins(staff))
    if new.to_all:
        await _announce(connection, after, actor)
    return shape(after)


ANSWERED = ("answer", "to_all", "answered_by", "answered_at")


async def _announce(connection: Connection, row: Mapping[str, Any], actor: Actor) -> None:
    about = f"{row['problem']}\n" if row["problem"] else ""
    text = f"{about}Q: {row['text']}\nA: {row['answer']}"
    posted = {
        "id": uuid7(),
        "contest_id": row["contest_id"],
        "text": text,
        "posted_at": row["answered_at"],
        "posted_by": row["answered_by"],
    }
    await announcements.add(connection, posted, actor)
