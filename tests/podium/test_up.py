"""`podium up` as a person starts it: real processes behind a real gateway, killed one by one, killed as a whole, started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from contest.ids import uuid7
from tests.running import ROOT, RunningPodium, start_podium
from tests.support import eventually

pytestmark = pytest.mark.anyio

SERVICES = ["postgres", "valkey", "gateway", "engine", "ranker", "relay", "ws_server-1", "admin"]
BACK_WITHIN_S = 20


@pytest.fixture(scope="module")
def podium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    """One Podium for this file; its tests stand in the order of what they do to it, each leaves it running."""
    running = start_podium(tmp_path_factory.mktemp("up") / "data")
    yield running
    running.stop()


def run_podium(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "podium", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=30)


async def answers(url: str) -> bool:
    """Whether everything is ready and each group of processes answers, asked as a browser would."""
    nobody = uuid7()
    async with httpx.AsyncClient(base_url=url, timeout=2, trust_env=False) as client:
        try:
            health = await client.get("/api/v1/monitoring/health/ready")
            others = [await client.get(path) for path in (f"/api/v1/contest/{nobody}/status/", f"/board/{nobody}")]
        except httpx.HTTPError:
            return False
    return health.status_code == 200 and all(answer.status_code < 500 for answer in others)


def family(pid: int) -> list[psutil.Process]:
    """Every process below `pid`, however deep."""
    return psutil.Process(pid).children(recursive=True)


async def nobody_left(processes: list[psutil.Process]) -> None:
    def gone() -> bool:
        return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    await eventually(gone, within_s=10)


async def test_everything_answers_once_it_says_so(podium: RunningPodium) -> None:
    lines = podium.log.read_text().splitlines()
    assert f"Podium is ready: {podium.url}" in lines
    assert await answers(podium.url)
    assert sorted(podium.run["services"]) == sorted(SERVICES)


async def test_the_first_organiser_can_log_in(podium: RunningPodium) -> None:
    line = next(line for line in podium.log.read_text().splitlines() if "shown once" in line)
    login, password = line.split("login ")[1].split(", password ")
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False) as client:
        answer = await client.post("/api/v1/admin/session/", json={"login": login, "password": password})
    assert answer.status_code == 200
    assert answer.json()["role"] == "organiser"


def test_the_folder_is_for_its_owner_alone(podium: RunningPodium) -> None:
    assert podium.data.stat().st_mode & 0o777 == 0o700
    private = [
        podium.data / "run.json",
        podium.data / "ports.json",
        *(podium.data / "secrets").iterdir(),
        *(podium.data / "keys").iterdir(),
    ]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_a_second_one_on_the_same_folder_is_refused(podium: RunningPodium) -> None:
    second = run_podium("up", "--port", "29999", "--data", str(podium.data))
    assert second.returncode == 2
    assert "another podium runs on" in second.stderr


def test_a_taken_port_is_refused(podium: RunningPodium, tmp_path: Path) -> None:
    second = run_podium("up", "--port", podium.url.rpartition(":")[2], "--data", str(tmp_path / "other"))
    assert second.returncode == 2
    assert "is taken" in second.stderr


async def test_a_token_opens_what_it_is_for(podium: RunningPodium) -> None:
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False) as client:

        async def status(role: str) -> int:
            bearer = {"Authorization": f"Bearer {podium.token(role)}"}
            return (await client.get("/api/v1/monitoring/metrics/", headers=bearer)).status_code

        assert await status("operator") == 200
        assert await status("contestant") == 403


def test_migrate_and_doctor_find_it_by_its_folder(podium: RunningPodium) -> None:
    assert run_podium("migrate", "--data", str(podium.data)).returncode == 0
    doctor = run_podium("doctor", "--data", str(podium.data))
    assert doctor.returncode == 0, doctor.stdout
    assert "ws_server-1" in doctor.stdout


@pytest.fixture(scope="module")
def operator(podium: RunningPodium) -> dict[str, str]:
    return {"Authorization": f"Bearer {podium.token('operator')}"}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_killed_process_comes_back_and_its_end_is_shown(podium: RunningPodium, operator: dict[str, str], service: str) -> None:
    """Also that of the admin, which shows them, and of the gateway before it."""
    before = podium.pid(service)
    os.kill(before, signal.SIGKILL)
    await eventually(lambda: podium.pid(service) not in (0, before), BACK_WITHIN_S)
    await eventually(lambda: answers(podium.url), BACK_WITHIN_S)
    async with httpx.AsyncClient(base_url=f"{podium.url}/api/v1/monitoring", headers=operator, trust_env=False) as client:
        errors = (await client.get("/errors/")).json()["items"]
        metrics = (await client.get("/metrics/")).text
    (end,) = [item for item in errors if item["process"] == service and item["event"] == "process.ended"]
    assert (end["end"], end["count"], end["again_in_s"] < 1) == ("signal SIGKILL", 1, True)
    assert f'podium_process_ends_total{{process="admin",service="{service}"}} 1.0' in metrics
    assert any('"process.ended"' in line and f'"{service}"' in line and "SIGKILL" in line for line in podium.log.read_text().splitlines())


async def test_killing_the_supervisor_leaves_no_orphan_and_loses_no_row(podium: RunningPodium) -> None:
    contest, processes = uuid7(), family(podium.process.pid)
    assert len(processes) >= len(SERVICES)
    connection = await asyncpg.connect(podium.run["database_url"])
    await connection.execute("INSERT INTO contests_contest (id, title) VALUES ($1, 'kept')", contest)
    podium.process.kill()
    podium.process.wait()
    await nobody_left(processes)

    again = start_podium(podium.data)
    podium.process, podium.url = again.process, again.url
    connection = await asyncpg.connect(podium.run["database_url"])
    assert await connection.fetchval("SELECT title FROM contests_contest WHERE id = $1", contest) == "kept"
    await connection.close()
    assert await answers(podium.url)
    assert podium.log.read_text().count("shown once") == 1


async def test_sigterm_stops_all_of_it_within_seconds(podium: RunningPodium) -> None:
    processes, began = family(podium.process.pid), time.monotonic()
    podium.process.send_signal(signal.SIGTERM)
    assert podium.process.wait(20) == 0
    assert time.monotonic() - began < 10
    await nobody_left(processes)
    stopped = [line.split('"name": "')[1].split('"')[0] for line in podium.log.read_text().splitlines() if "process.stopped" in line]
    assert stopped[0] == "ws_server-1"
    assert stopped[-2:] == ["valkey", "postgres"]
    assert "weak" in run_podium("doctor", "--data", str(podium.data)).stdout
