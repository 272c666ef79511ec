"""A ranker of its own for a test, and the relay that feeds it."""

import asyncio
import dataclasses
import functools
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from contest.broker.leases import LEASE_S
from contest.broker.logs import Logs
from contest.domain.boards import Board
from contest.domain.scoring import View, fold
from contest.store import scores
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from podium.ports import free_ports
from ranker.config import Config
from ranker.published import published
from ranker.run import run
from relay.config import Config as RelayConfig
from relay.run import run as run_relay
from tests.conftest import Servers
from tests.contest_rows import ContestRows
from tests.support import eventually

Settled = Callable[[ContestRows], Awaitable[None]]


@pytest.fixture
def config(servers: Servers, database_url: str, prefix: str, keys: Path) -> Config:
    return Config(database_url, servers.redis_url, prefix, keys, "127.0.0.1", free_ports(1)[0])


@pytest.fixture
def logs(redis: Redis, channels: Channels) -> Logs:
    return Logs(redis, channels)


@pytest.fixture
async def relay(config: Config) -> AsyncIterator[None]:
    async with relaying(config):
        yield


@asynccontextmanager
async def ranking(config: Config, lease_s: float = LEASE_S) -> AsyncIterator[Telemetry]:
    """A ranker that runs; its telemetry."""
    stop, telemetry = asyncio.Event(), Telemetry("ranker", "warning")
    own = dataclasses.replace(config, port=free_ports(1)[0])
    task = asyncio.create_task(run(own, telemetry, stop, lease_s))
    try:
        yield telemetry
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


@pytest.fixture
async def ranker(config: Config) -> AsyncIterator[Telemetry]:
    async with ranking(config) as telemetry:
        yield telemetry


def spawn_ranker(config: Config, log: Path = Path(os.devnull)) -> "subprocess.Popen[bytes]":
    """`python -m ranker`, a process that can be killed, with what it says in `log`."""
    environment = {
        **os.environ, "DATABASE_URL": config.database_url, "REDIS_URL": config.redis_url, "PODIUM_PREFIX": config.prefix,
        "PODIUM_KEYS": str(config.keys), "PODIUM_PORT": str(config.port),
    }  # fmt: skip
    with log.open("ab") as output:
        return subprocess.Popen([sys.executable, "-m", "ranker"], env=environment, cwd=Path(__file__).parents[2], stderr=output)


@asynccontextmanager
async def relaying(config: Config) -> AsyncIterator[None]:
    own = RelayConfig(config.database_url, config.redis_url, config.prefix, config.keys, config.host, free_ports(1)[0])
    stop = asyncio.Event()
    task = asyncio.create_task(run_relay(own, Telemetry("relay", "warning"), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def settle(logs: Logs, contest: ContestRows, within_s: float = 15.0) -> None:
    """Wait until both published boards are what the fold over PostgreSQL makes."""

    async def equal() -> bool:
        for view in ("public", "full"):
            found = await published(logs, contest.id, f"board:{view}")
            if found is None or found[1] != await folded(contest, view):
                return False
        return True

    await eventually(equal, within_s)


@pytest.fixture
def settled(logs: Logs) -> Settled:
    return functools.partial(settle, logs)


async def folded(contest: ContestRows, view: View) -> Board:
    async with contest.pool.acquire() as connection:
        found = await scores.load(connection, contest.id)
    assert found is not None
    return fold(found.rules, found.questions, found.groups, found.entrants, found.submissions, view)


@pytest.fixture
async def contest(pool: asyncpg.Pool) -> ContestRows:
    return await ContestRows(pool).add()
