"""The supervisor over small real processes: what it logs, when it starts them again, how it ends them."""

import asyncio
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from contest.process_ends import KEPT, ProcessEnd, ProcessEnds, read_ends
from podium import backoff
from podium.bounded_log import BoundedLog, last_lines
from podium.data_folder import DataFolder, open_folder
from podium.processes import spawn
from podium.supervisor import LINE_BYTES, Service, Supervisor, end_in_words
from tests.support import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    with open_folder(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def told() -> list[dict[str, Any]]:
    """What the supervisor reported, as events."""
    return []


@pytest.fixture
async def supervisor(folder: DataFolder, told: list[dict[str, Any]]) -> AsyncIterator[Supervisor]:
    def keep(_: Any, __: str, event: Any) -> str:
        told.append(dict(event))
        return ""

    report = structlog.wrap_logger(structlog.ReturnLogger(), processors=[keep])
    made = Supervisor(folder, report, lambda: None, verbose=False)
    yield made
    await made.stop()


def shell(name: str, script: str, **options: Any) -> Service:
    return Service(name, functools.partial(spawn, ["/bin/sh", "-c", script], dict(os.environ)), **options)


async def test_what_a_process_says_is_in_its_log(supervisor: Supervisor, folder: DataFolder) -> None:
    supervisor.keep(shell("talker", "echo out; echo err >&2; exec sleep 60"))
    await eventually(lambda: (folder.logs / "talker.log").read_text() == "out\nerr\n")


async def test_a_process_that_ends_is_started_again_and_its_end_is_told(supervisor: Supervisor, told: list[dict[str, Any]]) -> None:
    keeper = supervisor.keep(shell("mortal", "exit 3"))
    await eventually(lambda: keeper.ends_in_a_row >= 3)
    assert told[0]["event"] == "process.ended"
    assert (told[0]["name"], told[0]["end"]) == ("mortal", "exit code 3")
    pauses = [event["again_in_s"] for event in told]
    assert pauses[0] < pauses[2]


async def test_a_killed_process_has_another_pid_soon(supervisor: Supervisor) -> None:
    keeper = supervisor.keep(shell("victim", "exec sleep 60"))
    first = await eventually(lambda: keeper.pid)
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: keeper.pid not in (0, first), within_s=2)


async def test_ends_that_nobody_asked_for_are_noted_in_the_folder(supervisor: Supervisor, folder: DataFolder) -> None:
    """Also while the process that would show them is down, and none for a process that was stopped."""
    mortal, quiet = supervisor.keep(shell("mortal", "exec sleep 60")), supervisor.keep(shell("quiet", "exec sleep 60"))
    assert read_ends(folder.ends_file).counts == {"mortal": 0, "quiet": 0}
    os.kill(await eventually(lambda: mortal.pid), signal.SIGKILL)
    found = await eventually(lambda: (ends := read_ends(folder.ends_file)).last and ends)
    await eventually(lambda: quiet.pid)
    await supervisor.stop()
    assert read_ends(folder.ends_file) == found
    assert found.counts == {"mortal": 1, "quiet": 0}
    (end,) = found.last
    assert (end.process, end.end) == ("mortal", "signal SIGKILL")
    assert 0 < end.again_in_s < 1


def test_ends_are_counted_on_when_the_oldest_are_forgotten() -> None:
    ends = ProcessEnds().watching("a")
    for number in range(KEPT + 5):
        ends = ends.with_end(ProcessEnd("", "a", str(number), 0, 0))
    assert ends.counts == {"a": KEPT + 5}
    assert [end.end for end in ends.last] == [str(number) for number in range(KEPT + 4, 4, -1)]


async def test_a_disk_that_takes_no_note_keeps_nothing_from_starting_again(
    supervisor: Supervisor, folder: DataFolder, told: list[dict[str, Any]]
) -> None:  # fmt: skip
    folder.ends_file.mkdir()
    keeper = supervisor.keep(shell("mortal", "exit 3"))
    await eventually(lambda: keeper.ends_in_a_row >= 2)
    assert [event["event"] for event in told[:3]] == ["process_ends.not_written", "process.ended", "process_ends.not_written"]


