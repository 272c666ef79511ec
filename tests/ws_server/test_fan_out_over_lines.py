"""The fan-out on real transports, through io_uring and without: readers that stall with full buffers, read on, join and leave at random
while fat frames go out. What each reads is what the simplest loop would have sent it, and nothing overtakes what a transport still holds.
"""

import asyncio
import socket
from contextlib import closing
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import ws_server.audience
from contest.broker.logs import Message
from tests.ws_server.test_fan_out_oracle import view_of
from ws_server.audience import Audience, Held
from ws_server.uring import Uring

LOG = "events:public"
SEND_BUFFER = 4_608
"""The least the kernel gives; a few frames fill it."""


class Reader(asyncio.Protocol):
    """A member on one end of a pair; what arrives at the other end is kept when it is read."""

    def __init__(self, audience: Audience, far: socket.socket) -> None:
        self.audience = audience
        self.far = far
        self.held: Held | None = None
        self.blocked = False
        self.transport: Any = None
        self.descriptor = -1
        self.got = bytearray()
        self.block_count = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.set_write_buffer_limits(0)
        self.descriptor = transport.get_extra_info("socket").fileno()

    def pause_writing(self) -> None:
        self.blocked = True
        self.block_count += 1
        self.audience.block(self)

    def resume_writing(self) -> None:
        self.blocked = False
        self.audience.unblock(self)

    def catch_up(self, held: Held) -> bytes:
        parts = []
        for view in self.audience.views:
            missed = view.missed(held.get(view.log), "slow")
            assert missed.resync is None
            parts.append(missed.frames)
        return b"".join(parts)

    def read(self) -> None:
        try:
            while self.far.fileno() >= 0 and (data := self.far.recv(1 << 20)):
                self.got += data
        except BlockingIOError:
            pass


async def reader_of(audience: Audience) -> Reader:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    near.setblocking(False)
    far.setblocking(False)
    made = Reader(audience, far)
    await asyncio.get_running_loop().create_unix_connection(lambda: made, sock=near)
    return made


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "publish", "publish", "join", "join", "read", "alone", "leave", "turn", "turn"]), st.integers(0, 30)
    ),
    min_size=30,
    max_size=90,
)


OVERTAKING = [("join", 0), ("turn", 0), *[("publish", 30), ("turn", 0)] * 8, *[("read", 0), ("publish", 1), ("turn", 0), ("turn", 0)] * 5]
"""Full; then there is room, and a new frame, before the transport has noticed."""


LATE = [
    *[("join", 15), ("join", 9), ("publish", 26), ("join", 26), ("join", 21), ("publish", 10), ("join", 8), ("publish", 7), ("join", 3)],
    *[("read", 19), ("turn", 29), ("leave", 1), ("join", 18), ("read", 6), ("publish", 25), ("join", 25)],
]
"""One that is blocked goes, and its transport says a moment later that it could write again."""


async def play(steps: list[tuple[str, int]], slice_count: int, uring: Uring | None) -> int:
    """Returns how often somebody blocked."""
    view = view_of(LOG)
    audience = Audience("viewer", False, [view], 0.0, slice_count, lambda *_: None, lambda _: None, uring)
    expected: dict[Reader, list[bytes]] = {}
    everybody: list[Reader] = []
    try:
        for step, number in steps:
            reader = list(expected)[number % len(expected)] if expected else None
            if step == "publish":
                assert view.position is not None
                body = b'{"type":"note","text":"%d","pad":"%s"}' % (number, b"x" * (1_500 + number * 150))
                ready = view.append(Message("e", view.position.seq + 1, view.position.seq, 0, "", body))
                audience.publish(LOG, ready, urgent=True)
                for kept in expected.values():
                    kept.append(ready)
            elif step == "join":
                new = await reader_of(audience)
                everybody.append(new)
                expected[new] = []
                audience.join(new, {LOG: view.position})
            elif reader is not None and step == "read":
                asyncio.get_running_loop().call_soon(reader.read)  # just before the next batch, so that there is room a moment too early
            elif reader is not None and step == "alone" and not reader.blocked:
                reader.transport.write(b"\x8a\x00")  # a pong, as the connection writes it
            elif reader is not None and step == "leave":
                audience.leave(reader)
                reader.transport.abort()
                del expected[reader]
            elif step == "turn":
                await asyncio.sleep(0)
        for _ in range(2_000):
            await asyncio.sleep(0)
            for reader in expected:
                reader.read()
            if all(texts(reader.got) == texts(b"".join(kept)) for reader, kept in expected.items()):
                break
        for reader, kept in expected.items():
            assert texts(reader.got) == texts(b"".join(kept))
        return sum(reader.block_count for reader in everybody)
    finally:
        for reader in everybody:
            reader.transport.abort()
        await asyncio.sleep(0)
        for reader in everybody:
            reader.far.close()


def texts(data: bytes | bytearray) -> list[bytes]:
    """The whole frames' payloads, pongs aside; whatever was written into the middle of another is nonsense here."""
    found, at = [], 0
    while at + 2 <= len(data):
        size, head = data[at + 1], 2
        if size == 126:
            size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
        assert data[at] in (0x81, 0x8A)
        if data[at] == 0x81:
            found.append(bytes(data[at + head : at + head + size]))
        at += head + size
    return found


@pytest.mark.parametrize("slice_count", [1_000, 2])
@pytest.mark.parametrize("through", ["io_uring", "transports"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=OVERTAKING)
@example(steps=LATE)
def test_each_reads_what_the_simple_loop_sends(
    monkeypatch: pytest.MonkeyPatch, through: str, slice_count: int, steps: list[tuple[str, int]]
) -> None:
    monkeypatch.setattr(ws_server.audience, "URING_FROM", 1)
    uvloop.run(playing(steps, slice_count, through))


async def playing(steps: list[tuple[str, int]], slice_count: int, through: str) -> int:
    if through == "transports":
        return await play(steps, slice_count, None)
    with closing(Uring(8)) as uring:
        return await play(steps, slice_count, uring)


def test_the_play_does_fill_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The law above is about something: readers do block, in the middle of a batch too."""
    monkeypatch.setattr(ws_server.audience, "URING_FROM", 1)
    steps = [("join", 0)] * 5 + [("turn", 0)] * 3 + [("publish", 30), ("turn", 0)] * 20 + [("read", 1), ("turn", 0), ("publish", 3)] * 4

    assert uvloop.run(playing(steps, 2, "io_uring")) >= 5
