"""A connection until it is a WebSocket: answers plain requests in turn, and hands the line over when it accepts a handshake."""

import asyncio
from typing import TYPE_CHECKING, Any

from contest.errors import Refusal, overloaded
from contest.tokens import Ticket
from ws_server.admission import client_address
from ws_server.protocol.handshake import Upgrade, decide
from ws_server.protocol.requests import Answer, Request, RequestReader, answer_bytes, refused
from ws_server.reads import Reads
from ws_server.room import Room, logs_of

if TYPE_CHECKING:
    from ws_server.node import Node

KEEP_ALIVE_S = 60.0


class HttpConnection(asyncio.Protocol):
    """Owner: the listener. Bound: one request's head, PIPELINED_MAX requests, 64 KiB of answers (the transport's high-water mark) and one
    answer beyond, and the kernel's send buffer: while that is not read, no further request is read or answered."""

    __slots__ = ("_blocked", "_busy", "_ended", "_node", "_reader", "_reads", "_transport")

    def __init__(self, node: "Node", reads: Reads) -> None:
        self._node = node
        self._reads = reads
        self._reader = RequestReader()
        self._transport: Any = None
        self._busy: Request | None = None
        self._blocked = False
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        node = self._node
        if node.admission.count + node.wheel.dawdling_count >= node.config.connections_max + node.config.lines_spare:
            self._answer(refused(overloaded("This server has no line left.", 2)), None, keep_alive=False)
            return
        node.wheel.dawdling(self, node.config.handshake_s)

    def connection_lost(self, error: Exception | None) -> None:
        self._node.wheel.done(self)
        self._transport = None

    def pause_writing(self) -> None:
        self._blocked = True
        if not self._ended:
            self._transport.pause_reading()
            self._node.wheel.dawdling(self, self._node.config.blocked_s)

    def resume_writing(self) -> None:
        self._blocked = False
        if not self._ended and self._transport is not None:
            self._transport.resume_reading()
            self._node.wheel.dawdling(self, KEEP_ALIVE_S)
            self._next()

    def cut(self) -> None:
        """Too slow, or idle for too long. Somebody who waits for a contest to be loaded is told."""
        if self._transport is not None and self._busy is not None and not self._blocked:
            self._answer(refused(overloaded("The contest cannot be reached at the moment.", 2)), self._busy, keep_alive=False)
        elif self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        try:
            self._reader.feed(data)
        except Refusal as refusal:
            self._answer(refused(refusal), None, keep_alive=False)
            return
        self._next()

    def _next(self) -> None:
        while self._busy is None and self._reader.requests and self._transport is not None and not (self._blocked or self._ended):
            self._busy = request = self._reader.requests.popleft()
            try:
                if request.path.lower().startswith("/ws/"):
                    self._shake_hands(request)
                else:
                    self._reads.answer(request, self._answerer(request))
            except Refusal as refusal:
                self._answer_refusal(refusal, request)

    def _answerer(self, request: Request) -> Any:
        return lambda answer: self._answer(answer, request, request.keep_alive)

    def _answer_refusal(self, refusal: Refusal, request: Request) -> None:
        if request.path.lower().startswith("/ws/"):
            self._node.telemetry.metrics.refused.labels(refusal.code).inc()
        self._answer(refused(refusal), request, request.keep_alive and not request.upgrade)

    def _answer(self, answer: Answer, request: Request | None, keep_alive: bool) -> None:
        if self._transport is None or self._ended or (request is not None and self._busy is not request):
            return
        keep_alive = keep_alive and not self._node.draining
        self._busy = None
        self._ended = not keep_alive
        # Until it is read, or cut, the line counts; a line that is blocked by this answer gets its own time.
        self._node.wheel.dawdling(self, KEEP_ALIVE_S if keep_alive else self._node.config.blocked_s)
        self._transport.write(answer_bytes(answer, request, keep_alive))
        if not keep_alive:
            self._transport.close()
            return
        if self._reader.requests:
            asyncio.get_running_loop().call_soon(self._next)

    # Handshakes

    def _shake_hands(self, request: Request) -> None:
        node = self._node
        if node.draining:
            raise overloaded("This server is about to stop.", 2)
        peer = self._transport.get_extra_info("peername")
        address = client_address(peer[0] if peer else "", request.headers.get("x-forwarded-for", ""), node.config.trusted_proxies)
        node.admission.check(asyncio.get_running_loop().time(), address)
        upgrade = decide(request, node.config.origins, node.config.deflate)
        ticket = node.verified(upgrade.ticket, upgrade.contest) if upgrade.ticket is not None else None
        logs = logs_of(ticket.role if ticket else "viewer", ticket)

        def entered(found: Room | Refusal) -> None:
            if self._transport is None or self._busy is not request:
                return
            try:
                if node.draining:  # since it was asked
                    raise overloaded("This server is about to stop.", 2)
                if isinstance(found, Refusal):
                    raise found if ticket is None or found.status != 404 else not_open()
                self._become_socket(found, upgrade, ticket, address, request.rest)
            except Refusal as refusal:
                self._answer_refusal(refusal, request)

        node.hub.enter(upgrade.contest, logs, entered)

    def _become_socket(self, room: Room, upgrade: Upgrade, ticket: Ticket | None, address: str, rest: bytes) -> None:
        connection = self._node.seat(room, ticket, address, upgrade.deflates)
        transport, self._transport = self._transport, None
        self._node.wheel.done(self)
        transport.set_protocol(connection)
        connection.connection_made(transport)
        transport.write(upgrade.answer)
        self._node.opened(connection, upgrade.have)
        if rest:
            connection.data_received(rest)


def not_open() -> Refusal:
    """For one with a ticket: the contest is there, or they had none, but its logs have not begun. A draft, or opened this moment."""
    return Refusal(503, "contest.not_open", "The contest is not open yet.", headers={"Retry-After": "1"})
