"""Keeps real processes running: starts them, logs what they say and why they ended, starts them again with a growing pause, stops them.

Every child dies with this process (PR_SET_PDEATHSIG, set where it is forked), also when this process is killed with signal 9. The kernel
ties that to the forking thread, so everything here runs on the main thread's loop. Which processes there are is podium.processes'.
"""

import asyncio
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contest.process_ends import ProcessEnd
from contest.telemetry import now_in_words
from podium import backoff
from podium.bounded_log import BoundedLog, last_lines
from podium.data_folder import DataFolder
from podium.ends_file import EndsFile

LINE_BYTES = 64 << 10
"""Longest line kept whole from a child; a longer one is cut into pieces."""


@dataclass(frozen=True, slots=True)
class Service:
    """One process to keep running. `start` forks it with the given descriptor as standard output and error.

    `stop_signal` asks it to end; after `stop_within_s` it is killed. Services of a smaller `stop_rank` are stopped first.
    """

    name: str
    start: Callable[[int], "subprocess.Popen[bytes]"]
    port: int = 0
    stop_signal: int = signal.SIGTERM
    stop_within_s: float = 8.0
    stop_rank: int = 0


class Keeper:
    """Keeps one service running. Owner: the Supervisor. Bound: one child, one line of at most LINE_BYTES."""

    def __init__(self, service: Service, log: BoundedLog, report: Any, changed: Callable[[], None], ends: EndsFile) -> None:
        self.service = service
        self.ends_in_a_row = 0
        self._log = log
        self._report = report
        self._changed = changed
        self._ends = ends
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"keep {service.name}")

    @property
    def pid(self) -> int:
        """0 while it is down."""
        return self._process.pid if self._process else 0

    @property
    def why_down(self) -> str:
        return f"{self.service.name} does not start; the end of {self._log.path}:\n{last_lines(self._log.path, 15)}"

    async def stop(self) -> None:
        """Ask the process to end, wait, kill it if it does not; returns when it is gone."""
        self._stopping.set()
        if self._process:
            self._process.send_signal(self.service.stop_signal)
            done, _ = await asyncio.wait([self._task], timeout=self.service.stop_within_s)
            if not done:
                self._report.warning("process.killed", name=self.service.name, pid=self.pid, after_s=self.service.stop_within_s)
                self.kill()
        await self._task
        self._log.close()

    def kill(self) -> None:
        self._stopping.set()
        if self._process:
            self._process.kill()

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            end = await self._run_once()
            lived_s = time.monotonic() - started
            self._changed()
            if self._stopping.is_set():
                self._report.info("process.stopped", name=self.service.name, end=end)
                return
            self.ends_in_a_row = backoff.ends_in_a_row(self.ends_in_a_row, lived_s)
            pause_s = backoff.pause_s(self.ends_in_a_row, random.random())
            self._report.error("process.ended", name=self.service.name, end=end, lived_s=round(lived_s, 2), again_in_s=round(pause_s, 2))
            self._ends.note(ProcessEnd(now_in_words(), self.service.name, end, round(lived_s, 2), round(pause_s, 2)))
            await _unless(self._stopping, pause_s)

    async def _run_once(self) -> str:
        """Start the process and wait for its end, which is returned in words."""
        reading, writing = os.pipe()
        try:
            self._process = self.service.start(writing)
        except (OSError, subprocess.SubprocessError) as error:
            os.close(reading)
            return f"not started: {error}"
        finally:
            os.close(writing)
        self._changed()
        copying = asyncio.create_task(_copy_lines(reading, self._log))
        try:
            await gone(self._process)
            return end_in_words(self._process.wait())
        finally:
            self._process = None
            await _finish_copying(copying)


class Supervisor:
    """All services of one `podium up`. Owner: podium.up. Bound: one Keeper a service. Lost with the process, as the children are."""

    def __init__(self, folder: DataFolder, report: Any, changed: Callable[[], None], verbose: bool) -> None:
        self._folder = folder
        self._report = report
        self._changed = changed
        self._verbose = verbose
        self._ends = EndsFile(folder.ends_file, report)
        self._keepers: dict[str, Keeper] = {}

    def keep(self, service: Service) -> Keeper:
        """Start the service and keep it running from now on."""
        log = BoundedLog(self._folder.logs / f"{service.name}.log", service.name if self._verbose else None)
        self._ends.watch(service.name)
        keeper = Keeper(service, log, self._report, self._changed, self._ends)
        self._keepers[service.name] = keeper
        return keeper

    def keepers(self) -> list[Keeper]:
        return list(self._keepers.values())

    async def stop(self) -> None:
        """Stop everything, rank by rank; those of one rank together."""
        for rank in sorted({keeper.service.stop_rank for keeper in self.keepers()}):
            await asyncio.gather(*(keeper.stop() for keeper in self.keepers() if keeper.service.stop_rank == rank))

    def kill(self) -> None:
        for keeper in self.keepers():
            keeper.kill()


def end_in_words(returncode: int) -> str:
    """What subprocess says about an end: a negative code is a signal."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return f"signal {signal.Signals(-returncode).name}"
    except ValueError:
        return f"signal {-returncode}"


async def gone(process: "subprocess.Popen[bytes]") -> None:
    """Until the process has ended, without a thread and without polling."""
    loop = asyncio.get_running_loop()
    handle = os.pidfd_open(process.pid)
    ended = loop.create_future()
    loop.add_reader(handle, lambda: None if ended.done() else ended.set_result(None))
    try:
        await ended
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def _copy_lines(descriptor: int, log: BoundedLog) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb"))
    try:
        while line := await _line(reader):
            log.write(line)
    finally:
        transport.close()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        return await reader.readexactly(LINE_BYTES) + b"\n"


async def _finish_copying(copying: "asyncio.Task[None]") -> None:
    """The last lines, but no longer than a second: a grandchild may hold the pipe open."""
    await asyncio.wait([copying], timeout=1)
    copying.cancel()
    await asyncio.gather(copying, return_exceptions=True)


async def _unless(event: asyncio.Event, pause_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), pause_s)
    except TimeoutError:
        return
