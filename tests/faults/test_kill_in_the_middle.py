"""kill -9 of each process, one by one, in the middle of a replay: nothing acknowledged is lost, all viewers converge, nothing leaks."""

import asyncio
import os
import shutil
import signal
from typing import Any

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.replays import SPEED, VIEWERS, Feed, assert_whole, replay_with_fault
from tests.running import RunningPodium
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SERVICES = ["ws_server-1", "ranker", "engine", "admin", "relay", "gateway", "valkey", "postgres"]
STANDS_STILL_S = 15.0
"""More than the rest of the feed and the looks of the replay at a board that does not move."""

FROZEN_TIME_PASSES_S = 4.0
"""So long nobody can be told anything before the node is killed: the replay has to wait for its staff before it thaws."""


@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_acknowledged_is_lost(podium: RunningPodium, feed: Feed, service: str) -> None:
    before = podium.pid(service)

    async def kill() -> None:
        if service == "ws_server-1":
            os.kill(before, signal.SIGSTOP)
            await asyncio.sleep(FROZEN_TIME_PASSES_S)
        os.kill(before, signal.SIGKILL)

    result = await replay_with_fault(podium, feed, kill, 2 * SPEED)  # what was killed is back within a second
    assert podium.pid(service) not in (0, before), "it was started again"
    assert_whole(result, feed)


async def test_a_ranker_that_stands_still_is_waited_for(podium: RunningPodium, feed: Feed) -> None:
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
        assert_whole(await replay_with_fault(podium, feed, stop_for_a_while), feed)
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_redis_rolled_back_by_two_seconds(podium: RunningPodium, feed: Feed) -> None:
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
    assert_whole(result, feed)
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
