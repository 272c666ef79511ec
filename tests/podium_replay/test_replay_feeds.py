"""`podium replay` of every feed of our own, as a command, against the independent fold. All at once: replays mostly wait."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.oracle import icpc_fold
from tests.running import ROOT, RunningPodium

FEEDS = sorted((Path(__file__).parent.parent / "feeds").glob("*.ndjson"))
AT_ONCE = 6


class Told(NamedTuple):
    code: int
    result: dict[str, Any]
    messages: str


@pytest.fixture(scope="module")
def told(podium: RunningPodium) -> dict[str, Told]:
    """What each replay said, by the feed's name."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(feed: Path) -> Told:
        command = [sys.executable, "-m", "podium", "replay", str(feed), "--url", podium.url, "--data", str(podium.data)]
        command += ["--speed", "600", "--viewers", "3", "--json"]
        async with slots:
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            out, err = await asyncio.wait_for(process.communicate(), 120)
        lines = out.decode().strip().splitlines()
        return Told(process.returncode or 0, json.loads(lines[-1]) if lines else {}, err.decode())

    async def every() -> list[Told]:
        return await asyncio.gather(*(one(feed) for feed in FEEDS))

    return dict(zip([feed.stem for feed in FEEDS], asyncio.run(every()), strict=True))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda path: path.stem)
def test_the_board_is_that_of_the_independent_fold(told: dict[str, Told], feed: Path) -> None:
    found = told[feed.stem]
    assert found.code == 0, found.messages
    assert found.result["board"] == icpc_fold.final_board(feed.read_bytes().splitlines())


@pytest.mark.parametrize("feed", FEEDS, ids=lambda path: path.stem)
def test_all_viewers_agree_staff_knew_and_the_public_did_not(told: dict[str, Told], feed: Path) -> None:
    result = told[feed.stem].result
    assert list(result) == ["contest", "epoch", "seq", "board", "viewers_agree", "leaks", "staff_saw_frozen"]
    assert result["viewers_agree"] is True
    assert result["leaks"] == 0
    assert result["staff_saw_frozen"] > 0
    assert set(result["board"][0]) == {"rank", "id", "name", "solved", "penalty_min"}


def test_broken_lines_are_named(told: dict[str, Told]) -> None:
    messages = told["broken"].messages
    lines = (ROOT / "tests" / "feeds" / "broken.ndjson").read_bytes().splitlines()
    broken = [number for number, line in enumerate(lines, 1) if line.strip() and not _is_object(line)]
    assert broken
    assert all(f"broken.ndjson, line {number}: " in messages for number in broken)


def test_nothing_of_sound_feeds_is_refused(told: dict[str, Told]) -> None:
    assert not [name for name, found in told.items() if "was refused" in found.messages]


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


@pytest.mark.parametrize(("feed", "says"), [("nowhere.ndjson", "nowhere.ndjson"), ("README.md", "no contest")])
def test_what_cannot_be_played_is_said_in_a_line(podium: RunningPodium, feed: str, says: str) -> None:
    command = [sys.executable, "-m", "podium", "replay", str(ROOT / "tests" / "feeds" / feed), "--url", podium.url]
    ended = subprocess.run([*command, "--data", str(podium.data)], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
