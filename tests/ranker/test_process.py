"""`python -m ranker` as an operator meets it: what it says of its environment, when it is ready, how it ends."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from contest.wire.channels import Channels
from podium.ports import free_ports
from ranker.config import Config
from tests.contest_rows import ContestRows
from tests.ranker.conftest import spawn_ranker
from tests.rest import check_refusal
from tests.support import eventually, stop

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def test_a_bad_environment_is_told_by_name_and_never_by_value() -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://u:p@h/x", "REDIS_URL": "http://:secret@h", "PODIUM_PORT": "x"}
    done = subprocess.run([sys.executable, "-m", "ranker"], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert {line.split()[1] for line in done.stderr.splitlines()} == {"REDIS_URL", "PODIUM_KEYS", "PODIUM_PORT"}
    assert "secret" not in done.stderr


async def test_it_is_ready_and_gives_its_lead_up_at_the_end(config: Config, contest: ContestRows, redis: Redis, channels: Channels) -> None:
    process = spawn_ranker(config)
    try:
        await eventually(lambda: redis.get(channels.leader(contest.id, "ranker")), within_s=20)
        await eventually(lambda: answers(config.port, "/health/ready", 200))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{config.port}/api/v1/monitoring") as client:
            check_refusal(await client.get("/metrics/"), 401, "token.missing")
            nowhere = await client.get("/nowhere/", headers={"X-Request-Id": "asked-for-0"})
            check_refusal(nowhere, 404, "path.not_found")
            assert (nowhere.headers["x-request-id"], nowhere.headers["x-content-type-options"]) == ("asked-for-0", "nosniff")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert await redis.get(channels.leader(contest.id, "ranker")) is None
    finally:
        stop(process, signal.SIGKILL)


async def test_without_servers_it_keeps_trying_and_is_not_ready(config: Config) -> None:
    nobody = dataclasses.replace(
        config, database_url="postgresql://u:p@127.0.0.1:9/x", redis_url="redis://127.0.0.1:9/0", port=free_ports(1)[0]
    )
    process = spawn_ranker(nobody)
    try:
        await eventually(lambda: answers(nobody.port, "/health/live", 200), within_s=20)
        assert await answers(nobody.port, "/health/ready", 503)
        assert process.poll() is None
    finally:
        stop(process, signal.SIGTERM)


async def answers(port: int, path: str, status: int) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/api/v1/monitoring{path}")).status_code == status
        except httpx.TransportError:
            return False
