"""Status, leaderboard and monitoring over plain HTTP."""

import time

import httpx
import pytest

from contest.ids import ContestId, UserId, uuid7
from contest.tokens import AccessSigner
from tests.support import eventually
from tests.ws_server.conftest import Node, board_of

pytestmark = pytest.mark.anyio

NO_CONTEST = "0193577c-dead-7c11-8b7e-2f6d3a1c9e10"


def bearer(node: Node, role: str, contest: str | None = None) -> dict[str, str]:
    token, _ = AccessSigner.of(node.config.keys).mint(UserId("ann"), role, ContestId(contest) if contest else None, 60)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def client(node: Node):  # type: ignore[no-untyped-def]
    async with httpx.AsyncClient(base_url=node.http) as found:
        yield found


async def test_windows(node: Node, client: httpx.AsyncClient) -> None:
    node.writer.board = board_of("abcdefghij")
    await node.writer.begin_board()
    path = f"/api/v1/contest/{node.writer.contest}/leaderboard/"

    async def ids(query: str) -> str:
        return "".join(row["id"] for row in (await client.get(path + query)).json()["rows"])

    assert await ids("") == "abcdefghij"
    assert await ids("?offset=2&limit=3") == "cde"
    assert await ids("?offset=9&limit=3") == "j"
    assert await ids("?offset=50") == ""
    assert await ids("?around=e&limit=3") == "def"
    assert await ids("?around=a&limit=3") == "abc"
    assert await ids("?around=j&limit=3") == "hij"
    assert await ids("?around=j") == "abcdefghij"
    missing = await client.get(path + "?around=nobody")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "participant.not_found")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=", "offset=-1", "offset=1.5", "offset=%C2%B2", "around=", "around=a&offset=1"]
)
async def test_bad_queries(node: Node, client: httpx.AsyncClient, query: str) -> None:
    found = await client.get(f"/api/v1/contest/{node.writer.contest}/leaderboard/?{query}")
    assert (found.status_code, found.json()["error"]["code"]) == (422, "query.invalid")
    assert found.json()["error"]["details"][0]["field"] in query


async def test_etags_follow_the_board(node: Node, client: httpx.AsyncClient) -> None:
    path = f"/api/v1/contest/{node.writer.contest}/leaderboard/?limit=2"
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=1"
    same = await client.get(path, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    assert (same.status_code, same.content) == (304, b"")
    await node.writer.move()

    async def moved() -> bool:
        found = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        return found.status_code == 200 and found.json()["seq"] == 1 and found.json()["rows"][0]["solved"] == 1

    await eventually(moved)
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100


async def test_not_public(node: Node, client: httpx.AsyncClient) -> None:
    await node.writer.begin(public=False)
    for path in ("status", "leaderboard"):
        url = f"/api/v1/contest/{node.writer.contest}/{path}/"
        assert (await client.get(url)).status_code == 401
        assert (await client.get(url, headers={"Authorization": f"Bearer {node.ticket('viewer')}"})).status_code == 401
        assert (await client.get(url, headers=bearer(node, "viewer", uuid7()))).status_code == 404
        found = await client.get(url, headers=bearer(node, "viewer", node.writer.contest))
        assert (found.status_code, found.headers["cache-control"]) == (200, "private, no-cache")


async def test_the_full_board(node: Node, client: httpx.AsyncClient) -> None:
    await node.writer.move("board:full")
    url = f"/api/v1/admin/contests/{node.writer.contest}/leaderboard/"
    assert (await client.get(url)).status_code == 401
    for role in ("viewer", "contestant", "proctor", "operator"):
        assert (await client.get(url, headers=bearer(node, role))).status_code == 403
    assert (await client.get(url, headers=bearer(node, "organiser", uuid7()))).status_code == 404
    for role in ("organiser", "grader"):
        found = await client.get(url, headers=bearer(node, role))
        assert (found.status_code, found.headers["cache-control"], "etag" in found.headers) == (200, "no-store", False)
        assert found.json()["rows"][0]["solved"] == 1
    public = (await client.get(f"/api/v1/contest/{node.writer.contest}/leaderboard/", headers=bearer(node, "organiser"))).json()
    assert public["rows"][0].get("solved", 0) == 0


async def test_status(node: Node, client: httpx.AsyncClient) -> None:
    found = (await client.get(f"/api/v1/contest/{node.writer.contest}/status/")).json()
    assert set(found) == {"epoch", "seq", "status", "server_time"}
    assert found["status"]["title"] == "Spring"


async def test_monitoring(node: Node, client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/monitoring/health/live")).json() == {"status": "live"}
    node.telemetry.errors.note("something.broke")
    for path in ("metrics", "errors"):
        url = f"/api/v1/monitoring/{path}/"
        assert (await client.get(url)).status_code == 401
        assert (await client.get(url, headers=bearer(node, "organiser"))).status_code == 403
    async with node.open() as line:
        await line.take(3)
        text = (await client.get("/api/v1/monitoring/metrics/", headers=bearer(node, "operator"))).text
        assert 'podium_ws_connections{role="viewer"} 1.0' in text
    errors = (await client.get("/api/v1/monitoring/errors/", headers=bearer(node, "operator"))).json()
    assert (errors["total"], errors["items"][0]["event"]) == (1, "something.broke")


@pytest.mark.parametrize("path", ["health/ready", "health/ready/", "health/"])
async def test_readiness_says_how_long_ago_the_node_heard_something(client: httpx.AsyncClient, path: str) -> None:
    found = await client.get(f"/api/v1/monitoring/{path}")
    told = found.json()
    assert (found.status_code, told["status"]) == (200, "ready")
    assert told["checks"]["draining"] == {"ok": True}
    assert told["checks"]["redis"]["ok"]
    assert 0 <= told["checks"]["redis"]["age_s"] < 4


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api/v1/contest/x/status/", 404),
        ("POST", "/api/v1/monitoring/health/live", 405),
        ("GET", f"/api/v1/contest/{NO_CONTEST}/status/", 404),
    ],
)
async def test_refusals_have_one_shape(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    found = await client.request(method, path, headers={"X-Request-Id": f"r{int(time.time())}"})
    assert found.status_code == status
    assert set(found.json()["error"]) == {"code", "message", "details"}
    assert found.headers["x-request-id"].startswith("r")


async def test_no_answer_is_sniffed_and_no_refusal_is_kept(node: Node, client: httpx.AsyncClient) -> None:
    for path, status in (
        (f"/api/v1/contest/{node.writer.contest}/leaderboard/", 200),
        (f"/api/v1/contest/{NO_CONTEST}/leaderboard/", 404),
        ("/x", 404),
    ):
        found = await client.get(path)
        assert (found.status_code, found.headers["x-content-type-options"]) == (status, "nosniff")
        assert (found.headers["cache-control"] == "no-store") == (status != 200)
