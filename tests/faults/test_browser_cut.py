"""A real browser on the board page loses its line in the middle of a replay. Its own frame log tells what it got when it was back."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from playwright.async_api import Page
from redis.asyncio import Redis

from contest.broker.logs import STREAM_CAP, Entry, Logs
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from tests.faults.cuttable_line import CuttableLine
from tests.faults.invented_feed import write_feed
from tests.running import ROOT, RunningPodium
from tests.support import eventually
from tests.web.conftest import OpenPage

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CUT_S = 10
LIVE = "podium.feed.positions()['board:public']"


@pytest.fixture
async def replay(podium: RunningPodium, tmp_path: Path) -> AsyncIterator[str]:
    """A replay that goes on for longer than the test (about 40 s); its contest's id."""
    write_feed(tmp_path / "feed.ndjson", minutes=60, submissions=600)
    database = await asyncpg.connect(podium.run["database_url"])
    newest = "SELECT id::text FROM contests_contest WHERE status = 'ongoing' ORDER BY created_at DESC LIMIT 1"
    before = await database.fetchval(newest)
    command = [sys.executable, "-m", "podium", "replay", str(tmp_path / "feed.ndjson"), "--url", podium.url, "--data", str(podium.data)]
    player = await asyncio.create_subprocess_exec(
        *command, "--speed", "90", "--viewers", "1", cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    async def begun() -> str | None:
        found: str | None = await database.fetchval(newest)
        return found if found != before else None

    try:
        yield await eventually(begun, within_s=30)
        assert player.returncode is None, "it was still going on"
    finally:
        await database.close()
        if player.returncode is None:
            player.terminate()
            await player.wait()


async def frames(page: Page) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The frames of the log: those up to the last time the line was opened, and those since."""
    notes = await page.evaluate("podium.feed.frames().map(note => [note.what, note.text])")
    opened = max(index for index, (what, _) in enumerate(notes) if what == "open")
    before, since = ([json.loads(text) for what, text in part if what == "frame"] for part in (notes[:opened], notes[opened:]))
    return before, since


async def test_cut_for_ten_seconds_it_gets_exactly_what_it_missed(podium: RunningPodium, replay: str, open_page: OpenPage) -> None:
    async with CuttableLine(int(podium.url.rpartition(":")[2])) as line:
        page = await open_page(f"http://127.0.0.1:{line.port}/board/{replay}?frames=10000", line_may_fail=True)
        await page.wait_for_function(f"() => {LIVE} && {LIVE}.seq >= 3")
        await line.cut()
        await asyncio.sleep(CUT_S)
        await line.mend()
        await page.evaluate("podium.feed.now()")
        await page.wait_for_function("() => podium.feed.frames().filter(note => note.what === 'open').length > 1")
        await page.wait_for_function("() => document.querySelector('[data-line]').dataset.line === 'live'")
        before, since = await frames(page)
    for log in ("board:public", "events:public"):
        held = max(frame["seq"] for frame in before if frame.get("log") == log)
        got = [frame["seq"] for frame in since if frame.get("log") == log]
        assert got == list(range(held + 1, held + 1 + len(got))), f"{log} goes on after {held}"
    assert len([frame for frame in since if frame["type"] == "board.delta"]) > 10, "something was missed"
    assert not [frame["type"] for frame in since if frame["type"].endswith("snapshot") or frame["type"] == "resync"]
    stands = next(frame for frame in since if frame["type"] == "hello")["logs"]["board:public"]
    assert stands["seq"] in [frame["seq"] for frame in since if frame.get("log") == "board:public"]


async def test_cut_for_longer_than_the_log_is_kept_it_is_told_once(podium: RunningPodium, replay: str, open_page: OpenPage) -> None:
    contest = ContestId(replay)
    async with CuttableLine(int(podium.url.rpartition(":")[2])) as line:
        page = await open_page(f"http://127.0.0.1:{line.port}/board/{replay}?frames=10000", line_may_fail=True)
        await page.wait_for_function("() => podium.feed.positions()['events:public']")
        await line.cut()
        async with Redis.from_url(podium.run["redis_url"]) as redis:
            logs = Logs(redis, Channels(podium.run["prefix"]))
            for begin in range(0, 2 * STREAM_CAP, 200):
                await logs.publish_all([Entry(contest, "events:public", _announcement(n)) for n in range(begin, begin + 200)])
        await eventually(lambda: _node_has_read(podium, replay))
        await line.mend()
        await page.evaluate("podium.feed.now()")
        await page.wait_for_function("() => podium.feed.frames().filter(note => note.what === 'open').length > 1")
        await page.wait_for_function("() => document.querySelector('[data-line]').dataset.line === 'live'")
        _, since = await frames(page)
    resyncs = [frame for frame in since if frame["type"] == "resync"]
    assert resyncs == [{"type": "resync", "log": "events:public", "reason": "behind"}]
    of_log = [frame["type"] for frame in since if frame.get("log") == "events:public"]
    assert of_log[:2] == ["resync", "events.snapshot"]
    assert of_log.count("events.snapshot") == 1
    assert "board.snapshot" not in [frame["type"] for frame in since], "the other log went on where it was"


def _announcement(number: int) -> bytes:
    said = {"id": uuid7(), "text": f"Number {number}.", "posted_at": "2026-05-02T10:00:00.000Z"}
    return json.dumps({"type": "announcement.posted", "announcement": said}, separators=(",", ":")).encode()[1:]


async def _node_has_read(podium: RunningPodium, contest: str) -> bool:
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False) as client:
        answer = await client.get(f"/api/v1/contest/{contest}/status/")
        return bool(answer.json()["seq"] >= 2 * STREAM_CAP)
