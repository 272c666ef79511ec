"""A viewer follows a contest: hello, snapshots, what comes after; and comes back where it left off."""

import httpx
import pytest

from contest.ids import uuid7
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


async def test_what_is_told_again_is_held_once(node: Node) -> None:
    """After a restart of Redis the relay cannot always know what a snapshot already held."""
    first = uuid7()
    async with node.open() as line:
        await line.take(3)
        for text, known_as in (("lunch", first), ("coffee", None), ("lunch at one", first)):
            await node.writer.announce(text, known_as=known_as)
        await line.until(lambda found: found.get("announcement", {}).get("text") == "lunch at one")
    async with node.open() as late:
        events = await late.until(lambda found: found["type"] == "events.snapshot")
        assert [one["text"] for one in events["announcements"]] == ["lunch at one", "coffee"]


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
