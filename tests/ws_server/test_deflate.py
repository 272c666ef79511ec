"""Compressed and plain clients in one contest: the same frames, whoever asks in whatever way."""

import json

import pytest

from tests.ws_server.conftest import Node, Start
from tests.ws_server.protocol.test_deflate import packed
from tests.ws_server.raw import RawLine, client_frame
from tests.ws_server.test_resume import have
from ws_server.protocol.deflate import inflated

pytestmark = pytest.mark.anyio


async def test_both_hear_the_same(node: Node) -> None:
    async with node.open() as plain, node.open(compression="deflate") as packed_:
        extensions = packed_.socket.protocol.extensions
        assert [one.name for one in extensions] == ["permessage-deflate"]
        await plain.take(3)
        await packed_.take(3)
        for number in range(5):
            await node.writer.move(pad=300)
            await node.writer.announce(f"{number} " * 50)
            assert await plain.take(2) == await packed_.take(2)
        held = have(packed_.frames)
    await node.writer.move(pad=500)
    async with node.open(compression="deflate", have=held) as back:
        assert [one["type"] for one in await back.take(2)] == ["hello", "board.delta"]
        await node.writer.move()
        assert (await back.next())["seq"] == 7


async def test_new_epoch_reaches_both(node: Node) -> None:
    async with node.open() as plain, node.open(compression="deflate") as packed_:
        await plain.take(3)
        await packed_.take(3)
        await node.writer.begin_board()
        told = await plain.take(2)
        assert [one["type"] for one in told] == ["resync", "board.snapshot"]
        assert await packed_.take(2) == told


async def test_what_goes_over_the_line_is_compressed(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    status, headers, _ = await line.upgrade(node.writer.contest, Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert status == 101
    assert headers["sec-websocket-extensions"] == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    for _ in range(3):
        await line.reader.readexactly(1)
        await whole_frame(line)
    await node.writer.move(pad=2_000)
    first, payload = (await line.reader.readexactly(1))[0], await whole_frame(line)
    assert first == 0xC1
    assert len(payload) < 200
    assert json.loads(inflated(payload, 10_000))["seq"] == 1
    line.send(client_frame(1, packed(b'{"type":"time.ask","client_time":"x"}'), rsv=4))
    first, payload = (await line.reader.readexactly(1))[0], await whole_frame(line)
    assert b"time.told" in payload or b"error" in payload
    line.end()


async def whole_frame(line: RawLine) -> bytes:
    """The rest of a frame after its first byte."""
    size = (await line.reader.readexactly(1))[0]
    if size == 126:
        size = int.from_bytes(await line.reader.readexactly(2), "big")
    return await line.reader.readexactly(size)


async def test_where_it_is_switched_off_nobody_gets_it(start: Start) -> None:
    node = await start(deflate=False)
    async with node.open(compression="deflate") as line:
        assert line.socket.protocol.extensions == []
        await line.take(3)


async def test_nobody_pays_for_nobody(node: Node) -> None:
    """A bit that was not agreed on is a broken protocol, as ever."""
    line = await RawLine.to(node.config.port)
    assert (await line.upgrade(node.writer.contest))[0] == 101
    line.send(client_frame(1, packed(b"{}"), rsv=4))
    assert await line.close_code() == 1002
    line.end()
