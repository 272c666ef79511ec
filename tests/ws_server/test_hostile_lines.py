"""Handshakes and frames of somebody who wants to break the node: each is answered or closed by the protocol, nothing reaches the loop as an
exception, and those beside it notice nothing."""

import asyncio
import random
import struct
import time
from contextlib import suppress
from typing import Any

import httpx
import jwt
import pytest

from contest.tokens import SESSION_S
from tests.ws_server.conftest import Node
from tests.ws_server.raw import RawLine, client_frame, handshake_headers
from tests.ws_server.test_admittance import refusal

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stray(node: Node) -> list[dict[str, Any]]:
    """What reaches the loop's exception handler."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


async def status(node: Node, data: bytes) -> int:
    """Of what a line is answered that says `data`."""
    line = await RawLine.to(node.config.port)
    line.send(data)
    found = (await line.answer())[0]
    line.end()
    return found


def handshake(node: Node, *more: str, **changed: str) -> bytes:
    """`more`: whole header lines, which may repeat what is there."""
    headers = handshake_headers() | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"GET /ws/contest/{node.writer.contest} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), *more, "", ""]
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    "origin", ["http://[", "http://]podium.test[", "http://podium.test\u00e9", "http://user@podium.test", "null", "//podium.test"]
)
async def test_origins_that_do_not_parse_are_foreign(node: Node, stray: list[Any], origin: str) -> None:
    assert await refusal(node, Origin=origin) == (403, "origin.foreign")
    assert not stray


async def test_two_hosts_are_malformed_whatever_the_origin(node: Node) -> None:
    """Joined, they would be "a, b": an own origin to nobody but the attacker."""
    assert await status(node, handshake(node, "Host: evil.test", Origin="http://podium.test, evil.test")) == 400


@pytest.mark.parametrize("more", ["Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: 0\r\nTransfer-Encoding: chunked"])
async def test_a_handshake_has_no_body(node: Node, more: str) -> None:
    assert await status(node, handshake(node, more) + b"5\r\naaaaa\r\n0\r\n\r\n") == 400


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 400),
        ("Sec-WebSocket-Version: 13", 426),
        ("Upgrade: websocket", 426),
        ("Authorization: Bearer a\r\nAuthorization: Bearer b", 401),
        ("Sec-WebSocket-Protocol: podium.v1, podium.ticket.a, podium.ticket.b", 400),
        ("X: a\r\n folded", 400),
        ("X : space before the colon", 400),
        ("X: bare\rreturn", 400),
        ("X: nul\x00", 400),
        ("X: " + "a" * 17_000, 431),
        ("a: b\r\n" * 4_000, 431),
    ],
)
async def test_repeated_and_broken_headers(node: Node, stray: list[Any], more: str, expected: int) -> None:
    assert await status(node, handshake(node, more)) == expected
    assert not stray


async def test_the_same_contest_in_capitals_and_no_other_spelling(node: Node) -> None:
    contest = str(node.writer.contest)
    assert await refusal(node, contest=contest.upper()) == (101, "")
    for other in ("{" + contest + "}", contest.replace("-", ""), contest + "//", "../" + contest, "%7B" + contest, contest + "%00"):
        assert (await refusal(node, contest=other))[0] == 404


async def test_have_with_thousands_of_entries_costs_snapshots(node: Node) -> None:
    for have in (
        ",".join(f"board:public@a.{number}" for number in range(600)),
        "board:public@a." + "9" * 4_000,
        "%ff%00%zz,,,@.,board:public@.1,inbox@x.-1",
    ):
        async with node.open(have=have) as line:
            types = {(await line.next())["type"] for _ in range(4 if "board:public@a.0" in have else 3)}
            assert {"hello", "board.snapshot", "events.snapshot"} <= types


async def test_who_is_not_on_the_board_is_never_unchanged(node: Node) -> None:
    """A 304 to any `around` would say that the participant is there; CR and LF must not come back in a header."""
    async with httpx.AsyncClient(base_url=node.http) as client:
        path = f"/api/v1/contest/{node.writer.contest}/leaderboard/"
        epoch, seq, *_ = (await client.get(path)).headers["etag"].strip('"').split(".")
        for around, expected in (("a", 304), ("nobody", 404)):
            tag = f'"{epoch}.{seq}.0.100.{around}"'
            assert (await client.get(path, params={"around": around}, headers={"If-None-Match": tag})).status_code == expected
        for around in ("\r\nX-Evil: 1", 'a"', "a,b", "\u00e9", "", "x" * 101):
            answer = await client.get(path, params={"around": around})
            assert answer.status_code == 422
            assert "x-evil" not in answer.headers


async def test_tickets_whose_claims_are_not_what_they_should_be(node: Node, stray: list[Any]) -> None:
    """Even of the right key: refused, and no session is longer than a session."""
    kid, key = list(node.tickets._keys.now().items())[-1]

    def signed(claims: dict[str, Any]) -> str:
        return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid} if kid else None)

    claims = jwt.decode(node.ticket("viewer"), options={"verify_signature": False})
    wrong: dict[str, tuple[Any, ...]] = {
        "sub": ("", 1, None, [], "a\nb", "x" * 201), "contest": ("", None, 1, [], "x"),
        "participant": (1, "", []), "role": ("", [], "root"),
        "iat": ("x", 1e300, float("inf")), "until": ("x", None, [], float("inf")), "exp": ("x", float("inf")),
    }  # fmt: skip
    for name, values in wrong.items():
        for value in values:
            assert (await refusal(node, Authorization=f"Bearer {signed({**claims, name: value})}"))[0] in (401, 403), (name, value)
    endless = node.tickets.verify(signed({**claims, "until": 10**17}), node.writer.contest)
    assert endless.until == claims["iat"] + SESSION_S
    capitals = {**claims, "contest": str(node.writer.contest).upper()}
    assert await refusal(node, Authorization=f"Bearer {signed(capitals)}") == (101, "")
    assert not stray


FRAMES = (
    client_frame(1, b'{"type":"heartbeat"}'), client_frame(9, b"x"), client_frame(10), client_frame(8), client_frame(8, b"\x03"),
    client_frame(8, struct.pack("!H", 1000)), client_frame(8, struct.pack("!H", 1006)),
    client_frame(1, b'{"type":"time.ask","asked":1e999}'),
    client_frame(1, b'{"type":"time.ask","asked":NaN}'), client_frame(1, b'{"type":"time.ask","asked":' + b"9" * 3_000 + b"}"),
    client_frame(1, b"[" * 4_000), client_frame(1, b'{"a":' * 800), client_frame(1, b'{"type":"ticket.renew","ticket":"a.b.c"}'),
    client_frame(1, b'{"type":"ticket.renew","ticket":"\\ud800"}'), client_frame(1, b'{"type":"\\u0000"}'), client_frame(1, b"\xff"),
    client_frame(2, b"a"), client_frame(1, b"a", final=False), client_frame(0, b"b"), client_frame(1, b"x" * 4_097),
    client_frame(1, b"", length=2**62), client_frame(3), client_frame(9, b"y" * 126), client_frame(1, b"a", masked=False),
    client_frame(1, b"a", rsv=4),
)  # fmt: skip


async def test_mutated_frames(node: Node, stray: list[Any]) -> None:
    """Two thousand lines of frames, bits flipped, cut, in one piece or byte by byte, by a seeded hand."""
    chance = random.Random(20_261_124)

    async def attack(data: bytes, in_bytes: bool, stays: bool) -> None:
        line = await RawLine.to(node.config.port)
        line.send(handshake(node))
        for part in [data[at : at + 1] for at in range(len(data))][:80] if in_bytes else [data]:
            line.send(part)
        if stays:
            with suppress(ConnectionError, asyncio.IncompleteReadError):  # what comes after a close frame may be answered by a reset
                await asyncio.wait_for(line.reader.readuntil(b"\r\n\r\n"), 5)
        line.writer.transport.abort()

    async with node.open() as beside:
        await beside.take(3)
        for _ in range(100):
            lines = []
            for _ in range(20):
                data = bytearray(b"".join(chance.choices(FRAMES, k=chance.randint(1, 8))))
                for _ in range(chance.choice((0, 0, 1, 4))):
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                cut = chance.randrange(len(data) + 1) if chance.random() < 0.3 else len(data)
                lines.append(attack(bytes(data[:cut]), chance.random() < 0.1, chance.random() < 0.2))
            await asyncio.gather(*lines)
        await node.writer.announce("still here")
        await beside.until(lambda found: found["type"] == "announcement.posted")
    assert not stray, stray[0]


async def test_a_flood_of_tiny_frames_holds_up_nobody(node: Node) -> None:
    """Three viewers with a megabyte of empty pongs each, as much as one read takes in; the loop turns on, whoever else asks is answered."""
    lines = [await RawLine.to(node.config.port) for _ in range(3)]
    for line in lines:
        assert (await line.upgrade(node.writer.contest))[0] == 101
    flood = client_frame(10) * 170_000
    waits = []
    async with httpx.AsyncClient(base_url=node.http) as client:
        await client.get("/api/v1/monitoring/health/live")
        for line in lines:
            line.send(flood)
        floods = asyncio.gather(*(line.close_code() for line in lines))
        while not floods.done() or len(waits) < 20:
            begun = time.monotonic()
            assert (await client.get("/api/v1/monitoring/health/live")).status_code == 200
            waits.append(time.monotonic() - begun)
        assert await floods == [4451] * 3
    assert max(waits) < 0.5
    for line in lines:
        line.writer.transport.abort()


async def test_a_close_is_heeded_whatever_came_before(node: Node) -> None:
    """The 61st frame of a burst is still the goodbye; nothing counts after it."""
    line = await RawLine.to(node.config.port)
    assert (await line.upgrade(node.writer.contest))[0] == 101
    line.send(client_frame(10) * 60 + client_frame(8, struct.pack("!H", 1000)) + client_frame(3))
    assert await line.close_code() == 1000
    assert await asyncio.wait_for(line.reader.read(), 5) == b""
    line.end()


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET /", b"GET / HTTP/1.1\r\nA"]
)
async def test_a_head_that_never_ends_is_refused_at_16_kib(node: Node, begun: bytes) -> None:
    """Also while one header, name or path of it still arrives."""
    line = await RawLine.to(node.config.port)
    line.send(begun)
    for _ in range(3):
        line.send(b"a" * 12_000)
        await asyncio.sleep(0.05)
    assert (await line.answer())[0] == 431
    line.writer.transport.abort()


async def test_many_requests_in_one_read_are_not_one_large_head(node: Node) -> None:
    """Four heads of 15 KiB, cut anywhere."""
    line = await RawLine.to(node.config.port)
    one = b"GET /api/v1/monitoring/health/live HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 15_000 + b"\r\n\r\n"
    line.send(one * 4)
    for _ in range(4):
        assert (await line.answer())[0] == 200
    line.end()
