"""Contests: reading them, writing what `domain.contests` decided, and the one place that makes the wire status.

Every change bumps the version, and leaves an audit row and outbox rows in the caller's transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import convert, to_builtins
from msgspec.structs import asdict, replace

from contest.domain.contests import Contest, Removed, due, hidden_from_s, hides_more, tells_verdicts
from contest.errors import Refusal, not_found
from contest.ids import ContestId
from contest.store import audit, feedback, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.store.turns import LAST_END_S
from contest.wire.times import rfc3339
from contest.wire.to_browser import Clock, ContestStatus, Status

SELECT = """
SELECT c.id, c.title, c.status AS state, c.start_at, c.end_at, p.version, p.public, p.rehearsal, p.scoring, p.penalty_s, p.duration_s,
       p.freeze_after_s, p.frozen_from_s, p.started_at, p.frozen_at, p.ended_at, p.thawed_at, p.finalized_at,
       p.clock_at, p.clock_contest_s, p.clock_rate, p.theme, p.external_id, c.description, p.rules, p.consent, p.own_time_s, p.feedback,
       p.shuffle, p.opinions,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'since', r.since, 'until', r.until, 'contest_time_s', r.contest_time_s,
                                                     'reason', r.reason, 'clock_rate', r.clock_rate) ORDER BY r.since, r.id), '[]')
          FROM podium_pause r WHERE r.contest_id = p.contest_id) AS pauses
  FROM podium_contest p JOIN contests_contest c ON c.id = p.contest_id
"""

COUNTS = """
SELECT asked.id,
       (SELECT count(*) FROM podium_participant WHERE contest_id = asked.id AND removed_at IS NULL) AS participants,
       (SELECT count(*) FROM podium_question WHERE contest_id = asked.id) AS questions,
       (SELECT count(*) FROM podium_submission WHERE contest_id = asked.id AND deleted_at IS NULL) AS submissions,
       (SELECT count(*) FROM podium_submission s WHERE s.contest_id = asked.id AND s.deleted_at IS NULL AND NOT EXISTS (
           SELECT 1 FROM podium_judgement j WHERE j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL)) AS unjudged
  FROM unnest($1::uuid[]) AS asked (id)
"""

SHOWN_SINCE = """
SELECT EXISTS (SELECT 1 FROM podium_submission s JOIN podium_judgement j ON j.submission_id = s.id
                WHERE s.contest_id = $1 AND s.contest_time_s >= $2)
"""


async def load(connection: Connection, contest_id: str, *, locked: bool = False) -> Contest:
    """The contest; `locked`: nobody else changes it (and no submission is stored) until the transaction ends. Raises Refusal 404."""
    if locked:  # on its own: a row that a join had to wait for would come with the other table's row as it was before the wait
        await connection.execute("SELECT 1 FROM podium_contest WHERE contest_id = $1 FOR UPDATE", contest_id)
    row = await connection.fetchrow(SELECT + " WHERE p.contest_id = $1", contest_id)
    if row is None:
        raise not_found("contest")
    return _contest(row)


def _contest(row: Mapping[str, Any]) -> Contest:
    return Contest(**{**row, "pauses": convert(row["pauses"], tuple[Removed, ...])})


async def hold_open(connection: Connection, contest_id: str) -> None:
    """Results may change until the transaction ends: nobody finalizes meanwhile. Raises Refusal 409: they are final."""
    final = await connection.fetchval("SELECT finalized_at IS NOT NULL FROM podium_contest WHERE contest_id = $1 FOR SHARE", contest_id)
    if final:
        raise Refusal(409, "contest.wrong_state", "The contest is finalized; its results do not change any more.")


async def check_times_count(connection: Connection, contest_id: str) -> None:
    """People's own times may change: the contest does not end meanwhile. Raises Refusal 409: it has."""
    state = await connection.fetchrow(
        "SELECT ended_at IS NOT NULL AS over, finalized_at FROM podium_contest WHERE contest_id = $1 FOR SHARE", contest_id
    )
    if state is not None and state["over"]:
        raise Refusal(409, "contest.wrong_state", "The contest has ended; nobody's time changes any more. Reopen it first.")


