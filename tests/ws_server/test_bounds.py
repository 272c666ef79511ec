"""Every bound of a node, reached: what is refused then, and that it goes on after."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest

from contest.broker.logs import Message, Position
from contest.domain.audience import inbox_log
from contest.domain.boards import Row, in_order
from contest.ids import uuid7
from tests.support import eventually
from tests.ws_server.conftest import Node, Start, board_of
from tests.ws_server.raw import RawLine
from tests.ws_server.test_admittance import refusal
from tests.ws_server.test_fan_out_oracle import Reader, frames_of, view_of
from tests.ws_server.test_sessions import revoke
from ws_server import audience as fan_out
from ws_server import http_connection as plain_http
from ws_server import room as rooms
from ws_server.audience import Audience
from ws_server.protocol.requests import answer_bytes

pytestmark = pytest.mark.anyio


async def test_more_contests_than_the_node_follows(start: Start) -> None:
    node = await start(rooms_max=1, room_idle_s=0.2)
    async with node.open() as line:
        await line.take(3)
        assert await refusal(node, contest=uuid7()) == (503, "server.overloaded")
        assert await refusal(node) == (101, "")
    unknown = uuid7()

    async def is_left() -> bool:
        return await refusal(node, contest=unknown) == (404, "contest.not_found")

    await eventually(is_left)


async def test_more_joiners_than_may_wait(node: Node, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a contest is loaded. The last one who may wait gets in like the first, though nobody else asks for that role's logs."""
    monkeypatch.setattr(rooms, "WAITING_MAX", 3)
    await node.writer.logs.renew(node.writer.contest, "events:proctor")
    other = await start()
    lines = [await RawLine.to(other.config.port) for _ in range(8)]
    roles = ["viewer", "viewer", "proctor", *["viewer"] * 5]
    answers = await asyncio.gather(
        *(line.upgrade(node.writer.contest, Authorization=f"Bearer {node.ticket(role)}") for line, role in zip(lines, roles, strict=True))
    )
    found = [status for status, _, _ in answers]
    assert set(found) == {101, 503}
    assert found.count(101) >= 3
    assert found[:3] == [101, 101, 101]
    for line in lines:
        line.end()


async def test_more_lines_than_sockets_and_spare_ones(start: Start) -> None:
    """Lines that never ask for anything hold no more than their share, and are cut: then others come in."""
    node = await start(connections_max=2, lines_spare=3, handshake_s=1.0)
    idle = [await RawLine.to(node.config.port) for _ in range(12)]
    async with httpx.AsyncClient() as client:

        async def live() -> int:
            return (await client.get(f"{node.http}/api/v1/monitoring/health/live")).status_code

        assert await live() == 503
        answered = [line for line in idle if line.reader._buffer]  # type: ignore[attr-defined]
        assert 6 <= len(answered) <= 8

        async def is_back() -> bool:
            return await live() == 200

        await eventually(is_back)
    for line in idle:
        line.end()


async def settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


def crowd(count: int, slice_count: int) -> tuple[Audience, list[Reader], Any]:
    """An audience of `count` live readers, written to in slices; the log they read."""
    view, public = view_of("events:proctor"), view_of("events:public")
    audience = Audience("proctor", False, [public, view], 0.0, slice_count, lambda *_: None, lambda member: setattr(member, "failed", True))
    readers = [Reader(audience) for _ in range(count)]
    for reader in readers:
        audience.join(reader, {each.log: each.position for each in audience.views})
    return audience, readers, view


def say(audience: Audience, view: Any, size: int = 10) -> bytes:
    at: Position = view.position
    ready: bytes = view.append(Message("e", at.seq + 1, at.seq, 0, "", b'"' + b"x" * size + b'"'))
    audience.publish(view.log, ready, True)
    return ready


async def test_nothing_follows_a_close_frame_in_the_middle_of_a_batch() -> None:
    audience, readers, view = crowd(9, 2)
    await settle()
    say(audience, view)
    await asyncio.sleep(0)
    waiting = [reader for reader in readers if not reader.written]
    assert len(waiting) > 3, "a batch is under way"
    for reader in waiting[:3]:
        reader.write(b"close")
        audience.leave(reader)
    await settle()
    assert all(reader.written == [b"close"] for reader in waiting[:3])
    assert all(len(reader.written) == 1 for reader in waiting[3:])
    last = say(audience, view)
    await settle()
    assert [reader.written[-1] == last for reader in readers] == [reader not in waiting[:3] for reader in readers]


