"""The fan-out: everybody in one contest with the same role, and compression or none, gets the same bytes. A frame is handed over once and
written to all, in slices.

A connection is either *live*, in `members`, and then stands exactly where the last batch ended, or it is outside with `held`, the positions
it had when it left the set (a slow reader) or came with (a joiner). Between two batches those outside are brought up to date from the
views and become live. So nobody misses or doubles a frame, and the loop over the members checks nothing.

The transport of a live member holds no byte back: one that cannot take everything blocks its member at once (its high-water mark is 0).
Therefore what goes out through io_uring, past the transports, overtakes nothing; where the kernel has none, or the rest of a send that was
cut short goes, it is the transports that write.
"""

import asyncio
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from contest.broker.logs import Position
from contest.domain.audience import Log, Role
from ws_server.log_view import LogView
from ws_server.uring import Uring

PENDING_MAX_BYTES = 4 << 20
"""Frames that may wait for a batch to end. Above, all members go outside and are brought up to date from the rings."""
ARRIVALS_PER_TURN = 256
"""Joiners served between two batches, at about 20 us each."""
SLOTS = 25
"""Members are kept in this many groups, so that heartbeats go out a group at a time."""

URING_FROM = 16
"""Targets from which one call for all is no dearer than a write for each (1.0 of its CPU at 16, 0.8 at 32, 0.6 at 256; 1.6 at 4)."""

Held = Mapping[Log, Position | None]


class Member(Protocol):
    """A connection as the fan-out sees it."""

    held: Held | None
    blocked: bool
    transport: Any
    descriptor: int

    def catch_up(self, held: Held) -> bytes | None:
        """Frames from `held` to where the views stand; None if the connection had to be closed."""


class Targets(NamedTuple):
    """Who gets a batch: the same members twice, in the same order."""

    transports: list[Any]
    descriptors: "array[int]"


NOBODY = Targets([], array("i"))


