"""Those who do not read: they slow nobody, are held to a bound, and get everything or an explicit resync."""

import asyncio
import json
from typing import Any

import pytest

from tests.support import eventually
from tests.ws_server.conftest import Node, Start
from tests.ws_server.raw import RawLine, handshake_headers

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["io_uring", "transports"])
def through(request: pytest.FixtureRequest) -> str:
    return str(request.param)


PAD = 60_000
"""Bytes of a fat delta: a few fill the kernel's buffers on both sides."""


async def stalled(node: Node) -> RawLine:
    """A viewer with a tiny receive buffer who has got hello and snapshots, and then reads no more."""
    line = await RawLine.to(node.config.port, receive_bytes=4_096)
    assert (await line.upgrade(node.writer.contest))[0] == 101
    for _ in range(3):
        await line.frame()
    line.reader._transport.pause_reading()  # type: ignore[attr-defined]
    return line


async def flood(node: Node, count: int, pad: int = PAD) -> None:
    """Deltas, one at a time, each seen by a quick reader before the next: the slow one slows nobody."""
    async with node.open(max_size=None) as line:
        await line.take(3)
        for _ in range(count):
            seq = await node.writer.move(pad=pad)
            assert (await line.next(within_s=2))["seq"] == seq


async def read_on(line: RawLine, until: Any) -> list[dict[str, Any]]:
    line.reader._transport.resume_reading()  # type: ignore[attr-defined]
    found: list[dict[str, Any]] = []
    while not found or not until(found[-1]):
        found.append(json.loads(await line.frame_of(1)))
    return found


async def test_what_is_still_in_the_ring_comes_in_full(start: Start) -> None:
    node = await start(ring_bytes=64 << 20)
    line = await stalled(node)
    await flood(node, 120)
    for number in range(3):
        await node.writer.announce(str(number))
    found = await read_on(line, lambda one: one.get("announcement", {}).get("text") == "2")
    board = [one for one in found if one.get("log") == "board:public"]
    if resyncs := [one for one in found if one["type"] == "resync"]:  # fewer bytes than what it missed
        assert [one["reason"] for one in resyncs] == ["slow"]
        assert board[-1]["seq"] == 120
    else:
        assert [one["seq"] for one in board] == list(range(1, 121))
    assert [one["seq"] for one in found if one.get("log") == "events:public"] == [1, 2, 3]
    await node.writer.move()
    found = await read_on(line, lambda one: one.get("seq") == 121)
    assert found[-1]["since"] == 120
    line.end()


async def test_missed_board_is_conflated_and_counts(start: Start) -> None:
    node = await start()
    line = await stalled(node)
    await flood(node, 150)
    found = await read_on(line, lambda one: one.get("seq") == 150)
    kinds = [one["type"] for one in found]
    at = kinds.index("resync")
    assert kinds[at : at + 2] == ["resync", "board.snapshot"]
    assert [one["seq"] for one in found[:at]] == list(range(1, at + 1))
    assert found[at + 1]["board"]["rows"][0]["solved"] == 150
    assert node.telemetry.registry.get_sample_value("podium_ws_resyncs_total", {"reason": "slow"}) == 1
    line.end()


async def test_events_out_of_the_ring_close_it(start: Start) -> None:
    node = await start(ring_entries=5)
    line = await stalled(node)
    await flood(node, 120)
    for number in range(10):
        await node.writer.announce(str(number))
    line.reader._transport.resume_reading()  # type: ignore[attr-defined]
    assert await line.close_code() == 4101
    line.end()


async def test_blocked_for_too_long(start: Start) -> None:
    node = await start(blocked_s=1.0)
    line = await stalled(node)
    await flood(node, 120)

    def is_gone() -> bool:
        value = node.telemetry.registry.get_sample_value("podium_ws_connections", {"role": "viewer"})
        closed = node.telemetry.registry.get_sample_value("podium_ws_closed_total", {"code": "4101"})
        return value == 0 and closed == 1

    await eventually(is_gone, within_s=10)
    line.end()


async def test_a_large_snapshot_to_a_slow_joiner(node: Node) -> None:
    node.writer.board = type(node.writer.board)(
        "icpc", (), (), tuple(type(row)(id=row.id, name=row.name + "x" * 2_000_000, rank=row.rank) for row in node.writer.board.rows)
    )
    await node.writer.begin_board()
    line = await RawLine.to(node.config.port, receive_bytes=4_096)
    assert (await line.upgrade(node.writer.contest))[0] == 101
    for number in range(3):
        await node.writer.announce(str(number))
        await asyncio.sleep(0)
    found = await read_on(line, lambda one: one.get("announcement", {}).get("text") == "2" or bool(one.get("announcements")))
    assert [one["type"] for one in found[:3]] == ["hello", "board.snapshot", "events.snapshot"]
    line.end()


async def test_a_joiner_who_never_reads_is_seen_as_blocked(start: Start) -> None:
    """A snapshot of a quarter of a megabyte does not hide in the kernel: 4101 in time, and the line is gone."""
    node = await start(blocked_s=1.0)
    node.writer.board = type(node.writer.board)(
        "icpc", (), (), tuple(type(row)(id=row.id, name=row.name + "x" * 84_000, rank=row.rank) for row in node.writer.board.rows)
    )
    await node.writer.begin_board()
    async with node.open(max_size=None) as quick:
        await quick.take(3)
    line = await RawLine.to(node.config.port, receive_bytes=4_096)
    line.reader._transport.pause_reading()  # type: ignore[attr-defined]
    line.send(
        "".join(
            [f"GET /ws/contest/{node.writer.contest} HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in handshake_headers().items()), "\r\n"]
        ).encode()
    )
    await eventually(lambda: node.telemetry.registry.get_sample_value("podium_ws_closed_total", {"code": "4101"}) == 1)
    line.writer.transport.abort()