async def test_more_bytes_than_may_wait_for_a_batch_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the bound everybody is brought up to date from the rings."""
    monkeypatch.setattr(fan_out, "PENDING_MAX_BYTES", 500)
    audience, readers, view = crowd(7, 2)
    await settle()
    said = [say(audience, view, 100)]
    await asyncio.sleep(0)
    said += [say(audience, view, 100) for _ in range(8)]
    assert audience._pending_bytes <= 500
    await settle()
    said.append(say(audience, view))
    await settle()
    assert all(frames_of(b"".join(reader.written)) == said for reader in readers)


async def test_a_gap_on_an_inbox_is_filled_and_a_trimmed_one_is_a_resync(node: Node) -> None:
    w, log = node.writer, inbox_log("ann")
    await w.logs.renew(w.contest, log)
    async with node.open("contestant") as line:
        await line.take(4)
        word = w.logs._publish_word
        w.logs._publish_word = "SPUBLISH"
        for _ in range(3):
            await w.judge("ann", "WA")
        w.logs._publish_word = word
        await w.judge("ann", "AC")
        assert [one["seq"] for one in await line.take(4)] == [1, 2, 3, 4]
        w.logs._publish_word = "SPUBLISH"
        for _ in range(3):
            await w.judge("ann", "WA")
        w.logs._publish_word = word
        await w.redis.xtrim(w.channels.log_stream(w.contest, log), maxlen=1, approximate=False)
        await w.judge("ann", "AC")
        resync, snapshot = await line.take(2)
        assert (resync["type"], resync["log"]) == ("resync", "inbox")
        assert (snapshot["type"], snapshot["seq"]) == ("inbox.snapshot", 8)
        await w.judge("ann", "AC")
        assert (await line.next())["seq"] == 9


async def test_who_just_heard_something_gets_no_heartbeat(start: Start) -> None:
    node = await start(heartbeat_s=4.0)
    async with node.open() as line:
        await line.take(3)
        begun = time.monotonic()
        while time.monotonic() - begun < 5:
            await node.writer.announce("news")
            assert (await line.next())["type"] == "announcement.posted"
            await asyncio.sleep(0.25)
        assert "heartbeat" not in {one["type"] for one in line.frames}
        assert (await line.next(within_s=5))["type"] == "heartbeat"


async def test_one_who_was_let_in_again_is_not_closed_by_what_was_said_before(node: Node, start: Start) -> None:
    """An old revocation with its time, and one whose time nobody knows any more, when the log is loaded again."""
    await revoke(node, "eve", at=time.time() - 5)
    await revoke(node, "ann", at=0)
    other = await start()
    for user in ("eve", "ann"):
        async with other.open("contestant", user) as line:
            await line.take(3)
            await node.writer.logs.renew(node.writer.contest, "control")
            await revoke(node, user, at=time.time() - 5)
            await node.writer.announce("news")
            await line.until(lambda found: found["type"] == "announcement.posted")


async def asked_for_boards(node: Node) -> tuple[RawLine, bytes]:
    """A line with a tiny receive buffer that reads nothing, and a request for a board of a hundred kilobytes and more."""
    rows = [Row(id=str(number), name="x" * 100, rank=None) for number in range(1_000)]
    node.writer.board = msgspec.structs.replace(board_of(""), rows=in_order("icpc", rows))
    await node.writer.begin_board()
    path = f"/api/v1/contest/{node.writer.contest}/leaderboard/?limit=1000"
    async with httpx.AsyncClient(base_url=node.http) as client:

        async def stands() -> bool:
            found = await client.get(path)
            return found.status_code == 200 and len(found.json()["rows"]) == 1_000 and len(found.content) > 70_000

        await eventually(stands)
    line = await RawLine.to(node.config.port, receive_bytes=4_096)
    line.reader._transport.pause_reading()  # type: ignore[attr-defined]
    return line, f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode()


async def is_cut(line: RawLine, request: bytes) -> bool:
    """The node has given the line up: what is sent is answered by a reset."""
    with suppress(ConnectionError):
        line.send(request)
        await asyncio.sleep(0.1)
        return line.writer.transport.is_closing()
    return True


async def test_answers_that_are_not_read_stop_the_asking(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,600 boards, asked for and not read: a few are made, no more; then the line is cut."""
    made: list[bytes] = []

    def making(*given: Any) -> bytes:
        made.append(answer_bytes(*given))
        return made[-1]

    monkeypatch.setattr(plain_http, "answer_bytes", making)
    node = await start(blocked_s=2.0)
    line, request = await asked_for_boards(node)
    made.clear()
    for _ in range(200):
        line.send((request + b"\r\n") * 8)
        await asyncio.sleep(0.001)
    assert 0 < len(made) < 10
    await eventually(lambda: is_cut(line, request))
    assert len(made) < 10
    line.writer.transport.abort()


async def test_answers_that_are_read_late_come_in_full(node: Node) -> None:
    line, request = await asked_for_boards(node)
    line.send((request + b"\r\n") * 12 + request + b"Connection: close\r\n\r\n")
    await asyncio.sleep(0.1)
    line.reader._transport.resume_reading()  # type: ignore[attr-defined]
    for _ in range(13):
        status, _, body = await line.answer()
        assert (status, len(body) > 70_000) == (200, True)
    assert await line.reader.read() == b""
    line.end()


async def test_a_line_counts_until_its_last_answer_is_read_or_it_is_cut(start: Start) -> None:
    node = await start(connections_max=0, lines_spare=2, blocked_s=2.0)
    line, request = await asked_for_boards(node)
    line.send(request + b"Connection: close\r\n\r\n")
    async with httpx.AsyncClient(base_url=node.http, headers={"Connection": "close"}) as client, httpx.AsyncClient() as other:

        async def no_line_is_left() -> bool:
            await client.get("/api/v1/monitoring/health/live")
            second = await RawLine.to(node.config.port)
            found = (await other.get(f"{node.http}/api/v1/monitoring/health/live", headers={"Connection": "close"})).status_code
            second.writer.transport.abort()
            return found == 503

        await eventually(no_line_is_left, within_s=1.5)
        await eventually(lambda: is_cut(line, request))
    line.writer.transport.abort()
