"""A viewer follows a contest: hello, snapshots, what comes after; and comes back where it left off."""

import httpx
import pytest

from tests.ws_server.conftest import Node

pytestmark = pytest.mark.anyio


async def test_the_first_frames_and_what_follows(node: Node) -> None:
    async with node.open() as line:
        hello, board, events = await line.take(3)
        assert hello["type"] == "hello"
        assert hello["role"] == "viewer"
        assert hello["logs"]["board:public"]["seq"] == 0
        assert board["type"] == "board.snapshot"
        assert [row["id"] for row in board["board"]["rows"]] == ["a", "b", "c"]
        assert events["status"]["title"] == "Spring"
        await node.writer.move()
        delta = await line.next()
        assert (delta["type"], delta["since"], delta["seq"]) == ("board.delta", 0, 1)
        await node.writer.announce("lunch")
        assert (await line.next())["announcement"]["text"] == "lunch"


async def test_http_answers_from_memory(node: Node) -> None:
    await node.writer.move()
    async with httpx.AsyncClient(base_url=node.http) as client:
        found = await client.get(f"/api/v1/contest/{node.writer.contest}/leaderboard/", params={"limit": 2})
        assert found.status_code == 200
        assert [row["id"] for row in found.json()["rows"]] == ["a", "b"]
        assert found.json()["total"] == 3
        again = await client.get(found.request.url, headers={"If-None-Match": found.headers["ETag"]})
        assert again.status_code == 304
        status = await client.get(f"/api/v1/contest/{node.writer.contest}/status/")
        assert status.json()["status"]["state"] == "ongoing"
