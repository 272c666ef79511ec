"""The fan-out: everybody in one contest with the same role gets the same bytes. A frame is handed over once and written to all, in slices.

A connection is either *live*, in `members`, and then stands exactly where the last batch ended, or it is outside with `held`, the positions
it had when it left the set (a slow reader) or came with (a joiner). Between two batches those outside are brought up to date from the
views and become live. So nobody misses or doubles a frame, and the loop over the members checks nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from contest.broker.logs import Position
from contest.domain.audience import Log, Role
from ws_server.log_view import LogView

PENDING_MAX_BYTES = 4 << 20
"""Frames that may wait for a batch to end. Above, all members go outside and are brought up to date from the rings."""
ARRIVALS_PER_TURN = 256
"""Joiners served between two batches, at about 20 us each."""
SLOTS = 25
"""Members are kept in this many groups, so that heartbeats go out a group at a time."""

Held = Mapping[Log, Position | None]


class Member(Protocol):
    """A connection as the fan-out sees it."""

    held: Held | None
    blocked: bool
    transport: Any

    def catch_up(self, held: Held) -> bytes | None:
        """Frames from `held` to where the views stand; None if the connection had to be closed."""


class Audience:
    """Owner: its room. Bound: PENDING_MAX_BYTES of frames (shared with the rings), and a batch in flight. Lost with the connections."""

    def __init__(
        self,
        role: Role,
        views: Iterable[LogView],
        tick_s: float,
        slice_count: int,
        delivered: Callable[[Mapping[Log, int], int, int, float], None],
        failed: Callable[[Any], None],
    ) -> None:
        self.role = role
        self.views = tuple(views)
        self.slots: tuple[dict[Member, Any], ...] = tuple({} for _ in range(SLOTS))
        self.beats = [0.0] * SLOTS
        self._loop = asyncio.get_running_loop()
        self.flushed_at = self._loop.time()
        self._tick_s = tick_s
        self._slice_count = slice_count
        self._delivered = delivered
        self._failed = failed
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
        self._targets: list[Any] = []
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
        if self._targets:
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
        if not self._targets:
            self._turn_soon()

    def leave(self, member: Member) -> None:
        """The connection is gone, or says goodbye: after its close frame not even the rest of a batch under way may follow."""
        slot = self.slots[slot_of(member)]
        slot.pop(member, None)
        if self._targets:
            self._closed.add(member.transport)
        self._leaving.pop(member, None)
        self._outside.pop(member, None)

    def block(self, member: Member) -> None:
        """Its send buffer is full: it leaves the set when the batch under way has ended."""
        if member in self.slots[slot_of(member)]:
            self._leaving[member] = None
            if not self._targets:
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
        self._leaving.clear()
        self._flushed = self._positions()
        if self._pending:
            self._batch = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
            self._pending.clear()
            self._pending_bytes = 0
            self._batch_counts, self._counts = self._counts, {}
            self._batch_since = self._since
            self._targets = [transport for slot in self.slots for transport in slot.values()]
            self._next = 0
            self.flushed_at = self._loop.time()
            self._write_slice()
        for _ in range(min(ARRIVALS_PER_TURN, len(self._arrivals))):
            self._admit(self._arrivals.popleft())
        if self._arrivals and not self._targets:
            self._turn_soon()

    def _write_slice(self) -> None:
        begin, end, batch = self._next, self._next + self._slice_count, self._batch
        one_slice = self._targets if len(self._targets) <= self._slice_count else self._targets[begin:end]
        whole = iter([each for each in one_slice if each not in self._closed] if self._closed else one_slice)
        while True:
            try:
                for transport in whole:
                    transport.write(batch)
                break
            except RuntimeError:  # closed since the batch began; the others go on
                continue
        self._next = end
        if end < len(self._targets):
            self._loop.call_soon(self._go_on)
            return
        self._delivered(self._batch_counts, len(self._targets), len(batch), self._loop.time() - self._batch_since)
        self._targets, self._batch = [], b""
        self._closed.clear()

    def _go_on(self) -> None:
        self._write_slice()
        if not self._targets and (self._pending or self._arrivals or self._leaving):
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
        self.slots[slot_of(member)][member] = member.transport
        if missed:
            member.transport.write(missed)

    def _let_all_catch_up(self) -> None:
        for slot in self.slots:
            for member in slot:
                member.held = self._flushed
                self._outside[member] = None
                self._arrivals.append(member)
            slot.clear()
        self._leaving.clear()
        self._pending.clear()
        self._pending_bytes = 0

    def _positions(self) -> Held:
        return {view.log: view.position for view in self.views}


def slot_of(member: Member) -> int:
    """Objects stand 16 bytes apart or more; their address spreads them evenly and costs no memory."""
    return (id(member) >> 4) % SLOTS
