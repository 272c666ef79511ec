"""What the clock does to stored contests, also when several processes ask at once; and what is left behind of every change."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from contest.domain import contests as life
from contest.domain.contests import Contest
from contest.errors import Refusal
from contest.ids import ContestId, uuid7
from contest.store import contests
from contest.store.audit import Actor
from contest.store.contests import move_due as move_due_or

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOMEBODY = Actor("somebody", "organiser")


async def move_due(pool: asyncpg.Pool, now: datetime) -> list[tuple[ContestId, str]]:
    """All of it, or the test fails."""

    def failed(contest: ContestId, error: Exception) -> None:
        raise AssertionError(contest) from error

    return await move_due_or(pool, now, failed)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def scheduled(pool: asyncpg.Pool, **members: Any) -> ContestId:
    """A contest that starts at NOON, is frozen after 100 s and ends after 200 s."""
    contest = Contest(
        id=ContestId(uuid7()), title="Open", state="draft", start_at=NOON, end_at=None, version=1, public=True, rehearsal=False,
        scoring="icpc", penalty_s=1200, duration_s=200, freeze_after_s=100, frozen_from_s=None, started_at=None, frozen_at=None,
        ended_at=None, thawed_at=None, finalized_at=None, clock_at=None, clock_contest_s=0.0, clock_rate=1.0, theme=None, external_id=None,
    )  # fmt: skip
    contest = Contest(**{name: members.get(name, getattr(contest, name)) for name in contest.__struct_fields__})
    async with pool.acquire() as connection, connection.transaction():
        await contests.create(connection, contest, SOMEBODY)
        await contests.save(connection, contest, life.schedule(contest, after(-60)), SOMEBODY, "contest.scheduled")
    return contest.id


async def told(pool: asyncpg.Pool, topic: str) -> list[dict[str, Any]]:
    return [row["body"] for row in await pool.fetch("SELECT body FROM podium_outbox WHERE topic = $1 ORDER BY id", topic)]


async def test_nothing_is_moved_before_its_time(pool: asyncpg.Pool) -> None:
    await scheduled(pool)
    assert await move_due(pool, after(-0.001)) == []
    assert await pool.fetchval("SELECT count(*) FROM podium_audit WHERE actor_id = 'clock'") == 0


async def test_each_step_at_its_time_with_audit_and_news(pool: asyncpg.Pool) -> None:
    contest = await scheduled(pool)
    for at_s, action, state in ((0.1, "start", "ongoing"), (100.05, "freeze", "ongoing"), (200, "end", "ended")):
        assert await move_due(pool, after(at_s)) == [(contest, action)]
        assert await move_due(pool, after(at_s)) == []
        status = (await told(pool, "event.public"))[-1]["status"]
        assert status["state"] == state
    frozen = (await told(pool, "event.public"))[-2]["status"]
    assert (frozen["frozen"], frozen["frozen_from_s"], frozen["frozen_at"]) == (True, 100.0, "2026-11-24T12:01:40.000Z")
    rows = await pool.fetch("SELECT action, actor_role FROM podium_audit WHERE actor_id = 'clock' ORDER BY id")
    assert [(row["action"], row["actor_role"]) for row in rows] == [
        ("contest.started", "clock"),
        ("contest.frozen", "clock"),
        ("contest.ended", "clock"),
    ]
    versions = [body["status"]["version"] for body in await told(pool, "event.public")]
    assert versions == sorted(set(versions))
    assert await told(pool, "board.changed") == [{"fresh": False}] * 5


async def test_of_several_processes_one_moves(pool: asyncpg.Pool) -> None:
    for _ in range(5):
        await scheduled(pool)
    moved = await asyncio.gather(*(move_due(pool, after(1000)) for _ in range(8)))
    steps = [step for part in moved for step in part]
    assert len(steps) == len(set(steps)) == 15
    assert await pool.fetchval("SELECT count(*) FROM podium_audit WHERE actor_id = 'clock'") == 15


async def test_rehearsals_and_drafts_stay_where_they_are(pool: asyncpg.Pool) -> None:
    await scheduled(pool, rehearsal=True)
    assert await move_due(pool, after(10_000)) == []


async def test_the_end_waits_for_the_one_with_the_most_time(pool: asyncpg.Pool) -> None:
    contest = await scheduled(pool)
    for extra_s, removed_at in ((60, None), (500, NOON)):
        person = uuid7()
        await pool.execute(
            "INSERT INTO contests_participant (id, contest_id, user_id, display_name) VALUES ($1, $2, $3, 'x')", person, contest, uuid7()
        )
        await pool.execute(
            "INSERT INTO podium_participant (participant_id, contest_id, extra_time_s, removed_at) VALUES ($1, $2, $3, $4)",
            person, contest, extra_s, removed_at,
        )  # fmt: skip
    assert [step for _, step in await move_due(pool, after(259.9))] == ["start", "freeze"]
    assert [step for _, step in await move_due(pool, after(260))] == ["end"]
    async with pool.acquire() as connection:
        status = await contests.status(connection, contest)
    assert status.clock.contest_time_s == 200.0


async def test_extending_after_the_freeze_keeps_it_latched(pool: asyncpg.Pool) -> None:
    contest = await scheduled(pool)
    await move_due(pool, after(150))
    async with pool.acquire() as connection, connection.transaction():
        before = await contests.load(connection, contest, locked=True)
        await contests.save(connection, before, life.changed(before, {"duration_s": 1000}, after(160)), SOMEBODY, "contest.updated")
    assert await move_due(pool, after(300)) == []
    async with pool.acquire() as connection:
        status = await contests.status(connection, contest)
    assert (status.state, status.frozen, status.frozen_from_s) == ("ongoing", True, 100.0)


async def test_a_decision_waits_for_the_one_before_it(pool: asyncpg.Pool) -> None:
    """Two who end the same contest at once: the second sees what the first did, in both tables."""
    contest = await scheduled(pool)
    await move_due(pool, after(10))

    async def end() -> str:
        async with pool.acquire() as connection, connection.transaction():
            before = await contests.load(connection, contest, locked=True)
            try:
                await contests.save(connection, before, life.end(before, after(20)), SOMEBODY, "contest.ended")
            except Refusal as refusal:
                return refusal.code
            return "ended"

    assert sorted(await asyncio.gather(*(end() for _ in range(6)))) == ["contest.wrong_state"] * 5 + ["ended"]


async def test_a_contest_that_somebody_holds_keeps_no_other_from_starting(pool: asyncpg.Pool) -> None:
    held, other = sorted([await scheduled(pool), await scheduled(pool)])
    failed: list[tuple[ContestId, type[Exception]]] = []
    async with pool.acquire() as holder, holder.transaction():
        await contests.load(holder, held, locked=True)
        moved = await move_due_or(pool, after(1), lambda contest, error: failed.append((contest, type(error))))
    assert failed == [(held, asyncpg.LockNotAvailableError)]
    assert moved == [(other, "start")]
    assert await move_due(pool, after(1)) == [(held, "start")]


async def test_versions_rise_by_one_in_the_order_in_which_they_are_told(pool: asyncpg.Pool) -> None:
    """Many who change the same contest at once: what goes out never tells an older state after a newer one."""
    contest = await scheduled(pool)

    async def rename(title: str) -> None:
        async with pool.acquire() as connection, connection.transaction():
            before = await contests.load(connection, contest, locked=True)
            await contests.save(connection, before, life.changed(before, {"title": title}, after(-30)), SOMEBODY, "contest.updated")

    await asyncio.gather(*(rename(f"No. {number}") for number in range(20)))
    assert [body["status"]["version"] for body in await told(pool, "event.public")] == list(range(1, 23))


async def test_before_the_start_the_clock_is_set_only_if_it_will_start_the_contest(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        waiting = await contests.status(connection, await scheduled(pool))
        rehearsal = await contests.status(connection, await scheduled(pool, rehearsal=True))
    assert (waiting.clock.at, waiting.clock.contest_time_s) == ("2026-11-24T12:00:00.000Z", 0.0)
    assert rehearsal.clock.at is None


async def test_there_is_no_status_of_what_is_not_there(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(Refusal, match=r"contest\.not_found"):
            await contests.status(connection, uuid7())
