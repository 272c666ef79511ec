"""A relay of its own for a test."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from podium.ports import free_ports
from relay.config import Config
from relay.run import run
from tests.conftest import Servers
from tests.contest_rows import ContestRows


@pytest.fixture
def config(servers: Servers, database_url: str, prefix: str, keys: Path) -> Config:
    return Config(database_url, servers.redis_url, prefix, keys, "127.0.0.1", free_ports(1)[0])


@asynccontextmanager
async def relaying(config: Config) -> AsyncIterator[Telemetry]:
    """A relay that runs; its telemetry."""
    stop, telemetry = asyncio.Event(), Telemetry("relay", "warning")
    task = asyncio.create_task(run(config, telemetry, stop))
    try:
        yield telemetry
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


def spawn_relay(config: Config) -> "subprocess.Popen[bytes]":
    """`python -m relay`, a process that can be killed."""
    environment = {
        **os.environ, "DATABASE_URL": config.database_url, "REDIS_URL": config.redis_url, "PODIUM_PREFIX": config.prefix,
        "PODIUM_KEYS": str(config.keys), "PODIUM_PORT": str(config.port),
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "relay"], env=environment, cwd=Path(__file__).parents[2])


@pytest.fixture
async def relay(config: Config) -> AsyncIterator[Telemetry]:
    async with relaying(config) as telemetry:
        yield telemetry


@pytest.fixture
def logs(redis: Redis, channels: Channels) -> Logs:
    return Logs(redis, channels)


@pytest.fixture
async def contest(pool: asyncpg.Pool) -> ContestRows:
    return await ContestRows(pool).add()
