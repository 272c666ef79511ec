"""`podium up` as a user without any right, when the tests themselves run as root (else every other test shows it)."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from podium.ports import free_ports
from tests.running import ROOT
from tests.support import stop

NOBODY = 65_534
READY_WITHIN_S = 60

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the whole suite runs as an ordinary user already")


def as_nobody(python: str) -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python]


def environment() -> dict[str, str]:
    """Our libraries, also for a Python that is not the virtual environment's."""
    places = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(places), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def python() -> str:
    """A Python that this user can execute and that finds everything: the tests' own, or the system's if that lies in root's home."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        probe = [*as_nobody(candidate), "-c", "import asyncpg, orjson, podium.up, redis"]
        if subprocess.run(probe, env=environment(), cwd="/", capture_output=True).returncode == 0:
            return candidate
    pytest.skip("an ordinary user can read neither this folder nor a Python of this version")


@pytest.fixture
def data() -> Iterator[Path]:
    """Not below pytest's own folder, which is root's alone."""
    home = Path(tempfile.mkdtemp(prefix="podium-nobody-"))
    os.chown(home, NOBODY, NOBODY)
    yield home / "data"
    shutil.rmtree(home)


def test_everything_runs_as_an_ordinary_user(python: str, data: Path, tmp_path: Path) -> None:
    port, log = free_ports(1)[0], tmp_path / "log"
    command = [*as_nobody(python), "-m", "podium", "up", "--port", str(port), "--data", str(data)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(), cwd="/", stdout=output, stderr=output)
    try:
        end = time.monotonic() + READY_WITHIN_S
        while b"Podium is ready" not in log.read_bytes():
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < end, log.read_text()[-4000:]
            time.sleep(0.05)
        running = psutil.Process(process.pid).children(recursive=True)
        assert {child.uids().effective for child in running} == {NOBODY}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not [child for child in running if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    finally:
        stop(process, signal.SIGTERM)
