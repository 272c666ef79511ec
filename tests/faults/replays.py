"""A replay of the invented feed through a running Podium with a fault in its middle, and what has to be true at its end."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from tests.oracle import icpc_fold
from tests.running import ROOT, RunningPodium
from tests.support import eventually

SPEED = 450
"""Of a feed of half an hour: four seconds, and a fault after a third of the submissions still has most of them before it."""
VIEWERS = 8


@dataclass(frozen=True)
class Feed:
    """An event feed and how many submissions it has."""

    path: Path
    submissions: int


async def replay_with_fault(podium: RunningPodium, feed: Feed, fault: Callable[[], Awaitable[None]], speed: int = SPEED) -> dict[str, Any]:
    """Replay the feed; when a third of its submissions are stored, let the fault happen. Returns what the replay says at its end."""
    command = [sys.executable, "-m", "podium", "replay", str(feed.path), "--url", podium.url, "--data", str(podium.data)]
    command += ["--speed", str(speed), "--viewers", str(VIEWERS), "--json"]
    database = await asyncpg.connect(podium.run["database_url"])
    stored = "SELECT count(*) FROM podium_submission"
    before = await database.fetchval(stored)
    replay = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        await eventually(lambda: _reached(database, stored, before + feed.submissions // 3), within_s=60)
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


def assert_whole(result: dict[str, Any], feed: Feed) -> None:
    folded = icpc_fold.final_board(feed.path.read_bytes().splitlines())
    assert result["board"] == folded
    assert result["viewers_agree"] is True
    assert result["leaks"] == 0
    assert result["staff_saw_frozen"] > 0
