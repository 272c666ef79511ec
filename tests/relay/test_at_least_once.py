"""Relays that die or stall between publishing and marking: every row is published, none is seen twice."""

import signal
from collections import Counter

import asyncpg
import msgspec
import pytest

from contest.broker.logs import Logs
from relay.config import Config
from relay.lead import session, take_lead
from tests.contest_rows import ContestRows
from tests.relay.conftest import relaying, spawn_relay
from tests.support import eventually, stop

pytestmark = pytest.mark.anyio

HELD = 77
HOLD_MARKING = f"""
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN PERFORM pg_advisory_xact_lock_shared({HELD}); RETURN NEW; END$$;
CREATE TRIGGER hold BEFORE UPDATE ON podium_outbox FOR EACH ROW EXECUTE FUNCTION hold();
"""


async def test_no_event_twice_after_kill_9_between_publishing_and_marking(
    config: Config, contest: ContestRows, logs: Logs, pool: asyncpg.Pool
) -> None:
    await pool.execute(HOLD_MARKING)
    async with pool.acquire() as holder:
        await holder.execute(f"SELECT pg_advisory_lock({HELD})")
        announced = [await contest.announce(f"note {number}") for number in range(20)]
        first = spawn_relay(config)
        try:
            await eventually(lambda: logs.read(contest.id, "events:public", 0), within_s=20)
            first.kill()
            first.wait(10)
        finally:
            stop(first, signal.SIGKILL)
        await holder.execute(f"SELECT pg_advisory_unlock({HELD})")
    assert await waiting(pool) > 0, "nothing was marked"
    async with relaying(config):
        await eventually(lambda: nothing_waits(pool), within_s=20)
    entries = await logs.read(contest.id, "events:public", 0)
    seen = [msgspec.json.decode(entry.payload)["announcement"]["id"] for entry in entries]
    assert Counter(seen) == Counter(announced)
    assert [entry.seq for entry in entries] == list(range(1, 21))


async def test_one_of_two_relays_leads_and_the_other_follows_at_once_when_it_ends(
    config: Config, contest: ContestRows, logs: Logs, pool: asyncpg.Pool
) -> None:
    async with session(config.database_url) as one, session(config.database_url) as two:
        assert await take_lead(one)
        assert not await take_lead(two)
        one.terminate()
        assert await eventually(lambda: take_lead(two))


async def test_a_leader_that_says_nothing_is_replaced_and_its_rows_are_published(
    config: Config, contest: ContestRows, logs: Logs, pool: asyncpg.Pool
) -> None:
    """A stopped process, as PostgreSQL sees it: a session that holds the lead and the rows, and is silent."""
    await contest.announce("held")
    async with session(config.database_url, silent_ms=700) as stuck:
        assert await take_lead(stuck)
        await stuck.execute("BEGIN")
        await stuck.fetch("SELECT id FROM podium_outbox WHERE published_at IS NULL FOR UPDATE")
        async with relaying(config):
            await eventually(lambda: nothing_waits(pool))
    assert len(await logs.read(contest.id, "events:public", 0)) == 1


async def waiting(pool: asyncpg.Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM podium_outbox WHERE published_at IS NULL")
    return count


async def nothing_waits(pool: asyncpg.Pool) -> bool:
    return await waiting(pool) == 0
