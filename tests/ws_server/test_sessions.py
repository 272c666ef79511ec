"""How a session goes on and ends: renewal, expiry, revocation, silence, heartbeats, draining."""

import asyncio
import json
import time

import httpx
import msgspec
import pytest

from contest.ids import ContestId, UserId, uuid7
from contest.tokens import Person
from contest.wire.to_browser import members
from tests.support import eventually
from tests.ws_server.conftest import Node, Start
from tests.ws_server.raw import RawLine, client_frame, handshake_headers

pytestmark = pytest.mark.anyio


def renewal(ticket: str) -> str:
    return json.dumps({"type": "ticket.renew", "ticket": ticket})


async def revoke(node: Node, user: str, at: float | None = None) -> None:
    """Now, as the relay says it; `at` 0: without a time."""
    body = {"type": "session.revoked", "user": user, "reason": "removed", "at": time.time() if at is None else at}
    await node.writer.logs.publish(node.writer.contest, "control", members(body))


async def test_hello_comes_before_the_answers_to_an_early_client(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    head = [f"GET /ws/contest/{node.writer.contest} HTTP/1.1", *(f"{name}: {value}" for name, value in handshake_headers().items()), "", ""]
    asked = client_frame(1, b'{"type":"time.ask","asked":7}'), client_frame(1, b'{"type":"dance"}')
    line.send("\r\n".join(head).encode() + b"".join(asked))
    assert (await line.answer())[0] == 101
    heard = [json.loads(await line.frame_of(1))["type"] for _ in range(5)]
    assert heard == ["hello", "board.snapshot", "events.snapshot", "time.told", "error"]
    line.send(client_frame(1, b'{"type":"time.ask","asked":8}'))
    assert json.loads(await line.frame_of(1))["asked"] == 8
    line.end()


async def test_renewal(node: Node) -> None:
    async with node.open("proctor") as line:
        before = (await line.take(3))[0]["renew_before"]
        await line.socket.send(renewal(node.ticket("proctor", until_s=1_000)))
        renewed = await line.next()
        assert renewed["type"] == "ticket.renewed"
        assert renewed["renew_before"] >= before


async def test_a_ticket_of_somebody_else_does_not_renew(node: Node) -> None:
    person = Person(UserId("ann"), "proctor", None, int(time.time()) + 900)
    for text in (
        node.ticket("organiser"),
        node.ticket("proctor", "eve"),
        node.tickets.mint(person, ContestId(uuid7()))[0],
        node.ticket("proctor", until_s=-5),
        "x",
    ):
        async with node.open("proctor") as line:
            await line.take(3)
            await line.socket.send(renewal(text))
            assert await line.closed() == 4403
    async with node.open() as line:
        await line.take(3)
        await line.socket.send(renewal(node.ticket("viewer")))
        assert await line.closed() == 4403


async def test_without_renewal_the_session_ends(node: Node) -> None:
    ticket = node.ticket("viewer", until_s=2)
    line = await RawLine.to(node.config.port)
    assert (await line.upgrade(node.writer.contest, Authorization=f"Bearer {ticket}"))[0] == 101
    begun = time.monotonic()
    assert await line.close_code() == 4401
    assert time.monotonic() - begun < 4.5
    line.end()


async def test_a_renewed_session_outlives_its_first_ticket(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    await line.upgrade(node.writer.contest, Authorization=f"Bearer {node.ticket('viewer', until_s=2)}")
    from tests.ws_server.raw import client_frame

    line.send(client_frame(1, renewal(node.ticket("viewer", until_s=60)).encode()))
    for _ in range(4):
        await line.frame()
    with pytest.raises(TimeoutError):
        await line.frame(within_s=3.5)
    line.end()


async def test_revocation_closes_and_refuses_older_tickets(node: Node) -> None:
    old = node.ticket("contestant", "eve")
    async with node.open("contestant", "eve") as one, node.open("organiser", "eve") as two, node.open("contestant", "ann") as other:
        for line in (one, two, other):
            await line.take(3)
        await node.writer.judge("eve", "WA")
        await one.until(lambda found: found.get("log") == "inbox")
        await revoke(node, "eve")
        for line in (one, two):  # whatever the role
            assert await line.closed() == 4450
            assert line.frames[-1] == {"type": "session.revoked", "reason": "removed"}
        assert not [found for found in two.frames if found.get("log") == "inbox"], "an organiser has none"
        await node.writer.announce("still here")
        await other.until(lambda found: found["type"] == "announcement.posted")
    line_ = await RawLine.to(node.config.port)
    status, _, body = await line_.upgrade(node.writer.contest, Authorization=f"Bearer {old}")
    assert (status, json.loads(body)["error"]["code"]) == (401, "ticket.revoked")
    line_.end()


async def test_a_revocation_that_nobody_heard_is_found_when_the_log_is_loaded(node: Node, start: Start) -> None:
    ticket = node.ticket("contestant", "eve")
    await revoke(node, "eve")
    await revoke(node, "ann", at=time.time() - 3_600)
    other = await start()
    line = await RawLine.to(other.config.port)
    assert (await line.upgrade(node.writer.contest, Authorization=f"Bearer {ticket}"))[0] == 401
    line.end()
    async with other.open("contestant", "ann") as found:
        await found.next()


async def test_heartbeats(start: Start) -> None:
    node = await start(heartbeat_s=2.0)
    async with node.open() as line:
        assert (await line.take(3))[0]["heartbeat_s"] == 2
        for _ in range(2):
            assert (await line.next(within_s=3.2))["type"] == "heartbeat"


async def test_silent_contestants_are_found_and_viewers_may_be_silent(start: Start) -> None:
    node = await start(silent_s=0.5)
    async with node.open("contestant") as one, node.open("viewer", "bob") as other:
        await one.take(3)
        await other.take(3)
        assert await one.closed(within_s=9) == 4102
        await node.writer.announce("x")
        await other.until(lambda found: found["type"] == "announcement.posted")


async def test_draining(start: Start) -> None:
    node = await start(drain_s=1.0)
    lines = [node.open("viewer", f"u{number}") for number in range(10)]
    opened = [await line.__aenter__() for line in lines]
    for line in opened:
        await line.take(3)
    idle = await RawLine.to(node.config.port)
    node.stop.set()
    assert {await line.closed() for line in opened} == {4100}
    waits = {line.frames[-1]["reconnect_after_ms"] for line in opened}
    assert len(waits) > 3
    assert await asyncio.wait_for(idle.reader.read(), 3) == b""
    idle.end()
    for line_ in lines:
        await line_.__aexit__(None, None, None)
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{node.http}/api/v1/monitoring/health/live")


async def test_draining_ends_though_nobody_answers(start: Start) -> None:
    node = await start(drain_s=0.5)
    line = await RawLine.to(node.config.port)
    await line.upgrade(node.writer.contest)
    node.stop.set()
    assert await line.close_code() == 4100
    assert await asyncio.wait_for(line.reader.read(), 3) == b""
    line.end()


async def test_not_ready_while_draining(start: Start) -> None:
    node = await start(drain_s=1.0)
    async with httpx.AsyncClient() as client:
        ready = f"{node.http}/api/v1/monitoring/health/ready"
        assert (await client.get(ready)).json()["status"] == "ready"
        line = await RawLine.to(node.config.port)
        await line.upgrade(node.writer.contest)
        node.stop.set()

        async def is_off() -> bool:
            found = await client.get(ready)
            return found.status_code == 503 and msgspec.json.decode(found.content)["checks"]["draining"]["ok"] is False

        await eventually(is_off)
        line.end()
