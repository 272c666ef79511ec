"""A node's sockets: lets connections in, counts them, sends the revoked away. What all connections share hangs here."""

import secrets
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

from contest.broker.logs import Position
from contest.domain.audience import Log, Role
from contest.ended import Ended
from contest.errors import unauthorized
from contest.ids import ContestId, UserId
from contest.tokens import AccessVerifier, Ticket, Tickets
from contest.wire.close_codes import CloseCode
from contest.wire.times import from_unix
from contest.wire.to_browser import Heartbeat, SessionRevoked, frame
from ws_server.admission import Admission, TokenBucket
from ws_server.audience import Audience
from ws_server.config import Config
from ws_server.hub import Hub
from ws_server.log_view import LogView
from ws_server.protocol.frames import text_frame
from ws_server.revocations import Revocations
from ws_server.room import Room
from ws_server.socket_connection import SocketConnection
from ws_server.uring import Uring
from ws_server.wheel import Wheel


class Node:
    """Owner: `server.run`. Bound: `connections_max` connections and the hub's rooms."""

    def __init__(self, config: Config, redis: Any, telemetry: Any, now: float) -> None:
        name = secrets.token_hex(4)
        self.config = config
        self.telemetry = telemetry
        self.tickets = Tickets.of(config.keys)
        self.access = AccessVerifier.of(config.keys)
        self.revocations = Revocations()
        self.ended = Ended()
        self.admission = Admission(
            config.connections_max, config.per_address_max, config.per_person_max, TokenBucket.full(config.admissions_per_s, now)
        )
        self.reads = TokenBucket.full(config.reads_per_s, now)
        self.hub = Hub(config, redis, name, self._make_room, self.revoke, telemetry)
        self.wheel = Wheel(config, self.audiences, heartbeat, time.time)
        self.draining = False
        self.uring = open_uring(telemetry.log) if config.io_uring else None
        self._name = name
        self._numbers = count(1)

    def audiences(self) -> list[Audience]:
        return [audience for room in self.hub.rooms.values() for audience in room.audiences.values()]

    def sockets(self) -> list[SocketConnection]:
        return [connection for room in self.hub.rooms.values() for connection in room.sockets()]

    @property
    def ready(self) -> bool:
        return self.hub.reader.healthy and not self.draining

    def close(self) -> None:
        """When no connection is left."""
        if self.uring is not None:
            self.uring.close()

    def _make_room(self, contest: ContestId) -> Room:
        return Room(contest, self._make_audience)

    def _make_audience(self, role: Role, deflates: bool, views: list[LogView]) -> Audience:
        return Audience(role, deflates, views, self.config.tick_s, self.config.slice_count, self._delivered, self._failed, self.uring)

    def _delivered(self, counts: Mapping[Log, int], targets: int, size_bytes: int, lag_s: float) -> None:
        metrics = self.telemetry.metrics
        for log, frames in counts.items():
            metrics.deliveries.labels(log).inc(frames * targets)
        metrics.delivered_bytes.inc(size_bytes * targets)
        metrics.lag.observe(lag_s)

    def _failed(self, connection: SocketConnection) -> None:
        """Bringing it up to date went wrong: our fault, and only this connection's loss."""
        self.telemetry.log.exception("ws.catch_up_failed", contest=connection.room.contest, role=connection.audience.role)
        connection.close(CloseCode.INTERNAL_ERROR, "internal error")

    def verified(self, ticket: str, contest: ContestId) -> Ticket:
        """Raises Refusal 401, 403."""
        found = self.tickets.verify(ticket, contest)
        if self.revocations.refuses(contest, found.user, found.issued) or self.ended.refuses(found):
            raise unauthorized("ticket.revoked", "The ticket was revoked.")
        if found.until <= time.time():
            raise unauthorized("ticket.expired", "The right that the ticket stands for has ended.")
        return found

    def seat(self, room: Room, ticket: Ticket | None, address: str, deflates: bool) -> SocketConnection:
        """A connection in `room`, counted, not open yet. Raises Refusal 401 (not public, or revoked meanwhile), 429."""
        if ticket is None and not (room.status and room.status.public):
            raise unauthorized("ticket.missing", "This contest needs a ticket.")
        if ticket is not None and (self.revocations.refuses(room.contest, ticket.user, ticket.issued) or self.ended.refuses(ticket)):
            raise unauthorized("ticket.revoked", "The ticket was revoked.")
        role: Role = ticket.role if ticket else "viewer"
        self.admission.enter(address, person_of(ticket))
        session = f"{self._name}{next(self._numbers):x}"
        return SocketConnection(self, room, room.audience(role, deflates), ticket, session, address)

    def opened(self, connection: SocketConnection, have: Mapping[str, Position]) -> None:
        metrics = self.telemetry.metrics
        metrics.opened.inc()
        metrics.connections.labels(connection.audience.role).inc()
        self.wheel.opened(connection)
        connection.room.enter(connection, have)

    def lost(self, connection: SocketConnection) -> None:
        """The line is gone: forget it, say so once."""
        connection.room.leave(connection)
        self.wheel.lost(connection)
        self.admission.leave(connection.address, person_of(connection.ticket))
        role, code = connection.audience.role, int(connection.closing) or 1006
        self.telemetry.metrics.connections.labels(role).dec()
        self.telemetry.metrics.closed.labels(code if code in _KNOWN_CODES else "other").inc()
        self.telemetry.log.info(
            "ws.closed", session=connection.session, contest=connection.room.contest, role=role, code=code,
            user=connection.ticket.user if connection.ticket else None, open_s=round(self.wheel.now - connection.opened_at),
        )  # fmt: skip

    def revoke(self, room: Room, user: UserId, reason: str, at: float) -> None:
        """Send a person away: their sockets of this contest, and the tickets issued before."""
        self.revocations.note(room.contest, user, at)
        for connection in room.of_person(user):
            if connection.ticket and connection.ticket.issued <= at:
                connection.say_and_close(SessionRevoked(reason), CloseCode.REVOKED, "revoked")


def open_uring(log: Any) -> Uring | None:
    """None where the kernel or the container does not allow it: the transports write then."""
    try:
        return Uring()
    except OSError as error:
        log.warning("ws.no_io_uring", error=str(error))
        return None


def person_of(ticket: Ticket | None) -> tuple[str, str] | None:
    return (ticket.user, ticket.contest) if ticket else None


def heartbeat() -> bytes:
    return text_frame(frame(None, Heartbeat(from_unix(time.time()))))


_KNOWN_CODES = frozenset(map(int, CloseCode)) | {1001, 1005, 1006}
