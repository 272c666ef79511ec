"""A whole Podium as a subprocess, for tests that need all of it: `podium up` on free ports over a folder of the test's own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from podium.ports import free_ports
from tests.support import stop

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 90


@dataclass
class RunningPodium:
    """`url`: the gateway. `data`: the data folder, whose run.json names the processes."""

    process: "subprocess.Popen[bytes]"
    url: str
    data: Path
    log: Path

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return found

    def pid(self, service: str) -> int:
        """0 while it is down."""
        return int(self.run["services"][service]["pid"])

    def port(self, service: str) -> int:
        return int(self.run["services"][service]["port"])

    def token(self, role: str, contest: str = "", **options: str) -> str:
        """What `podium token` prints."""
        command = [sys.executable, "-m", "podium", "token", "--role", role, "--data", str(self.data)]
        command += ["--contest", contest] if contest else []
        command += [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()

    def stop(self) -> None:
        stop(self.process, 15)


def start_podium(data: Path, *options: str, environment: Mapping[str, str] = MappingProxyType({})) -> RunningPodium:
    """Start it, with `environment` beside our own, and wait until it says that it is ready.

    Raises AssertionError with the end of its output if it does not come up.
    """
    port, log = free_ports(1)[0], data.with_name(data.name + ".log")
    said_before = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "podium", "up", "--port", str(port), "--data", str(data), *options],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, "PODIUM_LOG_LEVEL": "info", **environment},
        )  # fmt: skip
    running = RunningPodium(process, f"http://127.0.0.1:{port}", data, log)
    wait_until_ready(running, said_before)
    return running


def wait_until_ready(running: RunningPodium, said_before: int = 0) -> None:
    """Until it says that it is ready, after the first `said_before` bytes of its log. Raises AssertionError with the end of its output."""
    end = time.monotonic() + READY_WITHIN_S
    while b"Podium is ready" not in running.log.read_bytes()[said_before:]:
        if running.process.poll() is not None or time.monotonic() > end:
            running.stop()
            raise AssertionError(f"podium did not come up:\n{running.log.read_text()[-4000:]}")
        time.sleep(0.1)


@pytest.fixture(scope="package")
def podium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    """One Podium for all tests of a folder, as people start it. Each folder's conftest takes it from here."""
    running = start_podium(tmp_path_factory.mktemp("podium") / "data")
    try:
        yield running
    finally:
        running.stop()
