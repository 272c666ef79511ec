"""The line itself, with clients made of bytes and with another library's client."""

import asyncio
import json

import pytest

from contest.errors import Refusal
from tests.support import eventually
from tests.ws_server.conftest import Node, Start
from tests.ws_server.protocol.test_frames import WRONG
from tests.ws_server.raw import RawLine, client_frame
from ws_server.protocol.requests import RequestReader

pytestmark = pytest.mark.anyio


async def opened(node: Node, **headers: str) -> RawLine:
    line = await RawLine.to(node.config.port)
    status, _, _ = await line.upgrade(node.writer.contest, **headers)
    assert status == 101
    for _ in range(3):
        await line.frame()
    return line


@pytest.mark.parametrize("name", WRONG)
async def test_a_violation_is_closed_with_its_code(node: Node, name: str) -> None:
    line = await opened(node)
    line.send(WRONG[name][0])
    assert await line.close_code() == WRONG[name][1]
    assert await asyncio.wait_for(line.reader.read(), 5) == b""
    line.end()


async def test_pings_are_answered_between_fragments(node: Node) -> None:
    line = await opened(node)
    line.send(client_frame(1, b'{"type":"time.', final=False) + client_frame(9, b"here?"))
    assert await line.frame() == (10, b"here?")
    line.send(client_frame(0, b'ask","asked":7}'))
    told = json.loads(await line.frame_of(1))
    assert (told["type"], told["asked"]) == ("time.told", 7)
    line.end()


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
async def test_a_close_is_echoed_and_the_line_ends(node: Node, code: int) -> None:
    line = await opened(node)
    line.send(client_frame(8, code.to_bytes(2, "big")))
    assert await line.close_code() == code
    assert await line.reader.read() == b""
    line.end()


async def test_a_frame_in_the_same_packet_as_the_handshake(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    from tests.ws_server.raw import handshake_headers

    head = [f"GET /ws/contest/{node.writer.contest}/ HTTP/1.1", *(f"{k}: {v}" for k, v in handshake_headers().items()), "", ""]
    line.send("\r\n".join(head).encode() + client_frame(9, b"early"))
    assert (await line.answer())[0] == 101
    assert await line.frame_of(10) == b"early"
    line.end()


async def test_unknown_frames_are_refused_and_the_line_stays(node: Node) -> None:
    line = await opened(node)
    for text, code in (
        (b'{"type":"dance"}', "frame.unknown_type"),
        (b"{", "frame.bad_json"),
        (b'{"type":"time.ask","asked":"x"}', "frame.invalid"),
    ):
        line.send(client_frame(1, text))
        told = json.loads(await line.frame_of(1))
        assert (told["type"], told["error"]["code"]) == ("error", code)
    line.end()


async def test_too_many_frames(node: Node) -> None:
    line = await opened(node)
    line.send(client_frame(1, b'{"type":"heartbeat"}') * 80)
    assert await line.close_code() == 4451
    line.end()


async def test_slow_handshakes_are_cut(start: Start) -> None:
    node = await start(handshake_s=1.0)
    line = await RawLine.to(node.config.port)
    line.send(b"GET /ws/contest/")
    assert await asyncio.wait_for(line.reader.read(), 4) == b""
    line.end()


async def test_a_head_is_at_most_16_kib(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    status, _, _ = await line.request("/api/v1/monitoring/health/live", {"X-Long": "x" * 17_000})
    assert status == 431
    line.end()


def test_a_header_that_never_ends_is_refused_while_it_comes() -> None:
    reader = RequestReader()
    reader.feed(b"GET /api/v1/monitoring/health/live HTTP/1.1\r\nX-Long: ")
    for _ in range(16):
        reader.feed(b"x" * 1_000)
    with pytest.raises(Refusal, match=r"head\.too_large"):
        reader.feed(b"x" * 1_000)


@pytest.mark.parametrize(
    ("bytes_", "status"),
    [
        (b"\x16\x03\x01hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 413),
    ],
)
async def test_what_is_no_request(node: Node, bytes_: bytes, status: int) -> None:
    line = await RawLine.to(node.config.port)
    line.send(bytes_)
    found, headers, body = await line.answer()
    assert found == status
    assert json.loads(body)["error"]["code"]
    assert headers["connection"] == "close"
    assert await line.reader.read() == b""
    line.end()


async def test_keep_alive_and_pipelining(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    one = f"GET /api/v1/contest/{node.writer.contest}/status/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: %d\r\n\r\n"
    line.send("".join(one % number for number in range(5)).encode())
    for number in range(5):
        status, headers, _ = await line.answer()
        assert (status, headers["x-request-id"]) == (200, str(number))
    line.end()


async def test_nothing_is_left_of_the_gone(node: Node) -> None:
    lines = [await opened(node) for _ in range(5)]
    value = lambda: node.telemetry.registry.get_sample_value("podium_ws_connections", {"role": "viewer"})  # noqa: E731
    await eventually(lambda: value() == 5)
    for line in lines[:3]:
        line.writer.transport.abort()
    for line in lines[3:]:
        line.end()
    await eventually(lambda: value() == 0)