async def test_a_binary_that_is_not_there_is_tried_again(supervisor: Supervisor, told: list[dict[str, Any]]) -> None:
    keeper = supervisor.keep(Service("nothing", functools.partial(spawn, ["/no/such/binary"], {})))
    await eventually(lambda: keeper.ends_in_a_row >= 2)
    assert told[0]["end"].startswith("not started: ")


async def test_a_stubborn_process_is_killed_after_its_time(supervisor: Supervisor, folder: DataFolder, told: list[dict[str, Any]]) -> None:
    keeper = supervisor.keep(shell("stubborn", "trap '' TERM; echo ready; while :; do sleep 0.05; done", stop_within_s=0.3))
    await eventually(lambda: (folder.logs / "stubborn.log").read_text() == "ready\n")
    began = time.monotonic()
    await keeper.stop()
    assert 0.3 <= time.monotonic() - began < 3
    assert [event["event"] for event in told] == ["process.killed", "process.stopped"]
    assert told[1]["end"] == "signal SIGKILL"


async def test_stopping_goes_by_rank(supervisor: Supervisor, told: list[dict[str, Any]]) -> None:
    for name, rank in (("truth", 2), ("socket", 0), ("rest", 1)):
        supervisor.keep(shell(name, "exec sleep 60", stop_rank=rank))
    await eventually(lambda: all(keeper.pid for keeper in supervisor.keepers()))
    await supervisor.stop()
    assert [event["name"] for event in told] == ["socket", "rest", "truth"]


async def test_stopping_does_not_wait_for_a_pause_to_end(supervisor: Supervisor) -> None:
    keeper = supervisor.keep(shell("mortal", "exit 1"))
    await eventually(lambda: keeper.ends_in_a_row >= 1)
    keeper.ends_in_a_row = 20
    await eventually(lambda: keeper.pid == 0)
    began = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - began < 2


async def test_a_line_without_end_is_cut_not_kept(supervisor: Supervisor, folder: DataFolder) -> None:
    supervisor.keep(shell("long", f"head -c {3 * LINE_BYTES} /dev/zero | tr '\\0' x; echo; exec sleep 60"))
    written = folder.logs / "long.log"
    await eventually(lambda: written.stat().st_size >= 3 * LINE_BYTES)
    assert max(len(line) for line in written.read_bytes().splitlines()) <= LINE_BYTES


def test_ends_are_told_in_words() -> None:
    assert end_in_words(2) == "exit code 2"
    assert end_in_words(-9) == "signal SIGKILL"
    assert end_in_words(-40) == "signal 40"


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_pauses_grow_to_the_cap_and_no_further(ends: int, chance: float) -> None:
    pause = backoff.pause_s(ends, chance)
    assert backoff.FIRST_S / 2 <= pause <= backoff.CAP_S
    assert backoff.pause_s(ends + 1, chance) >= pause


def test_a_long_life_is_forgiven() -> None:
    assert backoff.ends_in_a_row(7, backoff.HEALTHY_AFTER_S) == 0
    assert backoff.ends_in_a_row(7, 1.0) == 8


@given(st.lists(st.binary(max_size=40), max_size=60))
def test_a_log_stays_within_its_bound_and_keeps_the_newest(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("log") / "x.log"
    log = BoundedLog(path, limit_bytes=100)
    for line in lines:
        log.write(line)
    log.close()
    before = path.with_name("x.log.1")
    kept = (before.read_bytes() if before.exists() else b"") + path.read_bytes()
    assert path.stat().st_size <= 100
    assert b"".join(lines).endswith(kept)
    assert len(kept) >= min(len(b"".join(lines)), 60)


def test_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("".join(f"line {number}\n" for number in range(5000)))
    assert last_lines(tmp_path / "x.log", 2) == "line 4998\nline 4999"
    assert last_lines(tmp_path / "none.log", 2) == "(no log)"


async def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A parent of its own that forks one child as the supervisor does, then is killed with signal 9."""
    script = (
        "import sys, time, os; from podium.processes import spawn;"
        "print(spawn(['/bin/sleep', '60'], dict(os.environ), 2).pid, flush=True); time.sleep(60)"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE)
    assert parent.stdout
    child = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await eventually(lambda: _is_gone(child), within_s=5)


def _is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
