"""`python -m engine` and `python -m admin` as they are really started: a wrong environment, a start, a polite end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from podium.ports import free_ports
from tests.support import eventually

pytestmark = pytest.mark.anyio
HOME = Path(__file__).parents[3]


def start(name: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PODIUM_", "DATABASE_"))}
    return subprocess.Popen([sys.executable, "-m", name], cwd=HOME, env=kept | environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("name", ["engine", "admin"])
async def test_started_answering_and_stopped(name: str, database_url: str, keys: Path) -> None:
    (port,) = free_ports(1)
    process = start(name, {"DATABASE_URL": database_url, "PODIUM_KEYS": str(keys), "PODIUM_PORT": str(port)})
    try:
        async with httpx.AsyncClient(verify=False) as client:

            async def ready() -> bool:
                assert process.poll() is None
                try:
                    return (await client.get(f"http://127.0.0.1:{port}/api/v1/monitoring/health/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(ready, 20)
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert b"process.stopped" in output[1]
    assert b"Traceback" not in output[1]


@pytest.mark.parametrize("name", ["engine", "admin"])
def test_all_that_is_wrong_with_the_environment_is_said_at_once(name: str) -> None:
    process = start(name, {"DATABASE_URL": "mysql://secret", "PODIUM_PORT": "99999", "PODIUM_TRUSTED_PROXIES": "hello"})
    _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    for variable in (b"DATABASE_URL", b"PODIUM_PORT", b"PODIUM_KEYS", b"PODIUM_TRUSTED_PROXIES"):
        assert variable in said
    assert b"Traceback" not in said
    assert b"secret" not in said
