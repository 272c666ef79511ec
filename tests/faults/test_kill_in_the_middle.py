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
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.invented_feed import write_feed
from tests.oracle import icpc_fold
from tests.running import ROOT, RunningPodium
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SERVICES = ["ws_server-1", "ranker", "engine", "admin", "relay", "gateway", "valkey", "postgres"]
SPEED = 450
"""Of a feed of half an hour: four seconds, and a kill after a third of the submissions still has most of them before it."""
VIEWERS = 8
STANDS_STILL_S = 15.0
"""More than the rest of the feed and the looks of the replay at a board that does not move."""


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


async def test_a_ranker_that_stands_still_is_waited_for(podium: RunningPodium, feed: tuple[Path, int]) -> None:
    """Both boards stand still for longer than the rest of the feed takes: that they agree and do not move is not that they are whole."""

    pid, organiser = podium.pid("ranker"), await asyncio.to_thread(podium.token, "organiser")

    async def stop_for_a_while() -> None:
        """Where nothing waits on the board: nobody can see then that it is an old one."""
        contest = await newest(podium)
        async with httpx.AsyncClient(base_url=podium.url, trust_env=False, headers={"Authorization": f"Bearer {organiser}"}) as client:

            async def stands_without_pending() -> bool:
                os.kill(pid, signal.SIGSTOP)
                rows = (await client.get(f"/api/v1/admin/contests/{contest}/leaderboard/")).json()["rows"]
                if not any(cell.get("num_pending") for row in rows for cell in row.get("cells", {}).values()):
                    return True
                os.kill(pid, signal.SIGCONT)
                return False

            await eventually(stands_without_pending)
        asyncio.get_running_loop().call_later(STANDS_STILL_S, os.kill, pid, signal.SIGCONT)

    try:
        assert_whole(await replay_with_fault(podium, feed, stop_for_a_while), feed[0])
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_redis_rolled_back_by_two_seconds(podium: RunningPodium, feed: tuple[Path, int]) -> None:
    """The newest two seconds of Redis are gone after its restart, while PostgreSQL kept them: a new epoch, everybody resyncs."""
    home, kept = podium.data / "valkey" / "appendonlydir", podium.data / "valkey-before"
    before: dict[str, Any] = {}

    async def roll_back() -> None:
        before["epoch"] = await epoch_of_the_newest(podium)
        before["resyncs"] = await resyncs(podium)
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
    assert result["epoch"] != before["epoch"], "numbers that were handed out before the roll-back are not continued"
    assert await resyncs(podium) >= before["resyncs"] + VIEWERS, "every viewer was told"


async def newest(podium: RunningPodium) -> str:
    """The id of the contest that was made last."""
    database = await asyncpg.connect(podium.run["database_url"])
    contest: str = await database.fetchval("SELECT id::text FROM contests_contest ORDER BY created_at DESC LIMIT 1")
    await database.close()
    return contest


async def epoch_of_the_newest(podium: RunningPodium) -> str:
    contest = await newest(podium)
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False) as client:
        return str((await client.get(f"/api/v1/contest/{contest}/leaderboard/")).json()["epoch"])


async def resyncs(podium: RunningPodium) -> float:
    """How many clients were told to start from a snapshot because of a new epoch, by the node's own count."""
    operator = await asyncio.to_thread(podium.token, "operator")
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False) as client:
        answer = await client.get("/api/v1/monitoring/metrics/", headers={"Authorization": f"Bearer {operator}"})
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    samples = [sample for family in families for sample in family.samples if sample.name == "podium_ws_resyncs_total"]
    return sum(sample.value for sample in samples if sample.labels["reason"] == "epoch")


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
    folded = icpc_fold.final_board(feed.read_bytes().splitlines())
    assert result["board"] == folded
    assert result["viewers_agree"] is True
    assert result["leaks"] == 0
    assert result["staff_saw_frozen"] > 0
