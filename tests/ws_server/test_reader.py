"""The reader against a real Redis: who follows or leaves while the line is made, killed or made anew loses nothing and holds up nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from contest.telemetry import Telemetry
from podium.ports import free_ports
from tests.conftest import Servers
from tests.support import eventually
from ws_server import reader as reading
from ws_server.reader import Reader

pytestmark = pytest.mark.anyio

MANY = 3 * reading.BATCH
"""Channels: enough that a line is being subscribed for a while."""


class Line:
    """Between a reader and Redis: what the client says goes through `edit`; what Redis says waits while `open` is not set."""

    def __init__(self, redis_url: str, edit: Callable[[bytes], bytes] = lambda data: data) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self._target = int(redis_url.rpartition(":")[2].partition("/")[0])
        self._port = free_ports(1)[0]
        self.url = redis_url.replace(f":{self._target}/", f":{self._port}/")
        self._edit = edit
        self._pumps: list[asyncio.Task[None]] = []
        self.count = 0
        """Lines that were made."""

    @asynccontextmanager
    async def standing(self) -> AsyncIterator["Line"]:
        async with await asyncio.start_server(self._accept, "127.0.0.1", self._port):
            try:
                yield self
            finally:
                for pump in self._pumps:
                    pump.cancel()
                await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._pumps += [
            asyncio.create_task(self._pump(reader, far_writer, is_client=True)),
            asyncio.create_task(self._pump(far_reader, writer, is_client=False)),
        ]

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, is_client: bool) -> None:
        try:
            with suppress(ConnectionError):
                while data := await source.read(1 << 16):
                    if not is_client:
                        await self.open.wait()
                    sink.write(self._edit(data) if is_client else data)
        finally:
            sink.close()


@asynccontextmanager
async def reader_of(url: str, redis: Redis, prefix: str, many: int = 0) -> AsyncIterator[tuple[Reader, list[str]]]:
    """A running reader that follows `many` channels from its first moment on; the channels it hears of."""
    heard: list[str] = []

    async def connected() -> None: ...

    found = Reader(url, f"{prefix}.probe", redis, lambda channel, _: heard.append(channel), connected, Telemetry("ws_server", "critical"))
    early = [asyncio.create_task(found.follow(f"{prefix}.{number}")) for number in range(many)]
    await asyncio.sleep(0)
    task = asyncio.create_task(found.run())
    try:
        yield found, heard
    finally:
        found.end()
        for each in (task, *early):
            each.cancel()
        await asyncio.gather(task, *early, return_exceptions=True)


@pytest.mark.parametrize("first", [True, False])
async def test_who_follows_while_the_line_is_made_is_heard(servers: Servers, redis: Redis, prefix: str, first: bool) -> None:
    """`first`: as the first client of a node that was started this moment. Or after Redis gave the line up."""
    async with Line(servers.redis_url).standing() as line:
        if first:
            line.open.clear()
        async with reader_of(line.url, redis, prefix, 5) as (reader, heard):
            if not first:
                await eventually(lambda: reader.healthy)
                await redis.client_kill_filter(_type="pubsub", skipme=True)
                await eventually(lambda: not reader.caught_up)
                line.open.clear()
            before = line.count
            await eventually(lambda: line.count > before)
            follows = asyncio.create_task(reader.follow(f"{prefix}.late"))
            await asyncio.sleep(0)
            line.open.set()
            await asyncio.wait_for(follows, 5)
            await redis.publish(f"{prefix}.late", b"")
            await eventually(lambda: heard == [f"{prefix}.late"] and reader.healthy)


async def test_who_leaves_before_it_is_confirmed_holds_up_nobody(servers: Servers, redis: Redis, prefix: str) -> None:
    def edit(data: bytes) -> bytes:
        if b"\r\nSUBSCRIBE" in data:
            line.open.clear()
        return data

    async with Line(servers.redis_url, edit).standing() as line, reader_of(line.url, redis, prefix, 50) as (reader, _):
        channels = [f"{prefix}.{number}" for number in range(50)]
        follows = asyncio.create_task(reader.follow(channels[0]))
        await eventually(lambda: reader._pubsub is not None and not line.open.is_set())
        await asyncio.sleep(0)  # now it waits to be told that all of them are heard
        for channel in channels:
            await reader.leave(channel)
        line.open.set()
        await asyncio.wait_for(follows, 2)
        await eventually(lambda: reader.healthy, within_s=reading.CONFIRMED_S / 2)
        assert all(count == 0 for _, count in await redis.pubsub_numsub(*channels))


async def test_who_left_before_it_was_subscribed_is_not_subscribed(servers: Servers, redis: Redis, prefix: str) -> None:
    async with reader_of(servers.redis_url, redis, prefix, MANY) as (reader, _):
        await eventually(lambda: redis.pubsub_channels(f"{prefix}.*"))
        for number in range(MANY):
            await reader.leave(f"{prefix}.{number}")

        async def only_the_probe() -> bool:
            return await redis.pubsub_channels(f"{prefix}.*") == [f"{prefix}.probe".encode()]

        await eventually(only_the_probe)
        await eventually(lambda: reader.healthy)


async def test_a_subscription_that_got_lost_is_made_again(
    servers: Servers, redis: Redis, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever lost it: the line starts over instead of waiting for ever."""
    monkeypatch.setattr(reading, "CONFIRMED_S", 0.5)
    spoiled: list[bytes] = []

    def edit(data: bytes) -> bytes:
        if not spoiled and f"{prefix}.1\r\n".encode() in data:
            spoiled.append(data)
            return data.replace(f"{prefix}.1\r\n".encode(), f"{prefix}.!\r\n".encode())
        return data

    async with Line(servers.redis_url, edit).standing() as line, reader_of(line.url, redis, prefix, 3) as (reader, heard):
        await eventually(lambda: reader.healthy)
        assert spoiled
        await redis.publish(f"{prefix}.1", b"")
        await eventually(lambda: heard == [f"{prefix}.1"])
