"""Announcements made while Redis is down, and people who come in meanwhile: everybody holds each of them once, whoever came when."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from podium_client import ContestFeed

from tests.running import RunningPodium
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TIMES = 4
JOINERS_EACH = 3


@asynccontextmanager
async def watching(url: str, contest: str) -> AsyncIterator[ContestFeed]:
    """A viewer that follows until the end of the block."""
    feed = ContestFeed(url, contest)

    async def read() -> None:
        async for _ in feed:
            pass

    reading = asyncio.create_task(read())
    try:
        yield feed
    finally:
        await feed.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def told(feed: ContestFeed) -> list[str]:
    return [one.text for one in feed.announcements]


async def test_each_is_heard_once(podium: RunningPodium) -> None:
    token = await asyncio.to_thread(podium.token, "organiser")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False, timeout=20, headers=headers) as client:

        async def make(path: str, body: object) -> str:
            answer = await client.post(f"/api/v1/admin/{path}", json=body)
            assert answer.status_code in (200, 201), answer.text
            return str(answer.json()["id"])

        contest = await make("contests/", {"title": "Storm", "duration_s": 3600})
        await make(f"contests/{contest}/start/", {})
        await eventually(lambda: _is_known(client, contest))
        wanted: list[str] = []
        async with watching(podium.url, contest) as first:
            joined = [first]
            await eventually(lambda: first.status is not None)
            stack = []
            try:
                for number in range(TIMES):
                    await _kill_valkey_and(
                        podium, lambda number=number: make("announcements/", {"contest_id": contest, "text": f"{number}"})
                    )
                    wanted.append(str(number))
                    for _ in range(JOINERS_EACH):
                        stack.append(opened := watching(podium.url, contest))
                        joined.append(await opened.__aenter__())
                    await eventually(lambda: all(told(feed) == wanted for feed in joined), within_s=30)
            finally:
                for opened in stack:
                    await opened.__aexit__(None, None, None)


async def _is_known(client: httpx.AsyncClient, contest: str) -> bool:
    return (await client.get(f"/api/v1/contest/{contest}/status/")).status_code == 200


async def _kill_valkey_and(podium: RunningPodium, act) -> None:  # type: ignore[no-untyped-def]
    """`act` happens for certain while Valkey is away: who would start it again stands still."""
    supervisor = int(podium.run["supervisor_pid"])
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(podium.pid("valkey"), signal.SIGKILL)
        await act()
    finally:
        os.kill(supervisor, signal.SIGCONT)
