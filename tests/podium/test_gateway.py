"""The gateway's routes, on a real Traefik before small servers that answer with their own name."""

import http.server
import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from podium.gateway import Upstreams, write_configuration
from podium.ports import free_ports
from podium.processes import gateway_service
from tests.support import eventually, stop

pytestmark = pytest.mark.anyio

CONTEST = "0193577c-0a3e-7c11-8b7e-2f6d3a1c9e10"


class Upstream(http.server.ThreadingHTTPServer):
    """Answers every request with its own name and what it was asked; `healthy` False: not ready."""

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", free_ports(1)[0]), Answering)
        self.name = name
        self.healthy = True
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answering(http.server.BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        if self.path == "/api/v1/monitoring/health/ready" and self.server.name.startswith("ws"):
            self.send_response(200 if self.server.healthy else 503)
            self.end_headers()
            return
        body = json.dumps({"by": self.server.name, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Takes the request and hangs up."""
        self.server.asked.append(self.path)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        return


@dataclass
class Gateway:
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path
    upstreams: dict[str, Upstream] = field(default_factory=dict)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    port, ping = free_ports(2)
    served = {name: Upstream(name) for name in ("ws-1", "ws-2", "engine", "admin")}
    upstreams = Upstreams([served["ws-1"].url, served["ws-2"].url], [served["engine"].url], [served["admin"].url])
    service = gateway_service(write_configuration(folder, "127.0.0.1", port, ping), upstreams.environment(), port)
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = service.start(output.fileno())
    yield Gateway(f"http://127.0.0.1:{port}", process, log, served)
    stop(process, signal.SIGTERM)
    for server in served.values():
        server.shutdown()
        server.server_close()


async def asked(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            answer = await client.get(url, headers=headers)
        except httpx.ConnectError:
            return {}
    return answer.json() if answer.status_code == 200 else {}


@pytest.mark.parametrize(
    ("path", "by"),
    [
        (f"/ws/contest/{CONTEST}", "ws"),
        (f"/ws/contest/{CONTEST}/", "ws"),
        (f"/api/v1/contest/{CONTEST}/leaderboard/?offset=0&limit=10", "ws"),
        (f"/api/v1/contest/{CONTEST}/leaderboard", "ws"),
        (f"/api/v1/contest/{CONTEST}/status/", "ws"),
        (f"/api/v1/admin/contests/{CONTEST}/leaderboard/", "ws"),
        (f"/api/v1/contest/{CONTEST}/ticket/", "engine"),
        (f"/api/v1/contest/{CONTEST}/session/", "admin"),
        (f"/api/v1/contest/{CONTEST}/session/more/", "engine"),
        (f"/api/v1/contest/{CONTEST}/submit/", "engine"),
        (f"/api/v1/contest/{CONTEST}/submissions/", "engine"),
        (f"/api/v1/contest/{CONTEST}/leaderboard/more/", "engine"),
        (f"/api/v1/attempt/{CONTEST}/answer/", "engine"),
        (f"/board/{CONTEST}", "engine"),
        ("/assets/board-1a2b.js", "engine"),
        ("/", "engine"),
        ("/api/v1/admin/contests/", "admin"),
        (f"/api/v1/admin/contests/{CONTEST}/", "admin"),
        (f"/api/v1/admin/contests/{CONTEST}/thaw/", "admin"),
        ("/api/v1/admin/session/", "admin"),
        ("/api/v1/monitoring/health/live", "admin"),
        ("/api/v1/monitoring/metrics/", "admin"),
    ],
)
async def test_each_path_has_one_home(gateway: Gateway, path: str, by: str) -> None:
    found = await eventually(lambda: asked(gateway.url + path))
    assert found["by"].partition("-")[0] == by


async def test_only_ready_nodes_get_connections(gateway: Gateway) -> None:
    path = f"{gateway.url}/ws/contest/{CONTEST}"

    async def nodes() -> set[str]:
        return {(await asked(path)).get("by", "") for _ in range(8)}

    await eventually(lambda: asked(path))
    assert await nodes() == {"ws-1", "ws-2"}
    gateway.upstreams["ws-1"].healthy = False
    await eventually(lambda: _only(nodes, {"ws-2"}))
    gateway.upstreams["ws-1"].healthy = True
    await eventually(lambda: _only(nodes, {"ws-1", "ws-2"}))


async def _only(nodes: Any, expected: set[str]) -> bool:
    return await nodes() == expected


async def test_the_address_of_the_asker_is_passed_on(gateway: Gateway) -> None:
    own = await eventually(lambda: asked(gateway.url + "/"))
    assert own["headers"]["X-Forwarded-For"] == "127.0.0.1"
    through = await asked(gateway.url + "/", {"X-Forwarded-For": "203.0.113.9"})
    assert through["headers"]["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"


async def test_headers_that_only_look_like_the_gateways_own_are_dropped(gateway: Gateway) -> None:
    found = await eventually(lambda: asked(gateway.url + "/", {"X_Forwarded_For": "203.0.113.9"}))
    assert "X_Forwarded_For" not in found["headers"]


async def test_a_path_that_reads_in_two_ways_is_refused(gateway: Gateway) -> None:
    await eventually(lambda: asked(gateway.url + "/"))
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(gateway.url + "/api/v1/contest/..%2fadmin/contests/")
    assert answer.status_code == 400


async def test_a_post_is_sent_once_though_the_answer_never_came(gateway: Gateway) -> None:
    await eventually(lambda: asked(gateway.url + "/"))
    path = f"/api/v1/contest/{CONTEST}/submit/"
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(gateway.url + path, json={}, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 503
    assert gateway.upstreams["engine"].asked == [path]


async def test_nothing_is_logged_of_queries_and_headers(gateway: Gateway) -> None:
    await eventually(lambda: asked(gateway.url + "/board/x?secret=in-the-query", {"Authorization": "Bearer in-the-header"}))
    assert "in-the-" not in gateway.log.read_text()


async def test_a_socket_passes_both_ways(tmp_path: Path) -> None:
    async def echo(connection: websockets.ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    node, port, ping = free_ports(3)
    config = write_configuration(tmp_path, "127.0.0.1", port, ping)
    address = [f"http://127.0.0.1:{node}"]
    service = gateway_service(config, Upstreams(address, address, address).environment(), port)
    healthy = lambda _, request: None if "health" not in request.path else _ok(_)  # noqa: E731
    async with websockets.serve(echo, "127.0.0.1", node, process_request=healthy):
        with (tmp_path / "log").open("wb") as output:
            process = service.start(output.fileno())
        try:
            socket = await eventually(lambda: _opened(f"ws://127.0.0.1:{port}/ws/contest/{CONTEST}"))
            await socket.send("there")
            assert await socket.recv() == "there"
            await socket.close()
        finally:
            stop(process, signal.SIGTERM)


def _ok(connection: websockets.ServerConnection) -> Any:
    return connection.respond(200, "")


async def _opened(url: str) -> Any:
    try:
        return await websockets.connect(url, proxy=None)
    except (OSError, websockets.InvalidHandshake):
        return None


async def test_a_process_that_is_away_is_said_by_the_one_that_is_there(tmp_path: Path) -> None:
    """Never as the gateway's own text. With both away there is nobody left to say it."""
    port, ping, nowhere = free_ports(3)
    there = Upstream("there")
    for away, path in (("admin", "/api/v1/admin/contests/"), ("engine", f"/api/v1/contest/{CONTEST}/submit/")):
        urls = {"admin": there.url, "engine": there.url} | {away: f"http://127.0.0.1:{nowhere}"}
        upstreams = Upstreams([there.url], [urls["engine"]], [urls["admin"]])
        service = gateway_service(write_configuration(tmp_path, "127.0.0.1", port, ping), upstreams.environment(), port)
        with (tmp_path / "gateway.log").open("wb") as output:
            process = service.start(output.fileno())
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

                async def is_said(client: httpx.AsyncClient = client, path: str = path) -> bool:
                    try:
                        answers = [await client.get(path), await client.post(path, json={"a": 1})]
                    except httpx.TransportError:
                        return False
                    return all(each.status_code == 503 and each.json()["by"] == "there" for each in answers)

                await eventually(is_said)
        finally:
            stop(process, signal.SIGTERM)
    there.shutdown()
    there.server_close()
