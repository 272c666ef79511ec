"""A node whose subscription goes deaf in the middle of a replay, while Redis answers every PING: its light is red within five seconds, it
hears again by itself, and nobody has missed anything."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tests.conftest import Servers
from tests.deaf_line import DeafLine
from tests.faults.replays import SPEED, Feed, assert_whole, replay_with_fault
from tests.running import RunningPodium, start_podium
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

NOT_READY_WITHIN_S = 5
SLOWED = SPEED // 4
"""Deaf from second 5 of 16 to 11 at most: the frozen part comes when the node hears again, and its staff can hold it before the thaw."""


@pytest.fixture
async def line(servers: Servers) -> AsyncIterator[DeafLine]:
    async with DeafLine(int(servers.redis_url.rpartition(":")[2].partition("/")[0])) as opened:
        yield opened


@pytest.fixture
async def behind_the_line(
    servers: Servers, database_url: str, prefix: str, line: DeafLine, tmp_path: Path
) -> AsyncIterator[RunningPodium]:  # fmt: skip
    """A Podium on servers that were there before it, Redis over the line."""
    redis_url = servers.redis_url.rpartition(":")[0] + f":{line.port}/0"
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PODIUM_PREFIX": prefix}
    running = await asyncio.to_thread(start_podium, tmp_path / "data", environment=given)
    try:
        yield running
    finally:
        await asyncio.to_thread(running.stop)


async def test_nothing_is_missed(behind_the_line: RunningPodium, line: DeafLine, feed: Feed) -> None:
    podium = behind_the_line
    node = podium.pid("ws_server-1")

    async def deafen() -> None:
        line.deaf, begun = True, time.monotonic()
        await eventually(lambda: _node_is(podium, ready=False), within_s=NOT_READY_WITHIN_S)
        assert time.monotonic() - begun < NOT_READY_WITHIN_S
        assert line.swallowed_bytes > 0
        async with Redis.from_url(podium.run["redis_url"]) as client:
            assert await client.ping()
        line.deaf = False
        await eventually(lambda: _node_is(podium, ready=True))

    result = await replay_with_fault(podium, feed, deafen, SLOWED)
    assert_whole(result, feed)
    assert podium.pid("ws_server-1") == node, "it healed by itself"


async def _node_is(podium: RunningPodium, ready: bool) -> bool:
    """By the public health, and with everything else as it should be: only who is deaf is not ready."""
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False) as client:
        checks: dict[str, Any] = (await client.get("/api/v1/monitoring/health/ready")).json()["checks"]
    return bool(checks["ws_server-1"]["ok"]) == ready and all(check["ok"] for name, check in checks.items() if name != "ws_server-1")
