"""`podium up` in other circumstances: servers of somebody else's, several nodes, stopped while it starts, things that cannot work."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from contest.ids import uuid7
from podium.ports import free_ports
from podium.up import Settings
from tests.running import ROOT
from tests.support import stop

pytestmark = pytest.mark.anyio

READY_WITHIN_S = 60


@contextmanager
def starting(data: Path, *options: str, **environment: str) -> Iterator[Any]:
    """A `podium up` whose output can be read, ended with the block. Gives (process, url, log)."""
    port, log = free_ports(1)[0], data.parent / "log" if data.parent.is_dir() else data.parent.with_name("log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "podium", "up", "--port", str(port), "--data", str(data), *options],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=os.environ | environment,
        )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}", log
    finally:
        stop(process, signal.SIGTERM)


def wait_for(text: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + READY_WITHIN_S
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < end, log.read_text()[-4000:]
        time.sleep(0.05)


def test_servers_of_somebody_else_and_two_nodes(servers: Any, tmp_path: Path, prefix: str) -> None:
    outside = {
        "DATABASE_URL": servers.database_url(f"up_{secrets.token_hex(6)}"),  # not there yet: it is made
        "REDIS_URL": servers.redis_url,
        "PODIUM_PREFIX": prefix,
    }
    with starting(tmp_path / "data", "--ws-nodes", "2", "--verbose", **outside) as (process, url, log):
        wait_for(f"Podium is ready: {url}", process, log)
        names = {child.name() for child in psutil.Process(process.pid).children(recursive=True)}
        assert not [name for name in names if "postgres" in name or "valkey" in name]
        assert not (tmp_path / "data" / "postgres").exists()
        checks = httpx.get(f"{url}/api/v1/monitoring/health/ready", trust_env=False).json()["checks"]
        assert {"ws_server-1", "ws_server-2"} <= checks.keys()
        assert httpx.get(f"{url}/api/v1/contest/{uuid7()}/status/", trust_env=False).status_code == 404
        assert "ws_server-2 | {" in log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.parametrize("step", ["", "PostgreSQL answers", "newest schema"])
def test_stopped_while_it_starts(tmp_path: Path, step: str) -> None:
    with starting(tmp_path / "data") as (process, _, log):
        wait_for(step, process, log)
        while not (tmp_path / "data" / "run.json").exists():
            time.sleep(0.01)
        running = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "Podium is ready" not in log.read_text()
        assert not [child for child in running if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_a_wrong_password_is_told_at_once_and_not_shown(servers: Any, tmp_path: Path) -> None:
    wrong = servers.database_url("postgres").replace(servers.pg_password, "sesame")
    with starting(tmp_path / "data", DATABASE_URL=wrong, REDIS_URL=servers.redis_url) as (process, _, log):
        assert process.wait(20) == 1
    assert "refuses the user or password" in log.read_text()
    assert "sesame" not in log.read_text()


def test_a_broken_database_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True, mode=0o700)
    (cluster / "PG_VERSION").write_text("9\n")
    (tmp_path / "data" / "lock").touch()
    with starting(tmp_path / "data") as (process, _, log):
        assert process.wait(40) == 1
    assert "postgres does not start; the end of" in log.read_text()
    assert "FATAL" in log.read_text() or "could not access" in log.read_text()


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "letter.txt").write_text("dear all")
    with starting(tmp_path / "data") as (process, _, log):
        assert process.wait(20) == 2
    assert "choose another with --data" in log.read_text()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with starting(tmp_path / "file" / "data") as (process, _, log):
        assert process.wait(20) == 1
    assert log.read_text().startswith("podium: ")
    assert "Traceback" not in log.read_text()


def test_the_environment_names_the_servers_that_are_used(tmp_path: Path) -> None:
    chosen = Settings(tmp_path, 8080, "127.0.0.1", 2, True)
    assert chosen.with_servers({"DATABASE_URL": "", "PODIUM_PREFIX": ""}) == chosen
    named = chosen.with_servers({"DATABASE_URL": "postgresql://u@h/x", "REDIS_URL": "redis://h/0", "PODIUM_PREFIX": "two"})
    assert named == replace(chosen, database_url="postgresql://u@h/x", redis_url="redis://h/0", prefix="two")


def test_what_commands_write_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Whatever the umask of the shell."""
    command = [sys.executable, "-m", "podium", "secrets", str(tmp_path / "made" / "secrets")]
    subprocess.run(command, cwd=ROOT, check=True, umask=0, stdout=subprocess.DEVNULL)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "made", tmp_path / "made" / "secrets")} == {0o700}
