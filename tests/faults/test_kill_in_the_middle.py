"""kill -9 of each process, one by one, in the middle of a replay: nothing acknowledged is lost, all viewers converge, nothing leaks."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.oracle import icpc_fold

from tests.faults.invented_feed import write_feed
from tests.running import ROOT, RunningPodium
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SERVICES = ["ws_server-1", "ranker", "engine", "admin", "relay", "gateway", "valkey", "postgres"]
SPEED = 200
VIEWERS = 8


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("feed") / "invented.ndjson"
    return path, write_feed(path)


@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_acknowledged_is_lost(podium: RunningPodium, feed: tuple[Path, int], service: str) -> None:
    async def kill() -> None:
        os.kill(podium.pid(service), signal.SIGKILL)

    before = podium.pid(service)
    result = await replay_with_fault(podium, feed, kill)
    assert podium.pid(service) not in (0, before), "it was started again"
    assert_whole(result, feed[0])


async def test_redis_rolled_back_by_two_seconds(podium: RunningPodium, feed: tuple[Path, int]) -> None:
    """The newest two seconds of Redis are gone after its restart, while PostgreSQL kept them: a new epoch, everybody resyncs."""
    home, kept = podium.data / "valkey" / "appendonlydir", podium.data / "valkey-before"

    async def roll_back() -> None:
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(home, kept)
        await asyncio.sleep(2)
        supervisor = int(podium.run["supervisor_pid"])
        os.kill(supervisor, signal.SIGSTOP)
        try:
            os.kill(podium.pid("valkey"), signal.SIGKILL)
            shutil.rmtree(home)
            shutil.copytree(kept, home)
        finally:
            os.kill(supervisor, signal.SIGCONT)

    result = await replay_with_fault(podium, feed, roll_back)
    assert_whole(result, feed[0])
    assert result["epochs_seen"] >= 2 if "epochs_seen" in result else True


async def replay_with_fault(podium: RunningPodium, feed: tuple[Path, int], fault: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    """Replay the feed; when a third of its submissions are stored, let the fault happen. Returns what the replay says at its end."""
    path, submissions = feed
    command = [sys.executable, "-m", "podium", "replay", str(path), "--url", podium.url, "--data", str(podium.data)]
    command += ["--speed", str(SPEED), "--viewers", str(VIEWERS), "--json"]
    database = await asyncpg.connect(podium.run["database_url"])
    stored = "SELECT count(*) FROM podium_submission"
    before = await database.fetchval(stored)
    replay = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        await eventually(lambda: _reached(database, stored, before + submissions // 3), within_s=60)
        await database.close()
        await fault()
        told, complaints = await asyncio.wait_for(replay.communicate(), 180)
    finally:
        if replay.returncode is None:
            replay.kill()
        database.terminate()
    assert replay.returncode == 0, complaints[-3000:].decode()
    result: dict[str, Any] = json.loads(told.strip().splitlines()[-1])
    return result


async def _reached(database: asyncpg.Connection, query: str, count: int) -> bool:
    return bool(await database.fetchval(query) >= count)


def assert_whole(result: dict[str, Any], feed: Path) -> None:
    folded = icpc_fold.fold(feed.read_text().splitlines())
    assert result["board"] == folded
    assert result["viewers_agree"] is True
    assert result["leaks"] == 0
    assert result["staff_saw_frozen"] > 0
