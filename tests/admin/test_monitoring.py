"""Monitoring: each process for itself, and the admin for all together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from admin.app import run
from admin.monitoring import merged
from admin.supervised import Supervised
from contest.edge.serve import Listen, serve
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner
from podium.ports import free_ports
from tests.rest import Rest, admin_config, check_refusal, running
from tests.support import eventually

pytestmark = pytest.mark.anyio
BASE = "/api/v1/monitoring"


@asynccontextmanager
async def all_together(rest: Rest, database_url: str, keys: Path, *more: tuple[str, str]) -> AsyncIterator[Rest]:
    """A second admin whose peers are the processes of `rest`, and `more`."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    config = admin_config(database_url, keys, port, peers=(("engine", rest.engine_url), ("other", rest.admin_url), *more))
    async with running(lambda stop: run(config, Telemetry("admin"), stop), url):
        yield Rest(url, rest.engine_url, AccessSigner.of(keys), rest.client)


async def test_a_process_alone(rest: Rest) -> None:
    assert (await rest.call("GET", f"{BASE}/health/live", token="")).json() == {"status": "live"}
    ready = await rest.call("GET", f"{BASE}/health/ready", token="")
    assert (ready.status_code, ready.json()["status"], ready.json()["checks"]["database"]["ok"]) == (200, "ready", True)
    await rest.contest()
    text = (await rest.call("GET", f"{BASE}/metrics/", token=rest.token("operator"))).text
    assert 'podium_http_requests_total{process="admin",status="201"} 1.0' in text


async def test_metrics_and_errors_are_the_operators(rest: Rest) -> None:
    for path in ("metrics/", "errors/"):
        check_refusal(await rest.call("GET", f"{BASE}/{path}", token=""), 401, "token.missing")
        for role in ("organiser", "grader", "proctor", "contestant", "viewer"):
            check_refusal(await rest.call("GET", f"{BASE}/{path}", token=rest.token(role)), 403, "role.forbidden")


async def test_all_together(rest: Rest, database_url: str, keys: Path) -> None:
    rest.telemetry["engine"].log.error("something.broke")
    async with all_together(rest, database_url, keys) as whole:
        ready = (await whole.call("GET", f"{BASE}/health/ready", token="")).json()
        assert ready["status"] == "ready"
        assert {name: check["ok"] for name, check in ready["checks"].items()} == {"admin": True, "engine": True, "other": True}
        answer = await whole.call("GET", f"{BASE}/metrics/", token=whole.token("operator"))
        families = list(text_string_to_metric_families(answer.text))
        assert len({family.name for family in families}) == len(families)
        up = {sample.labels["peer"]: sample.value for family in families for sample in family.samples if sample.name == "podium_peer_up"}
        assert up == {"engine": 1.0, "other": 1.0}
        assert all(sample.labels["process"] in ("admin", "engine", "other") for family in families for sample in family.samples)
        errors = (await whole.call("GET", f"{BASE}/errors/", token=whole.token("operator"))).json()
        assert [(item["process"], item["event"], item["count"]) for item in errors["items"]] == [("engine", "something.broke", 1)]
        for path in ("metrics/", "errors/"):
            check_refusal(await whole.call("GET", f"{BASE}/{path}"), 403, "role.forbidden")


async def test_a_note_of_ended_processes_that_cannot_be_read_is_an_error_itself(tmp_path: Path) -> None:
    telemetry = Telemetry("admin")
    (tmp_path / "ends.json").write_text('{"counts": 3}')
    assert Supervised(tmp_path / "ends.json", telemetry).listed() == []
    Supervised(tmp_path / "none.json", telemetry).count()
    assert [(item["event"], item["count"]) for item in telemetry.errors.listed()] == [("process_ends.not_read", 2)]


async def test_one_that_is_gone_or_hangs_or_talks_nonsense(rest: Rest, database_url: str, keys: Path) -> None:
    nobody, hanging, mad = free_ports(3)

    async def hang(request: Request) -> Response:
        await eventually(request.is_disconnected)
        return Response()

    async def nonsense(_: Request) -> Response:
        return PlainTextResponse("{{{ 1 2 3\n# TYPE x y z\n\x00")

    def app(answer: object) -> Starlette:
        live = Route(f"{BASE}/health/live", lambda _: Response())
        return Starlette(routes=[live, Route("/{path:path}", answer)])  # type: ignore[arg-type]

    more = [(name, f"http://127.0.0.1:{port}") for name, port in (("gone", nobody), ("hanging", hanging), ("mad", mad))]
    async with (
        running(lambda stop: serve(app(hang), Listen("127.0.0.1", hanging), stop), more[1][1]),
        running(lambda stop: serve(app(nonsense), Listen("127.0.0.1", mad), stop), more[2][1]),
        all_together(rest, database_url, keys, *more) as whole,
    ):
        answer = await whole.call("GET", f"{BASE}/health/ready", token="")
        assert answer.status_code == 503
        checks = answer.json()["checks"]
        assert {name for name, check in checks.items() if not check["ok"]} == {"gone", "hanging", "mad"}
        assert checks["gone"]["error"] == "ConnectError"
        assert answer.elapsed.total_seconds() < 3
        metrics = await whole.call("GET", f"{BASE}/metrics/", token=whole.token("operator"))
        assert 'podium_peer_up{peer="hanging",process="admin"} 0.0' in metrics.text
        assert 'process="engine"' in metrics.text
        assert (await whole.call("GET", f"{BASE}/errors/", token=whole.token("operator"))).status_code == 200


def test_samples_of_a_family_stand_together_with_their_process() -> None:
    one = b'# HELP a_total An a.\n# TYPE a_total counter\na_total{status="200"} 1.0\n# HELP b A b.\n# TYPE b gauge\nb 2.0\n'
    lines = merged({"x": one, "y": one, "z": b"# TYPE nonsense\n{"}).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'a_total{process="x",status="200"} 1.0',
        'a_total{process="y",status="200"} 1.0',
        'b{process="x"} 2.0',
        'b{process="y"} 2.0',
    ]
    assert [line for line in lines if line.startswith("# TYPE")] == ["# TYPE a_total counter", "# TYPE b gauge"]


async def test_forwarded_addresses_count_from_trusted_proxies_only(database_url: str, keys: Path) -> None:
    """The throttle of sign-in sees the address behind the proxy, or the proxy's own if it is not trusted."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    config = admin_config(database_url, keys, port)
    assert config.listen.trusted_proxies == ()
    async with running(lambda stop: run(config, Telemetry("admin"), stop), url), httpx.AsyncClient(verify=False) as client:
        rest = Rest(url, url, AccessSigner.of(keys), client)
        body = {"login": "x", "password": "y"}
        for number in range(11):
            headers = {"X-Forwarded-For": f"10.0.0.{number}"}
            answer = await rest.call("POST", "/api/v1/admin/session/", body, token="", headers=headers)
            assert answer.status_code == (401 if number < 10 else 429)
