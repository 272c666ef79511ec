"""One timer for the whole node: heartbeats a slot at a time, tickets that end, readers blocked or silent, slow handshakes."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from contest.wire.close_codes import CloseCode
from ws_server.audience import SLOTS, Audience

if TYPE_CHECKING:
    from ws_server.config import Config
    from ws_server.socket_connection import SocketConnection

TURN_S = 1.0
CLOSING_S = 5.0
"""How long a client may take to answer a close, or a blocked one to read it."""


class Wheel:
    """Owner: the node. Bound: one entry per ticket, blocked reader and open handshake. `now`: the loop's time, at most a turn old; one
    object for all who note it."""

    def __init__(
        self, config: "Config", audiences: Callable[[], Iterable[Audience]], heartbeat: Callable[[], bytes], unix: Callable[[], float]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time()
        self._config = config
        self._audiences = audiences
        self._heartbeat = heartbeat
        self._unix = unix
        self._expiring: dict[int, dict[SocketConnection, None]] = {}
        self._blocked: dict[SocketConnection, float] = {}
        self._closing: dict[SocketConnection, float] = {}
        self._dawdling: dict[Any, float] = {}
        self._expired_to = int(unix())
        self._turns = 0
        self._handle: asyncio.Handle | None = None

    def start(self) -> None:
        self._handle = self._loop.call_later(TURN_S, self._turn)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    # Who is watched

    def opened(self, connection: "SocketConnection") -> None:
        if connection.ticket is not None:
            self._expiring.setdefault(connection.until, {})[connection] = None

    def renewed(self, connection: "SocketConnection", until: int) -> None:
        self._forget_ticket(connection)
        connection.until = until
        self._expiring.setdefault(until, {})[connection] = None

    def lost(self, connection: "SocketConnection") -> None:
        self._forget_ticket(connection)
        self._blocked.pop(connection, None)
        self._closing.pop(connection, None)

    def _forget_ticket(self, connection: "SocketConnection") -> None:
        if (bucket := self._expiring.get(connection.until)) is not None:
            bucket.pop(connection, None)
            if not bucket:
                del self._expiring[connection.until]

    def blocked(self, connection: "SocketConnection") -> None:
        self._blocked.setdefault(connection, self.now)

    def unblocked(self, connection: "SocketConnection") -> None:
        self._blocked.pop(connection, None)

    @property
    def blocked_count(self) -> int:
        return len(self._blocked)

    def closing(self, connection: "SocketConnection") -> None:
        self._closing.setdefault(connection, self.now + CLOSING_S)

    def dawdling(self, handshake: Any, within_s: float) -> None:
        """`handshake.cut()` is called unless `done` comes within this time."""
        self._dawdling[handshake] = self.now + within_s

    @property
    def dawdling_count(self) -> int:
        """Lines that are no sockets (yet): handshakes, plain requests, idle ones kept alive."""
        return len(self._dawdling)

    def done(self, handshake: Any) -> None:
        self._dawdling.pop(handshake, None)

    # A turn

    def _turn(self) -> None:
        self._handle = self._loop.call_later(TURN_S, self._turn)
        self.now = self._loop.time()
        self._expire()
        for connection, since in [pair for pair in self._blocked.items() if self.now - pair[1] > self._config.blocked_s]:
            self._blocked[connection] = since
            connection.close(CloseCode.SLOW_READER, "not read for too long")
        for connection in [one for one, at in self._closing.items() if at < self.now]:
            if connection.transport is not None:
                connection.transport.abort()
        for handshake in [one for one, at in self._dawdling.items() if at < self.now]:
            del self._dawdling[handshake]
            handshake.cut()
        self._turns += 1
        self._beat()
        self._find_silent()

    def cut_all(self) -> None:
        """The node stops: end the handshakes, the idle lines and those that have not answered their close."""
        for connection in list(self._closing):
            if connection.transport is not None:
                connection.transport.abort()
        for handshake in list(self._dawdling):
            handshake.cut()

    def _find_silent(self) -> None:
        """Every fifth slot a turn: a contestant is found within five turns of being silent for too long."""
        silent_before = self.now - self._config.silent_s
        for audience in self._audiences():
            for slot in audience.slots[self._turns % 5 :: 5] if audience.role == "contestant" else ():
                for connection in list(slot):
                    if connection.heard_at < silent_before:  # type: ignore[attr-defined]
                        connection.close(CloseCode.SILENT, "nothing heard")  # type: ignore[attr-defined]

    def _expire(self) -> None:
        now = int(self._unix())
        due = range(self._expired_to, now + 1) if now - self._expired_to < 3600 else [at for at in self._expiring if at <= now]
        for second in due:
            for connection in list(self._expiring.get(second, ())):
                connection.close(CloseCode.TICKET_EXPIRED, "the ticket was not renewed")
        self._expired_to = now

    def _beat(self) -> None:
        """Each slot hears something every `heartbeat_s`: the last batch, or a heartbeat. Slots come due one after the other in the second
        half of the time after a batch, so that a silent contest's heartbeats are spread."""
        ready: bytes | None = None
        period_s = self._config.heartbeat_s - TURN_S
        for audience in self._audiences():
            for slot in range(SLOTS):
                if not audience.slots[slot]:
                    continue
                since_batch = audience.flushed_at + period_s * (0.5 + 0.5 * slot / SLOTS)
                if self.now < max(audience.beats[slot] + period_s, since_batch):
                    continue
                ready = ready or self._heartbeat()
                audience.beat(slot, ready)
