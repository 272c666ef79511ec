"""One open WebSocket: reads the client's rare frames, knows what it holds. What goes out to many is the audience's loop.

No task, queue, timer or parser waits here: an idle connection is this object, its transport and one entry in its audience.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from contest.broker.logs import Position
from contest.errors import Refusal
from contest.tokens import Ticket
from contest.wire import from_browser
from contest.wire.close_codes import CloseCode
from contest.wire.times import from_unix
from contest.wire.to_browser import Error, Hello, LogPosition, Refused, TicketRenewed, TimeTold, frame
from ws_server.audience import Audience, Held
from ws_server.log_view import ResyncReason
from ws_server.protocol.deflate import inflated
from ws_server.protocol.frames import Frame, FrameReader, Violation, close_frame, pong_frame, text_frame

if TYPE_CHECKING:
    from ws_server.node import Node
    from ws_server.room import Room

FRAMES_PER_S, FRAMES_BURST = 10, 60
"""Of one client. A page sends a heartbeat every 25 s and a few time questions at start."""


class SocketConnection(asyncio.Protocol):
    """Owner: its audience. Bound: in the transport what the kernel did not take of one batch or catch-up (the high-water mark is 0: it is
    blocked from the first byte on); 4 KiB half read; in the kernel what `server.SEND_BUFFER_BYTES` allows.
    Before its hello the answers to FRAMES_BURST frames."""

    __slots__ = (
        "_deaf", "_early", "_reader",
        "address",
        "audience",
        "blocked",
        "closing",
        "descriptor",
        "heard_at",
        "held",
        "inbox",
        "joined",
        "node",
        "opened_at",
        "room",
        "session",
        "ticket",
        "tokens",
        "tokens_at",
        "transport",
        "until",
    )  # fmt: skip

    def __init__(self, node: "Node", room: "Room", audience: Audience, ticket: Ticket | None, session: str, address: str) -> None:
        self.node = node
        self.room = room
        self.audience = audience
        self.ticket = ticket
        self.session = session
        self.address = address
        self.until = ticket.until if ticket else 0
        self.held: Held | None = None
        self.blocked = False
        self.closing = 0
        self.heard_at = self.opened_at = self.tokens_at = node.wheel.now
        self.tokens = FRAMES_BURST
        self.inbox: Position | None = None
        self.joined = False
        self._early = b""
        self._deaf = False
        self.transport: Any = None
        self.descriptor = -1
        self._reader: FrameReader | None = None

    # The line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.set_write_buffer_limits(0)
        if self.node.uring is not None:
            self.descriptor = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if self.transport is None or self._deaf:
            return
        reader = self._reader or FrameReader(inflated if self.audience.deflates else None)
        self._reader = None
        try:
            for one in reader.feed(data):
                self._take(one)
                if self._deaf:
                    return
        except Violation as violation:
            self._fail(violation)
            return
        if not reader.idle:
            self._reader = reader

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.node.lost(self)

    def pause_writing(self) -> None:
        self.blocked = True
        self.audience.block(self)
        self.node.wheel.blocked(self)

    def resume_writing(self) -> None:
        self.blocked = False
        self.node.wheel.unblocked(self)
        if self.closing:
            return
        if self._hears_inbox:
            self._catch_up_inbox()
        self.audience.unblock(self)

    # What the client says

    def _take(self, one: Frame) -> None:
        self.heard_at = self.node.wheel.now
        if one.kind == "close":
            self._close_back(one.code)
        elif not self._may_speak():
            raise Violation(CloseCode.TOO_MANY_FRAMES, "too many frames")
        elif self.closing:
            return
        elif one.kind == "ping":
            self.transport.write(pong_frame(one.payload))
        elif one.kind == "text":
            self._take_text(one.payload)

    def _may_speak(self) -> bool:
        if (passed_s := int(self.node.wheel.now - self.tokens_at)) > 0:
            self.tokens = min(FRAMES_BURST, self.tokens + passed_s * FRAMES_PER_S)
            self.tokens_at = self.node.wheel.now
        self.tokens -= 1
        return self.tokens >= 0

    def _take_text(self, payload: bytes) -> None:
        try:
            match from_browser.read(payload):
                case from_browser.TimeAsk(asked):
                    self._answer(TimeTold(asked, from_unix(time.time())))
                case from_browser.TicketRenew(ticket):
                    self._renew(ticket)
                case from_browser.Heartbeat():
                    pass
        except Refusal as refusal:
            self._answer(Error(Refused(refusal.code, refusal.message, refusal.details)))

    def _renew(self, text: str) -> None:
        try:
            fresh = self.node.verified(text, self.room.contest)
        except Refusal:
            fresh = None
        mine = self.ticket
        if fresh is None or mine is None or (fresh.user, fresh.role, fresh.participant) != (mine.user, mine.role, mine.participant):
            self.close(CloseCode.TICKET_MISMATCH, "not a fresh ticket of this session")
            return
        self.node.wheel.renewed(self, fresh.until)
        self.ticket = fresh
        self._answer(TicketRenewed(from_unix(fresh.until)))

    # What it is told alone

    def _say(self, message: Any) -> None:
        if self.transport is not None and not self.closing:
            self.transport.write(text_frame(frame(None, message)))

    def _answer(self, message: Any) -> None:
        """To what the client said; hello comes first, however early that was."""
        if self.joined:
            self._say(message)
        else:
            self._early += text_frame(frame(None, message))

    def say_and_close(self, message: Any, code: CloseCode, reason: str) -> None:
        self._say(message)
        self.close(code, reason)

    def hello(self) -> bytes:
        """The first frame."""
        stand = {view.log: LogPosition(*view.position) for view in self.audience.views if view.position}
        if (inbox := self._inbox_position()) is not None:
            stand["inbox"] = LogPosition(*inbox)
        return text_frame(
            frame(
                None,
                Hello(
                    "podium.v1", self.session, self.room.contest, self.audience.role, from_unix(time.time()),
                    int(self.node.config.heartbeat_s), from_unix(self.until) if self.ticket else None, stand,
                ),
            )
        )  # fmt: skip

    # Where it stands

    def catch_up(self, held: Held) -> bytes | None:
        """Frames that lead from `held` to where the views stand; a joiner's begin with hello. None: it was closed."""
        joins, self.joined = not self.joined, True
        lost: ResyncReason = "behind" if joins else "slow"
        parts = [self.hello()] if joins else []
        for view in self.audience.views:
            missed = view.missed(held.get(view.log), lost, self.audience.deflates)
            if missed.resync is not None:
                if missed.resync == "slow" and not view.is_state:
                    self.close(CloseCode.SLOW_READER, "too far behind")
                    return None
                self.node.telemetry.metrics.resyncs.labels(missed.resync).inc()
            parts.append(missed.frames)
        parts.append(self._missed_inbox(held.get("inbox") if joins else self.inbox, lost))
        if joins:
            parts.append(self._early)
            self._early = b""
        return b"".join(parts)

    def _inbox_position(self) -> Position | None:
        view = self.room.inbox_of(self)
        return view.position_of(self.ticket.user) if view and self.ticket else None

    def _missed_inbox(self, held: Position | None, lost: ResyncReason) -> bytes:
        view = self.room.inbox_of(self)
        if view is None or self.ticket is None:
            return b""
        self.inbox = view.position_of(self.ticket.user)
        return view.missed(self.ticket.user, held, lost).frames

    def _catch_up_inbox(self) -> None:
        if missed := self._missed_inbox(self.inbox, "slow"):
            self.transport.write(missed)

    @property
    def _hears_inbox(self) -> bool:
        return self.joined and self.held is None and not self.blocked and not self.closing and self.transport is not None

    def tell_inbox(self, ready: bytes, at: Position) -> None:
        """An entry of the own inbox: at once, unless it is caught up later anyway."""
        if self._hears_inbox:
            self.inbox = at
            self.transport.write(ready)

    def begin_inbox(self) -> None:
        """The own inbox starts over."""
        if self._hears_inbox:
            self._catch_up_inbox()

    # The end

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye; the line is cut when the client has answered, or after a while."""
        if self.closing or self.transport is None:
            return
        self.closing = code
        self.audience.leave(self)
        self.transport.write(close_frame(code, reason))
        self.node.wheel.closing(self)

    def _fail(self, violation: Violation) -> None:
        """What comes now is read and dropped until the client goes, so that the close frame reaches it."""
        self.close(violation.code, violation.reason)
        self._deaf = True
        if self.transport is not None:
            self.transport.write_eof()

    def _close_back(self, code: int) -> None:
        if not self.closing:
            self.closing = code
            self.audience.leave(self)
            self.transport.write(close_frame(code))
        self._deaf = True
        self.node.wheel.closing(self)
        self.transport.close()