async def status(connection: Connection, contest_id: str) -> Status:
    """The wire status. Raises Refusal 404."""
    return status_of(await load(connection, contest_id))


def status_of(contest: Contest) -> Status:
    """Before the start the clock is set only where the clock itself will start the contest."""
    awaits_clock = contest.state == "scheduled" and not contest.rehearsal
    clock_at = contest.start_at if contest.clock_at is None and awaits_clock else contest.clock_at
    shown_s = min(contest.clock_contest_s, float(contest.duration_s)) if contest.ended_at else contest.clock_contest_s
    return Status(
        version=contest.version, title=contest.title, state=contest.state, public=contest.public, rehearsal=contest.rehearsal,
        scoring=contest.scoring, penalty_s=contest.penalty_s,
        start_at=rfc3339(contest.start_at), end_at=rfc3339(contest.end_at),
        duration_s=contest.duration_s, freeze_after_s=contest.freeze_after_s,
        frozen=contest.frozen, frozen_from_s=contest.frozen_from_s,
        started_at=rfc3339(contest.started_at), frozen_at=rfc3339(contest.frozen_at), ended_at=rfc3339(contest.ended_at),
        thawed_at=rfc3339(contest.thawed_at), finalized_at=rfc3339(contest.finalized_at),
        clock=Clock(rfc3339(clock_at), shown_s, contest.clock_rate), theme=contest.theme,
        paused=contest.paused, description=contest.description, own_time_s=contest.own_time_s, feedback=contest.feedback,
    )  # fmt: skip


async def shown(connection: Connection, contest: Contest) -> dict[str, Any]:
    """A contest as the administration sees it: status, id, external id, what people are told before the start, pauses and counts."""
    return (await _with_counts(connection, [contest]))[0]


LISTED = """
 WHERE ($1::uuid[] IS NULL OR p.contest_id = ANY($1)) AND ($2::text IS NULL OR c.status = $2)
   AND ($3::text IS NULL OR strpos(lower(c.title), lower($3)) > 0 OR p.external_id = $3)
"""


async def listed(
    connection: Connection, page: Page, only: Sequence[ContestId] | None, state: str | None = None, search: str | None = None
) -> dict[str, Any]:
    """The contests, newest first; `only` those that somebody has a role in. `search`: within the title, or the whole external id."""
    found = await paged(connection, SELECT + LISTED, "p.contest_id DESC", (only, state, search), page, dict)
    return {**found, "items": await _with_counts(connection, [_contest(row) for row in found["items"]])}


async def unjudged_count(connection: Connection, contest_id: str) -> int:
    """Submissions without a current judgement."""
    row: Any = await connection.fetchrow(COUNTS, [contest_id])
    count: int = row["unjudged"]
    return count


async def _with_counts(connection: Connection, found: list[Contest]) -> list[dict[str, Any]]:
    rows = await connection.fetch(COUNTS, [contest.id for contest in found])
    counts = {row["id"]: {name: count for name, count in row.items() if name != "id"} for row in rows}
    return [
        {
            "id": contest.id, "external_id": contest.external_id, **to_builtins(status_of(contest)),
            "rules": contest.rules, "consent": contest.consent, "shuffle": contest.shuffle, "opinions": contest.opinions,
            "pauses": [_removed(pause) for pause in contest.pauses], "counts": counts[contest.id],
        }
        for contest in found
    ]  # fmt: skip


def _removed(pause: Removed) -> dict[str, Any]:
    times = {"since": rfc3339(pause.since), "until": rfc3339(pause.until)}
    return {**times, "contest_time_s": pause.contest_time_s, "reason": pause.reason}


