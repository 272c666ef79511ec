"""The pages as the engine serves them: headers, caching, and what is said when they are not built."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from contest.edge.app import build
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.serve import Listen, serve
from contest.edge.who import Door
from contest.telemetry import Telemetry
from contest.tokens import AccessVerifier
from engine.pages import built_pages, page_policy, page_routes
from podium.ports import free_ports
from tests.rest import check_refusal, new_id, running

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def served(dist: Path, keys: Path, ancestors: str = "'self'") -> AsyncIterator[httpx.AsyncClient]:
    (port,) = free_ports(1)
    url, telemetry, verifier = f"http://127.0.0.1:{port}", Telemetry("engine"), AccessVerifier.of(keys)

    async def ready() -> dict[str, object]:
        return {}

    others = [*monitoring_routes(telemetry, Door(verifier), ready), *page_routes(dist, ancestors)]
    app = build(Edge(verifier, telemetry, None), [], others)
    async with (
        running(lambda stop: serve(app, Listen("127.0.0.1", port), stop), url),
        httpx.AsyncClient(base_url=url, verify=False) as client,
    ):
        yield client


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "dist" / "board.html").write_text("<!doctype html><title>Board</title>")
    (tmp_path / "dist" / "manage.html").write_text("<!doctype html><title>Contests</title>")
    (tmp_path / "dist" / "take.html").write_text("<!doctype html><title>Take part</title>")
    (tmp_path / "secret.txt").write_text("secret")
    (assets / "board-Bx3_9aZq.js").write_text("export {}")
    (assets / "icon.svg").write_text("<svg/>")
    return tmp_path / "dist"


async def test_the_board_page_is_checked_each_time_and_embeddable_as_told(dist: Path, keys: Path) -> None:
    async with served(dist, keys, "'self' https://example.org") as client:
        for path in (f"/board/{new_id()}", f"/board/{new_id()}/"):
            page = await client.get(path)
            assert (page.status_code, page.text) == (200, "<!doctype html><title>Board</title>")
            assert page.headers["content-type"].startswith("text/html")
            assert page.headers["cache-control"] == "no-cache"
            (policy,) = page.headers.get_list("content-security-policy")
            assert policy.endswith("frame-ancestors 'self' https://example.org")
            assert "script-src 'self';" in policy
        for path in ("/board/x", "/board/", "/"):
            check_refusal(await client.get(path), 404, "path.not_found")


async def test_the_organisers_page_answers_under_every_path_of_its_own_and_in_nobodys_frame(dist: Path, keys: Path) -> None:
    async with served(dist, keys, "'self' https://example.org") as client:
        for path in ("/manage", "/manage/", "/manage/people/", f"/manage/contests/{new_id()}/questions/"):
            page = await client.get(path)
            assert (page.status_code, page.text) == (200, "<!doctype html><title>Contests</title>")
            assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
            assert page.headers["cache-control"] == "no-cache"


async def test_the_contestants_page_stands_in_nobodys_frame(dist: Path, keys: Path) -> None:
    async with served(dist, keys, "'self' https://example.org") as client:
        for path in (f"/take/{new_id()}", f"/take/{new_id()}/"):
            page = await client.get(path)
            assert (page.status_code, page.text) == (200, "<!doctype html><title>Take part</title>")
            assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
            assert page.headers["cache-control"] == "no-cache"
        for path in ("/take/x", "/take/"):
            check_refusal(await client.get(path), 404, "path.not_found")


async def test_assets_named_by_their_content_are_kept_for_ever(dist: Path, keys: Path) -> None:
    async with served(dist, keys) as client:
        script = await client.get("/assets/board-Bx3_9aZq.js")
        assert (script.status_code, script.text) == (200, "export {}")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "javascript" in script.headers["content-type"]
        icon = await client.get("/assets/icon.svg")
        assert icon.headers["cache-control"] == "no-cache"
        same = await client.get("/assets/icon.svg", headers={"If-None-Match": icon.headers["etag"]})
        assert same.status_code == 304
        for path in (
            "/assets/none.js",
            "/assets/",
            "/assets/..%2f..%2fsecret.txt",
            "/assets/%2e%2e/%2e%2e/secret.txt",
            "/assets//etc/passwd",
        ):
            check_refusal(await client.get(path), 404, "path.not_found")
        check_refusal(await client.post("/assets/icon.svg"), 405, "method.not_allowed")


async def test_pages_that_are_not_built_say_how(tmp_path: Path, keys: Path) -> None:
    async with served(tmp_path / "none", keys) as client:
        page = await client.get(f"/board/{new_id()}")
        assert page.status_code == 503
        assert "make setup" in page.text
        check_refusal(await client.get("/assets/board.js"), 404, "path.not_found")


def test_no_inline_script_is_ever_allowed() -> None:
    policy = dict(part.strip().split(" ", 1) for part in page_policy("'self'").split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert built_pages().name == "dist"
