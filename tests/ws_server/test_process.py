"""`python -m ws_server` as a process: what it says about a bad environment, that it serves, that SIGTERM ends it in order."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping

import httpx
import pytest

from podium.ports import free_ports
from tests.support import eventually
from tests.ws_server.conftest import Node
from tests.ws_server.raw import RawLine
from ws_server.config import Config
from ws_server.server import DEAD_AFTER_MS, _listening

pytestmark = pytest.mark.anyio


def started(environ: Mapping[str, str]) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PODIUM_") and name != "REDIS_URL"}
    return subprocess.Popen([sys.executable, "-m", "ws_server"], env={**kept, **environ}, stderr=subprocess.PIPE, text=True)


async def test_all_problems_at_once_and_no_values() -> None:
    process = started({"PODIUM_PORT": "secretport", "REDIS_URL": "http://secrethost", "PODIUM_TRUSTED_PROXIES": "secretnet"})
    _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert all(name in said for name in ("PODIUM_PORT", "REDIS_URL", "PODIUM_KEYS", "PODIUM_TRUSTED_PROXIES"))
    assert "secret" not in said
    assert "Traceback" not in said


async def test_it_serves_and_ends_on_sigterm(node: Node) -> None:
    port = free_ports(1)[0]
    config = node.config
    process = started(
        {
            "PODIUM_PORT": str(port), "REDIS_URL": config.redis_url, "PODIUM_KEYS": str(config.keys),
            "PODIUM_PREFIX": config.prefix, "PODIUM_DRAIN_S": "1",
        }
    )  # fmt: skip
    async with httpx.AsyncClient() as client:

        async def is_ready() -> bool:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/api/v1/monitoring/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(is_ready, within_s=20)
    line = await RawLine.to(port)
    ticket = node.ticket("viewer")
    assert (await line.upgrade(node.writer.contest, "?have=board:public@secretepoch.1", Authorization=f"Bearer {ticket}"))[0] == 101
    process.send_signal(signal.SIGTERM)
    assert await line.close_code() == 4100
    line.end()
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert "ws.closed" in said
    assert "eyJ" not in said
    assert "secretepoch" not in said


def test_what_accepted_sockets_inherit(tmp_path) -> None:  # type: ignore[no-untyped-def]
    config = Config("127.0.0.1", free_ports(1)[0], "redis://", tmp_path)
    with _listening(config) as listening, socket.socket() as client:
        listening.listen()
        client.connect(("127.0.0.1", config.port))
        listening.setblocking(True)
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == DEAD_AFTER_MS
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
