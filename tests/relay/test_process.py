"""`python -m relay` as an operator meets it: what it says of its environment, when it is ready, how it ends."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from relay.config import Config
from tests.relay.conftest import spawn_relay
from tests.rest import check_refusal
from tests.support import eventually, stop

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def test_a_bad_environment_is_told_by_name_and_never_by_value() -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "mysql://u:secret@host/x", "PODIUM_PORT": "99999", "PODIUM_KEYS": "/nowhere"}
    done = subprocess.run([sys.executable, "-m", "relay"], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    for name in ("DATABASE_URL", "REDIS_URL", "PODIUM_KEYS", "PODIUM_PORT"):
        assert name in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


async def test_it_is_ready_and_ends_cleanly(config: Config) -> None:
    process = spawn_relay(config)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{config.port}/api/v1/monitoring") as client:
            await eventually(lambda: is_ready(client), within_s=20)
            check_refusal(await client.get("/metrics/"), 401, "token.missing")
            nowhere = await client.get("/nowhere/", headers={"X-Request-Id": "asked-for-0"})
            check_refusal(nowhere, 404, "path.not_found")
            assert (nowhere.headers["x-request-id"], nowhere.headers["x-content-type-options"]) == ("asked-for-0", "nosniff")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        stop(process, signal.SIGKILL)


async def test_without_servers_it_keeps_trying_and_is_not_ready(config: Config) -> None:
    nobody = dataclasses.replace(config, database_url="postgresql://u:p@127.0.0.1:9/x", redis_url="redis://127.0.0.1:9/0")
    process = spawn_relay(nobody)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{config.port}/api/v1/monitoring") as client:
            await eventually(lambda: answers(client, "/health/live", 200), within_s=20)
            assert await answers(client, "/health/ready", 503)
            assert process.poll() is None
    finally:
        stop(process, signal.SIGTERM)


async def is_ready(client: httpx.AsyncClient) -> bool:
    return await answers(client, "/health/ready", 200)


async def answers(client: httpx.AsyncClient, path: str, status: int) -> bool:
    try:
        return (await client.get(path)).status_code == status
    except httpx.TransportError:
        return False
