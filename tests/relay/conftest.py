"""A relay of its own for a test, and rows as the administration would write them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from contest.ids import ContestId, uuid7
from contest.telemetry import Telemetry
from podium.ports import free_ports
from relay.config import Config
from relay.run import run
from tests.conftest import Servers


@pytest.fixture
def config(servers: Servers, database_url: str, prefix: str, keys: Path) -> Config:
    return Config(database_url, servers.redis_url, prefix, keys, "127.0.0.1", free_ports(1)[0])


@pytest.fixture
async def relay(config: Config) -> AsyncIterator[Telemetry]:
    """A running relay; its telemetry."""
    stop, telemetry = asyncio.Event(), Telemetry("relay", "warning")
    task = asyncio.create_task(run(config, telemetry, stop))
    yield telemetry
    stop.set()
    await asyncio.wait_for(task, 10)


@pytest.fixture
async def contest(pool: asyncpg.Pool) -> ContestId:
    return await add_contest(pool)


async def add_contest(pool: asyncpg.Pool, status: str = "ongoing") -> ContestId:
    contest = ContestId(uuid7())
    await pool.execute("INSERT INTO contests_contest (id, title, status) VALUES ($1, 'Spring Open', $2)", contest, status)
    await pool.execute("INSERT INTO podium_contest (contest_id, duration_s, rehearsal) VALUES ($1, 18000, true)", contest)
    return contest