async def create(connection: Connection, contest: Contest, actor: Actor) -> None:
    await connection.execute(
        "INSERT INTO contests_contest (id, title, status, start_at, end_at, description) VALUES ($1, $2, $3, $4, $5, $6)",
        contest.id, contest.title, contest.state, contest.start_at, contest.end_at, contest.description,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO podium_contest (contest_id, public, rehearsal, scoring, penalty_s, duration_s, freeze_after_s, theme, external_id,"
        " rules, consent, own_time_s, feedback, shuffle, opinions)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        contest.id, contest.public, contest.rehearsal, contest.scoring, contest.penalty_s, contest.duration_s, contest.freeze_after_s,
        contest.theme, contest.external_id, contest.rules, contest.consent, contest.own_time_s, contest.feedback, contest.shuffle,
        contest.opinions,
    )  # fmt: skip
    await audit.write(connection, actor, "contest.created", contest.id, contest.id, None, to_builtins(asdict(contest)))
    await announce(connection, contest, fresh=False)


async def save(connection: Connection, before: Contest, after: Contest, actor: Actor, action: str) -> Contest:
    """Write `after` over `before` (loaded with `locked`), with a newer version, and tell everybody."""
    after = replace(after, version=before.version + 1)
    await connection.execute(
        "UPDATE contests_contest SET title = $2, status = $3, start_at = $4, end_at = $5, description = $6, updated_at = now()"
        " WHERE id = $1",
        after.id, after.title, after.state, after.start_at, after.end_at, after.description,
    )  # fmt: skip
    await connection.execute(
        "UPDATE podium_contest SET version = $2, public = $3, rehearsal = $4, scoring = $5, penalty_s = $6, duration_s = $7,"
        " freeze_after_s = $8, frozen_from_s = $9, started_at = $10, frozen_at = $11, ended_at = $12, thawed_at = $13,"
        " finalized_at = $14, clock_at = $15, clock_contest_s = $16, clock_rate = $17, theme = $18, external_id = $19,"
        " rules = $20, consent = $21, own_time_s = $22, feedback = $23, shuffle = $24, opinions = $25 WHERE contest_id = $1",
        after.id, after.version, after.public, after.rehearsal, after.scoring, after.penalty_s, after.duration_s, after.freeze_after_s,
        after.frozen_from_s, after.started_at, after.frozen_at, after.ended_at, after.thawed_at, after.finalized_at, after.clock_at,
        after.clock_contest_s, after.clock_rate, after.theme, after.external_id, after.rules, after.consent, after.own_time_s,
        after.feedback, after.shuffle, after.opinions,
    )  # fmt: skip
    for pause in after.pauses:
        if pause not in before.pauses:
            await _note(connection, after.id, pause)
    if before.ended_at is not None and after.ended_at is None:
        await _open_collected(connection, before)
    was, became = audit.changed(to_builtins(asdict(before)), to_builtins(asdict(after)))
    await audit.write(connection, actor, action, after.id, after.id, was, became)
    await announce(connection, after, fresh=await _forgets(connection, before, after))
    if tells_verdicts(after) and not tells_verdicts(before):
        await feedback.tell_kept(connection, after.id)
    return after


async def _note(connection: Connection, contest_id: ContestId, pause: Removed) -> None:
    await connection.execute(
        "INSERT INTO podium_pause (id, contest_id, since, until, contest_time_s, reason, clock_rate) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (id) DO UPDATE SET until = excluded.until",
        pause.id, contest_id, pause.since, pause.until, pause.contest_time_s, pause.reason, pause.clock_rate,
    )  # fmt: skip


async def _open_collected(connection: Connection, ended: Contest) -> None:
    """The attempts that were closed because the contest ended go on; those handed in by their people stay so."""
    await connection.execute(
        "UPDATE attempts_attempt a SET status = 'ongoing', submitted_at = NULL FROM podium_attempt b"
        " WHERE b.attempt_id = a.id AND a.contest_id = $1 AND b.collected_at >= $2",
        ended.id, ended.ended_at,
    )  # fmt: skip
    await connection.execute("UPDATE podium_contest SET collected_at = NULL WHERE contest_id = $1", ended.id)


async def _forgets(connection: Connection, before: Contest, after: Contest) -> bool:
    """Whether the public board must begin afresh: a thaw is undone, a freeze is moved, or verdicts that it may have shown get hidden."""
    if before.thawed_at is not None and after.thawed_at is None:
        return True
    if before.frozen and after.frozen and before.frozen_from_s != after.frozen_from_s:
        return True
    if not hides_more(before, after):
        return False
    shown: bool = await connection.fetchval(SHOWN_SINCE, after.id, hidden_from_s(after))
    return shown


async def announce(connection: Connection, contest: Contest, *, fresh: bool) -> None:
    """Everybody is to hear of the contest's status, and the ranker to look at it again."""
    await outbox.add(connection, contest.id, "event.public", to_builtins(ContestStatus(status_of(contest))))
    await outbox.add(connection, contest.id, "board.changed", {"fresh": fresh})


async def renew(connection: Connection, contest: Contest) -> Contest:
    """Another version of it (locked), told to all: something that belongs to it was changed, and who read it before has to look again."""
    after = replace(contest, version=contest.version + 1)
    await connection.execute("UPDATE podium_contest SET version = $2 WHERE contest_id = $1", after.id, after.version)
    await outbox.add(connection, after.id, "event.public", to_builtins(ContestStatus(status_of(after))))
    return after


LOCK_WITHIN = "1s"
"""The clock waits so long for one contest: the next must not start late because somebody holds this one."""

# When the last one's own time is up is looked up only once the duration is over.
DUE = f"""
SELECT p.contest_id
  FROM podium_contest p
  JOIN contests_contest c ON c.id = p.contest_id
 CROSS JOIN LATERAL (SELECT extract(epoch FROM $1 - p.clock_at) * p.clock_rate + p.clock_contest_s) AS clock (told_s)
 WHERE NOT p.rehearsal AND (
       (c.status = 'scheduled' AND c.start_at <= $1)
    OR (c.status = 'ongoing' AND p.clock_rate > 0 AND (
           (p.frozen_at IS NULL AND told_s >= p.freeze_after_s)
        OR CASE WHEN told_s >= p.duration_s THEN told_s >= {LAST_END_S.format(of="p.contest_id")} END)))
 ORDER BY p.contest_id
"""  # noqa: S608 - nothing from outside is in it


async def move_due(pool: asyncpg.Pool, now: datetime, failed: Callable[[ContestId, Exception], None]) -> list[tuple[ContestId, str]]:
    """Start, freeze and end what the clock says by `now`: (contest, action) of each step. One query when nothing is due.

    Safe when several processes call it at once: the step is decided again under the row's lock. A contest whose step fails, or that another
    holds for longer than LOCK_WITHIN, is told to `failed` and is due again; the others are moved all the same.
    """
    moved: list[tuple[ContestId, str]] = []
    async with pool.acquire() as connection:
        waiting = [row["contest_id"] for row in await connection.fetch(DUE, now)]
        for contest_id in waiting:
            try:
                async with connection.transaction():
                    moved += [(contest_id, action) for action in await _move(connection, contest_id, now)]
            except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError):
                raise
            except (asyncpg.PostgresError, Refusal) as error:
                failed(contest_id, error)
    return moved


async def _move(connection: Connection, contest_id: ContestId, now: datetime) -> list[str]:
    """The steps of one contest, in the caller's transaction."""
    await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WITHIN}'")
    before = await load(connection, contest_id, locked=True)
    last_s = await last_end_s(connection, contest_id)
    actions: list[str] = []
    for action, after in due(before, now, last_s):
        before = await save(connection, before, after, audit.CLOCK, f"contest.{PAST[action]}")
        actions.append(action)
    return actions


async def last_end_s(connection: Connection, contest_id: str) -> float:
    """When, on the contest's clock, the last one's own time is up; 0 if there is nobody."""
    found: float = await connection.fetchval("SELECT " + LAST_END_S.format(of="$1"), contest_id)
    return found


PAST = {
    "schedule": "scheduled", "start": "started", "pause": "paused", "resume": "resumed", "extend": "extended", "freeze": "frozen",
    "thaw": "thawed", "unthaw": "thaw_undone", "end": "ended", "reopen": "reopened", "finalize": "finalized",
}  # fmt: skip