class Audience:
    """Owner: its room. Bound: PENDING_MAX_BYTES of frames (shared with the rings), and a batch in flight. Lost with the connections."""

    def __init__(
        self,
        role: Role,
        deflates: bool,
        views: Iterable[LogView],
        tick_s: float,
        slice_count: int,
        delivered: Callable[[Mapping[Log, int], int, int, float], None],
        failed: Callable[[Any], None],
        uring: Uring | None = None,
    ) -> None:
        self.role = role
        self.deflates = deflates
        self.views = tuple(views)
        self.slots: tuple[dict[Member, None], ...] = tuple({} for _ in range(SLOTS))
        self.beats = [0.0] * SLOTS
        self._loop = asyncio.get_running_loop()
        self.flushed_at = self._loop.time()
        self._tick_s = tick_s
        self._slice_count = slice_count
        self._delivered = delivered
        self._failed = failed
        self._uring = uring
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._counts: dict[Log, int] = {}
        self._batch_counts: dict[Log, int] = {}
        self._since = 0.0
        self._batch_since = 0.0
        self._arrivals: deque[Member] = deque()
        self._outside: dict[Member, None] = {}
        self._leaving: dict[Member, None] = {}
        self._flushed: Held = self._positions()
        self._live: Targets | None = None
        self._targets = NOBODY
        self._closed: set[Any] = set()
        self._batch = b""
        self._next = 0
        self._handle: asyncio.Handle | None = None
        self._waits_for_tick = False

    def __len__(self) -> int:
        return sum(map(len, self.slots)) + len(self._outside)

    def everybody(self) -> list[Member]:
        """Those live and those outside."""
        return [*(member for slot in self.slots for member in slot), *self._outside]

    def publish(self, log: Log, ready: bytes, urgent: bool) -> None:
        """Hand a frame of `log` to everybody, after all that was handed over before. `urgent`: it does not wait for the tick."""
        if not self._pending:
            self._since = self._loop.time()
        self._pending.append(ready)
        self._counts[log] = self._counts.get(log, 0) + 1
        self._pending_bytes += len(ready)
        if self._targets.transports:
            if self._pending_bytes > PENDING_MAX_BYTES:
                self._let_all_catch_up()
            return
        if urgent or not self._tick_s:
            self._turn_soon()
        elif self._handle is None:
            self._handle, self._waits_for_tick = self._loop.call_later(self._tick_s, self._turn), True

    def join(self, member: Member, held: Held) -> None:
        """Bring `member` up to date from `held` as soon as no batch is under way; then it is live."""
        member.held = held
        self._outside[member] = None
        self._arrivals.append(member)
        if not self._targets.transports:
            self._turn_soon()

    def leave(self, member: Member) -> None:
        """The connection is gone, or says goodbye: after its close frame not even the rest of a batch under way may follow."""
        slot = self.slots[slot_of(member)]
        if member in slot:
            del slot[member]
            self._live = None
        if self._targets.transports:
            self._closed.add(member.transport)
        self._leaving.pop(member, None)
        self._outside.pop(member, None)
        member.held = None  # an `unblock` that comes late brings nobody back

    def block(self, member: Member) -> None:
        """Its send buffer is full: it leaves the set when the batch under way has ended."""
        if member in self.slots[slot_of(member)]:
            self._leaving[member] = None
            if not self._targets.transports:
                self._turn_soon()

    def unblock(self, member: Member) -> None:
        """It reads again: back into the set, by way of what it has missed."""
        if member in self._leaving:
            del self._leaving[member]
        if member.held is not None:
            self.join(member, member.held)

    def _turn_soon(self) -> None:
        if self._handle is not None and self._waits_for_tick:
            self._handle.cancel()
            self._handle = None
        if self._handle is None:
            self._handle, self._waits_for_tick = self._loop.call_soon(self._turn), False

    def _turn(self) -> None:
        """Between two batches: the blocked leave, the next batch begins, those outside catch up."""
        self._handle = None
        for member in self._leaving:
            self.slots[slot_of(member)].pop(member, None)
            self._outside[member] = None
            member.held = self._flushed
        if self._leaving:
            self._leaving.clear()
            self._live = None
        self._flushed = self._positions()
        if self._pending:
            self._batch = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
            self._pending.clear()
            self._pending_bytes = 0
            self._batch_counts, self._counts = self._counts, {}
            self._batch_since = self._since
            self._targets = self._live = self._live or self._all_live()
            self._next = 0
            self.flushed_at = self._loop.time()
            self._write_slice()
        for _ in range(min(ARRIVALS_PER_TURN, len(self._arrivals))):
            self._admit(self._arrivals.popleft())
        if self._arrivals and not self._targets.transports:
            self._turn_soon()

    def _all_live(self) -> Targets:
        members = [member for slot in self.slots for member in slot]
        return Targets([member.transport for member in members], array("i", [member.descriptor for member in members]))

    def _write_slice(self) -> None:
        begin, end, whole = self._next, self._next + self._slice_count, self._targets
        some = whole if len(whole.transports) <= self._slice_count else Targets(whole.transports[begin:end], whole.descriptors[begin:end])
        if self._closed or self._leaving:
            some = self._write_apart(some)
        self._write(some, self._batch)
        self._next = end
        if end < len(whole.transports):
            self._loop.call_soon(self._go_on)
            return
        self._delivered(self._batch_counts, len(whole.transports), len(self._batch), self._loop.time() - self._batch_since)
        self._targets, self._batch = NOBODY, b""
        self._closed.clear()

    def _write_apart(self, some: Targets) -> Targets:
        """Since the batch began some have left: nothing more for them. Some have blocked: it follows what their transport holds. Returns
        the others."""
        blocked = {member.transport for member in self._leaving}
        for transport in some.transports:
            if transport in blocked and transport not in self._closed:
                self._write_one(transport, self._batch)
        others = [index for index, each in enumerate(some.transports) if each not in blocked and each not in self._closed]
        return Targets([some.transports[index] for index in others], array("i", [some.descriptors[index] for index in others]))

    def _write(self, targets: Targets, data: bytes) -> None:
        if self._uring is not None and len(targets.transports) >= URING_FROM:
            for index, sent in self._uring.send(targets.descriptors, data):
                self._write_one(targets.transports[index], data[sent:])
            return
        whole = iter(targets.transports)
        while True:
            try:
                for transport in whole:
                    transport.write(data)
                return
            except RuntimeError:  # closed since the batch began; the others go on
                continue

    def _write_one(self, transport: Any, data: bytes) -> None:
        with suppress(RuntimeError):  # closed
            transport.write(data)

    def beat(self, slot: int, ready: bytes) -> None:
        """A heartbeat to all in `slot` who are not blocked: in between is as good a place as any."""
        self.beats[slot] = self._loop.time()
        members = [member for member in self.slots[slot] if not member.blocked]
        self._write(Targets([member.transport for member in members], array("i", [member.descriptor for member in members])), ready)

    def _go_on(self) -> None:
        self._write_slice()
        if not self._targets.transports and (self._pending or self._arrivals or self._leaving):
            self._turn_soon()

    def _admit(self, member: Member) -> None:
        held = member.held
        if held is None or member not in self._outside or member.blocked:
            return  # it is live already, gone, or will be brought back by unblock()
        try:
            missed = member.catch_up(held)
        except Exception:
            self._failed(member)
            return
        if missed is None:
            return
        member.held = None
        del self._outside[member]
        self.slots[slot_of(member)][member] = None
        self._live = None
        if missed:
            self._write_one(member.transport, missed)

    def _let_all_catch_up(self) -> None:
        for slot in self.slots:
            for member in slot:
                member.held = self._flushed
                self._outside[member] = None
                self._arrivals.append(member)
            slot.clear()
        self._live = None
        self._leaving.clear()
        self._pending.clear()
        self._pending_bytes = 0

    def _positions(self) -> Held:
        return {view.log: view.position for view in self.views}


def slot_of(member: Member) -> int:
    """Objects stand 16 bytes apart or more; their address spreads them evenly and costs no memory."""
    return (id(member) >> 4) % SLOTS
