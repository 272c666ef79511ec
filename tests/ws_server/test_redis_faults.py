"""Redis deaf, killed, restarted: clients stay, nothing is missed, health tells the truth."""

import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import nodes
from contest.broker.nodes import NodeNow
from contest.wire.channels import Channels
from podium.embedded import start_valkey
from podium.ports import free_ports
from tests.conftest import Servers
from tests.deaf_line import DeafLine
from tests.support import eventually, stop
from tests.ws_server.conftest import Node, Start, Writer

pytestmark = pytest.mark.anyio


async def ready(node: Node) -> bool:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{node.http}/api/v1/monitoring/health/ready")).status_code == 200


async def not_ready(node: Node) -> bool:
    return not await ready(node)


async def says(node: Node, *expected: NodeNow) -> bool:
    """What the node's own report tells of it."""
    assert await nodes.read(node.writer.redis, node.writer.channels, node.writer.contest) == list(expected)
    return True


async def test_a_deaf_subscriber_is_seen_and_healed(start: Start, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "SAY_EVERY_S", 0.2)
    port = int(servers.redis_url.rpartition(":")[2].partition("/")[0])
    async with DeafLine(port) as between:
        node = await start(redis_url=servers.redis_url.replace(f":{port}/", f":{between.port}/"), name="south")
        async with node.open() as line:
            await line.take(3)
            await eventually(lambda: says(node, NodeNow("south", True, 1)))
            between.deaf, begun = True, time.monotonic()
            await eventually(lambda: not_ready(node))
            assert time.monotonic() - begun < 5
            await eventually(lambda: says(node, NodeNow("south", False, 1)))
            await node.writer.move()
            async with Redis.from_url(node.config.redis_url) as client:
                assert await client.ping()
            between.deaf = False
            await eventually(lambda: ready(node))
            assert (await line.next())["seq"] == 1
            await node.writer.move()
            assert (await line.next())["seq"] == 2
        node.stop.set()
        await eventually(lambda: says(node))


async def test_the_subscribers_connection_is_killed(node: Node) -> None:
    async with node.open() as line:
        await line.take(3)
        for number in range(1, 4):
            await node.writer.redis.client_kill_filter(_type="pubsub", skipme=True)
            await node.writer.move()
            await node.writer.announce(str(number))
            found = await line.take(2)
            assert [one["seq"] for one in found] == [number, number]
        await eventually(lambda: ready(node))


class Valkey:
    """A Valkey of this test's own, to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.password = secrets.token_hex(8)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.process = start_valkey(self.folder, self.port, self.password, self.folder / "valkey.log")

        async def answers() -> bool:
            async with Redis.from_url(self.url) as client:
                try:
                    return bool(await client.ping())
                except (RedisError, OSError):
                    return False

        await eventually(answers)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[Valkey]:
    found = Valkey(tmp_path)
    await found.start()
    yield found
    assert found.process is not None
    stop(found.process, signal.SIGTERM)


@pytest.mark.parametrize("writer_first", [True, False])
async def test_redis_killed_and_restarted(valkey: Valkey, start: Start, prefix: str, writer_first: bool) -> None:
    """Clients stay connected and keep their heartbeat; afterwards a new epoch, whoever of node and writer is back first."""
    async with Redis.from_url(valkey.url) as client:
        writer = Writer(client, Channels(prefix))
        await writer.begin()
        await writer.move()
        node = await start(redis_url=valkey.url, heartbeat_s=2.0)
        node.writer = writer
        async with node.open() as line:
            old = (await line.take(3))[1]
            valkey.kill()
            await client.connection_pool.disconnect()
            await eventually(lambda: not_ready(node))
            assert (await line.next())["type"] == "heartbeat"
            if writer_first:
                await valkey.start()
                await writer.begin_board(only_if_stale=True)
                await eventually(lambda: ready(node), within_s=15)
            else:
                await valkey.start()
                await eventually(lambda: ready(node), within_s=15)
                await writer.begin_board(only_if_stale=True)
            resync = await line.until(lambda one: one["type"] == "resync")
            assert (resync["log"], resync["reason"]) == ("board:public", "epoch")
            snapshot = await line.next()
            assert (snapshot["type"], snapshot["seq"]) == ("board.snapshot", 0)
            assert snapshot["epoch"] != old["epoch"]
            await writer.move()
            assert (await line.until(lambda one: one["type"] == "board.delta"))["seq"] == 1


async def test_joining_while_redis_is_away(valkey: Valkey, start: Start, prefix: str) -> None:
    """A contest that the node holds is served from memory; one that it does not is refused with 503, not with 404."""
    async with Redis.from_url(valkey.url) as client:
        known, unknown = Writer(client, Channels(prefix)), Writer(client, Channels(prefix))
        await known.begin()
        await unknown.begin()
        node = await start(redis_url=valkey.url, handshake_s=2.0)
        node.writer = known
        async with node.open() as line:
            await line.take(3)
            valkey.kill()
            async with node.open() as late:
                assert (await late.take(3))[1]["type"] == "board.snapshot"
            async with httpx.AsyncClient(timeout=10) as http:
                found = await http.get(f"{node.http}/api/v1/contest/{unknown.contest}/status/")
                assert (found.status_code, "retry-after" in found.headers) == (503, True)
            await valkey.start()


async def test_a_board_that_begins_after_its_first_viewers(node: Node, redis: Redis, channels: Channels) -> None:
    """The contest is there before its ranker: the board follows when it begins, and so do logs without a state."""
    writer = node.writer
    await writer.redis.delete(channels.log_meta(writer.contest, "board:public"))
    async with node.open("proctor") as line:
        hello, events = await line.take(2)
        assert set(hello["logs"]) == {"events:public"}
        await writer.announce("alert", "events:proctor")
        found = await line.take(2)
        assert [(one["type"], one["seq"]) for one in found] == [("log.snapshot", 0), ("announcement.posted", 1)]
        await writer.begin_board()
        assert (await line.next())["type"] == "board.snapshot"
        assert events["type"] == "events.snapshot"


async def test_one_log_that_cannot_be_read_keeps_the_node_from_nothing_else(node: Node, redis: Redis, channels: Channels) -> None:
    """Its own readers wait; the node is ready again after its line to Redis was cut, and the other logs go on."""
    writer = node.writer
    async with node.open() as line:
        await line.take(3)
        board = channels.log_snapshot(writer.contest, "board:public")
        await redis.hset(channels.log_meta(writer.contest, "board:public"), "epoch", "broken")
        await redis.hset(board, mapping={"epoch": "broken", "payload": b"no JSON"})
        await redis.client_kill_filter(_type="pubsub", skipme=True)
        await eventually(lambda: not_ready(node))
        await eventually(lambda: ready(node), within_s=15)
        await writer.announce("still heard")
        assert (await line.next())["announcement"]["text"] == "still heard"
        await writer.begin_board()
        resync = await line.next()
        assert (resync["type"], resync["log"]) == ("resync", "board:public")
        assert (await line.next())["type"] == "board.snapshot"
