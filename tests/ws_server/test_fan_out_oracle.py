"""The fan-out against the simplest thing that could work: a loop that sends each frame to each reader at once, and a joiner all it missed.

Readers join, stall, read on and leave at random between published frames; what each was written must be what the loop would have written.
"""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contest.broker.logs import Message, Position, Snapshot
from contest.wire.to_browser import EventsSnapshot, Place, frame
from tests.ws_server.conftest import STATUS
from ws_server.audience import Audience, Held
from ws_server.loading import Loaded
from ws_server.log_view import LogView
from ws_server.ring import Ring

LOGS = ("events:public", "events:proctor")


class Reader:
    """A member whose transport is a list; `stalled` is what pause_writing would have told."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.held: Held | None = None
        self.blocked = False
        self.transport: Any = self
        self.descriptor = -1
        self.written: list[bytes] = []
        self.failed = False

    def write(self, data: bytes) -> None:
        if self.transport is None:
            raise RuntimeError("closed")
        self.written.append(data)

    def catch_up(self, held: Held) -> bytes:
        parts = []
        for view in self.audience.views:
            missed = view.missed(held.get(view.log), "slow")
            assert missed.resync is None
            parts.append(missed.frames)
        return b"".join(parts)


def view_of(log: str) -> LogView:
    view = LogView(log, Ring(10_000, 1 << 24))
    kept = Snapshot(Position("e", 0), frame(Place(log, "e", 0), EventsSnapshot(STATUS, ())))
    view.begin(Loaded(Position("e", 0), kept, []))
    return view


STEPS = st.lists(
    st.tuples(st.sampled_from(["publish", "publish", "join", "back", "stall", "read", "leave", "turn", "turn"]), st.integers(0, 30)),
    min_size=25,
    max_size=80,
)


async def play(steps: list[tuple[str, int]], tick_s: float, slice_count: int) -> None:
    views = [view_of(log) for log in LOGS]
    audience = Audience("proctor", False, views, tick_s, slice_count, lambda *_: None, lambda member: setattr(member, "failed", True))
    oracle: dict[Reader, dict[str, list[bytes]]] = {}
    readers: list[Reader] = []
    for step, number in steps:
        reader = readers[number % len(readers)] if readers else None
        if step == "publish":
            view = views[number % 2]
            assert view.position is not None
            body = b'{"type":"note","text":"%d"}' % number
            ready = view.append(Message("e", view.position.seq + 1, view.position.seq, 0, "", body))
            audience.publish(view.log, ready, urgent=number % 3 == 0)
            for kept in oracle.values():
                kept[view.log].append(ready)
        elif step in ("join", "back"):
            new = Reader(audience)
            readers.append(new)
            held = {view.log: Position("e", 0) for view in views} if step == "back" else {view.log: view.position for view in views}
            oracle[new] = {view.log: [view.ring.since(0) or b""] if step == "back" else [] for view in views}
            audience.join(new, held)
        elif reader is not None and step == "stall" and not reader.blocked:
            reader.blocked = True
            audience.block(reader)
        elif reader is not None and step == "read" and reader.blocked:
            reader.blocked = False
            audience.unblock(reader)
        elif reader is not None and step == "leave":
            readers.remove(reader)
            oracle.pop(reader)
            reader.transport = None
            audience.leave(reader)
        elif step == "turn":
            await asyncio.sleep(0)
    for reader in readers:
        if reader.blocked:
            reader.blocked = False
            audience.unblock(reader)
    await asyncio.sleep(tick_s * 2)
    for _ in range(len(steps) + 40):
        await asyncio.sleep(0)
    for reader, expected in oracle.items():
        assert not reader.failed
        got = b"".join(reader.written)
        for log, view in zip(LOGS, views, strict=True):
            other = next(each for each in LOGS if each != log)
            mine = b"".join(expected[log])
            theirs = expected[other]
            assert sum(map(len, (mine, *theirs))) == len(got)
            assert in_order(got, frames_of(b"".join(expected[log]))), (log, view.position)


def frames_of(joined: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(joined):
        size = joined[at + 1]
        found.append(joined[at : at + 2 + size])
        at += 2 + size
    return found


def in_order(got: bytes, frames: list[bytes]) -> bool:
    """`frames` are found in `got` in this order."""
    pieces = frames_of(got)
    at = iter(pieces)
    return all(any(piece == wanted for piece in at) for wanted in frames)


@pytest.mark.parametrize(("tick_s", "slice_count"), [(0.0, 1_000), (0.0, 1), (0.001, 2)])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_fast_fan_out_writes_what_the_simple_loop_would(tick_s: float, slice_count: int, steps: list[tuple[str, int]]) -> None:
    asyncio.run(play(steps, tick_s, slice_count))
