"""What people had saved when their contest ended becomes submissions: of everybody, once, whatever dies in the middle."""

import asyncio
import signal
from datetime import datetime

import asyncpg
import pytest

from contest.ids import ContestId
from contest.store import collecting
from relay.config import Config
from tests.relay.conftest import relaying, spawn_relay
from tests.rest import Rest, check_refusal, rest
from tests.sitting import Exam, exam, kept
from tests.support import eventually, stop

__all__ = ["rest"]
pytestmark = pytest.mark.anyio
PEOPLE = 60


async def now(pool: asyncpg.Pool) -> datetime:
    at: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return at


async def saved(rest: Rest, pool: asyncpg.Pool, people: int) -> Exam:
    """An exam in which one answer of two is saved by everybody, the first of them through REST."""
    here = await exam(rest, 1, kinds=("numeric", "essay"))
    assert (await here.people[0].save("numeric", 9.81)).status_code == 200
    for number in range(1, people):
        await here.contestant(f"Candidate {number}")
    await pool.execute(
        "INSERT INTO attempts_attempt (id, contest_id, participant_id, started_at)"
        " SELECT gen_random_uuid(), contest_id, id, now() FROM contests_participant WHERE contest_id = $1 AND id <> $2",
        here.contest, here.people[0].id,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO attempts_answer (id, attempt_id, question_id, value)"
        " SELECT gen_random_uuid(), id, $2, '9.81' FROM attempts_attempt WHERE contest_id = $1 ON CONFLICT DO NOTHING",
        here.contest, here.questions["numeric"],
    )  # fmt: skip
    return here


async def test_after_the_end_everybodys_answers_are_collected_and_judged(rest: Rest, pool: asyncpg.Pool, config: Config) -> None:
    """The old system's rows as well."""
    here = await saved(rest, pool, 5)
    gone, early = here.people[1:3]
    await rest.call("DELETE", f"/api/v1/admin/participants/{gone.id}/")
    early.attempt = await pool.fetchval("SELECT id FROM attempts_attempt WHERE participant_id = $1", early.id)
    assert (await early.ask("POST", f"attempt/{early.attempt}/hand-in/", {})).json()["submissions"] == 1
    async with relaying(config):
        await rest.act(here.contest, "end")
        check = await rest.call("POST", f"/api/v1/admin/contests/{here.contest}/finalize/", {})
        assert check.status_code == 200 or check.json()["error"]["code"] in ("contest.uncollected", "contest.unjudged")
        await eventually(lambda: pool.fetchval("SELECT collected_at IS NOT NULL FROM podium_contest WHERE contest_id = $1", here.contest))
    assert await kept(pool, here.contest) == [("A", 9.81)] * 4
    judged = await pool.fetch("SELECT verdict, score, kind FROM podium_judgement WHERE is_current")
    assert [tuple(row) for row in judged] == [("AC", 10.0, "automatic")] * 4
    actions = [row["action"] for row in await pool.fetch("SELECT action FROM podium_audit WHERE action LIKE 'attempt.%' ORDER BY action")]
    assert actions.count("attempt.collected") == 3
    assert actions.count("attempt.handed_in") == 1
    told = await pool.fetch("SELECT subject, body FROM podium_outbox WHERE topic = 'inbox' AND body->>'type' = 'turn.changed' ORDER BY id")
    last = {row["subject"]: row["body"]["turn"]["handed_in_at"] for row in told}
    assert {user: at is not None for user, at in last.items()} == {who.user: who is early for who in here.people if who is not gone}


async def test_finalizing_waits_for_the_collection(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await saved(rest, pool, 2)
    await rest.act(here.contest, "end")
    finalize = f"/api/v1/admin/contests/{here.contest}/finalize/"
    check_refusal(await rest.call("POST", finalize, {}), 409, "contest.uncollected")
    async with pool.acquire() as connection, connection.transaction():
        assert await collecting.collect_batch(connection, ContestId(here.contest), await now(pool)) == 2
    assert (await rest.call("POST", finalize, {})).status_code == 200


async def test_collecting_again_changes_nothing_and_a_reopened_contest_is_collected_anew(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await saved(rest, pool, 3)
    contest = ContestId(here.contest)
    await rest.act(contest, "end")

    async def collect() -> int:
        async with pool.acquire() as connection, connection.transaction():
            count = await collecting.collect_batch(connection, contest, await now(pool))
            await collecting.mark_collected(connection, contest, await now(pool))
            return count

    async def is_due() -> bool:
        async with pool.acquire() as connection:
            return contest in await collecting.due(connection)

    assert await is_due()
    assert [await collect(), await collect()] == [3, 0]
    assert not await is_due()
    before = await kept(pool, contest)
    await pool.execute("UPDATE podium_contest SET ended_at = NULL, clock_rate = 1 WHERE contest_id = $1", contest)
    (who,) = here.people[:1]
    assert (await who.save("essay", "more time")).status_code == 200
    await pool.execute("UPDATE podium_contest SET ended_at = clock_timestamp() WHERE contest_id = $1", contest)
    assert await is_due()
    assert await collect() == 3
    assert await kept(pool, contest) == [*before, ("B", "more time")]


async def test_two_relays_collect_everything_once(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await saved(rest, pool, PEOPLE)
    await rest.act(here.contest, "end")

    async def collect() -> None:
        async with pool.acquire() as connection:
            while True:
                async with connection.transaction():
                    if not await collecting.collect_batch(connection, ContestId(here.contest), await now(pool)):
                        return

    await asyncio.gather(*(collect() for _ in range(3)))
    assert await pool.fetchval("SELECT count(*) FROM podium_submission") == PEOPLE
    assert await pool.fetchval("SELECT count(DISTINCT participant_id) FROM podium_submission") == PEOPLE


async def test_a_relay_killed_in_the_middle_has_collected_nothing_twice(rest: Rest, pool: asyncpg.Pool, config: Config) -> None:
    here = await saved(rest, pool, PEOPLE)
    await rest.act(here.contest, "end")
    killed = spawn_relay(config)
    try:
        await eventually(lambda: pool.fetchval("SELECT count(*) FROM podium_submission"), 30)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)
    collected = await pool.fetchval("SELECT count(*) FROM podium_attempt WHERE collected_at IS NOT NULL")
    assert collected == await pool.fetchval("SELECT count(*) FROM podium_submission")
    again = spawn_relay(config)
    try:
        await eventually(
            lambda: pool.fetchval("SELECT collected_at IS NOT NULL FROM podium_contest WHERE contest_id = $1", here.contest), 30
        )
    finally:
        stop(again, signal.SIGTERM)
    rows = await pool.fetch("SELECT participant_id, count(*) AS n FROM podium_submission GROUP BY 1")
    assert (len(rows), {row["n"] for row in rows}) == (PEOPLE, {1})
    assert await pool.fetchval("SELECT count(*) FROM podium_judgement WHERE is_current") == PEOPLE
