"""Follows one contest over a socket for as long as it is iterated: reconnects with jitter, resumes each log, keeps the board.

async for frame in ContestFeed("http://127.0.0.1:8080", contest_id):
    print(frame, feed.board and feed.board.rows[0])
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from podium_client import frames
from podium_client.board import KeptBoard
from podium_client.errors import OutOfStep, PodiumError, StayAway, Unreachable
from podium_client.frames import (
    Announcement,
    BoardDelta,
    BoardSnapshot,
    Clarification,
    EventsSnapshot,
    Frame,
    Hello,
    Position,
    Status,
    Submission,
    Turn,
)
from podium_client.reconnect import duty, wait_s
from podium_client.refusals import refusal

PROTOCOL = Subprotocol("podium.v1")
SILENCE_S = 60.0
"""Nothing for longer than this: the line is dead (protocol.md, heartbeat)."""
HEARTBEAT_S = 25.0
RENEW_EARLY_S = 60.0
"""A ticket is renewed this long before it has to be, or at half of what is left, whichever is later."""
FRAME_BYTES = 64 * 2**20
"""The largest frame taken: a snapshot of a board of 100,000 rows has about 30 MB."""

FetchTicket = Callable[[], Awaitable[str]]
OnRaw = Callable[[bytes], None]
_T = TypeVar("_T", Announcement, Clarification, Submission)


class ContestFeed:
    """Owner: whoever iterates it, one at a time. Bound: one board, the announcements and clarifications, 16 frames waiting. Rebuilt:
    from the server.

    `fetch_ticket` is asked for a fresh ticket for each connection and renewal; None: watch as a viewer of a public contest.
    `on_raw` gets the bytes of every frame as received, before they are read.
    """

    def __init__(
        self,
        url: str,
        contest: str,
        *,
        fetch_ticket: FetchTicket | None = None,
        on_raw: OnRaw | None = None,
        compress: bool = False,
        silence_s: float = SILENCE_S,
        chance: random.Random | None = None,
    ) -> None:
        self.contest = contest
        self.board: KeptBoard | None = None
        self.status: Status | None = None
        self.announcements: tuple[Announcement, ...] = ()
        self.turn: Turn | None = None
        self.submissions: tuple[Submission, ...] = ()
        self.own_announcements: tuple[Announcement, ...] = ()
        self.clarifications: tuple[Clarification, ...] = ()
        self.hello: Hello | None = None
        self.positions: dict[str, Position] = {}
        self.connections_count = 0
        self.clock_offset = timedelta()
        self._address = _socket_address(url, contest)
        self._fetch_ticket = fetch_ticket
        self._on_raw = on_raw
        self._compress = compress
        self._silence_s = silence_s
        self._chance = chance or random.Random()
        self._socket: ClientConnection | None = None
        self._attempt = 0
        self._draining_s: float | None = None
        self._renew_at: datetime | None = None
        self._new_ticket_asked = False
        self._closing = asyncio.Event()

    @property
    def live(self) -> bool:
        """True while connected and past the hello."""
        return self._socket is not None and self.hello is not None

    def server_now(self) -> datetime:
        """The server's clock, as last heard of it."""
        return datetime.now(UTC) + self.clock_offset

    def contest_time_s(self) -> float:
        return self.status.contest_time_s(self.server_now()) if self.status else 0.0

    async def close(self) -> None:
        """End the iteration, politely."""
        self._closing.set()
        if self._socket is not None:
            await self._socket.close()

    async def __aiter__(self) -> AsyncGenerator[Frame, None]:
        """Every frame once, in order, across reconnects. Ends after `close()`.

        Raises StayAway (the server wants us gone) and Refused (the handshake was refused for a reason that will not pass).
        """
        while not self._closing.is_set():
            pause_s = None
            try:
                async with contextlib.aclosing(self._one_connection()) as arriving:
                    async for frame in arriving:
                        yield frame
            except InvalidStatus as error:
                pause_s = self._after_refusal(error)
            except ConnectionClosed as error:
                self._after_close(error)
            except (OSError, InvalidHandshake, TimeoutError, OutOfStep, Unreachable, msgspec.DecodeError):
                pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._pause_s() if pause_s is None else pause_s)

    def _pause_s(self) -> float:
        if self._draining_s is not None:
            pause_s, self._draining_s = self._draining_s, None
            return pause_s
        pause_s = wait_s(self._attempt, self._chance)
        self._attempt += 1
        return pause_s

    def _after_close(self, error: ConnectionClosed) -> None:
        received = error.rcvd
        if received is not None and error.rcvd_then_sent and duty(received.code) == "stay_away":
            raise StayAway(received.code, received.reason) from None

    def _after_refusal(self, error: InvalidStatus) -> float | None:
        """How long to wait before the next handshake. Raises Refused when there is no use in one."""
        refused = refusal(error.response.status_code, bytes(error.response.body or b""))
        if refused.status in (429, 500, 502, 503, 504):
            return _retry_after_s(error.response.headers.get("Retry-After"), self._pause_s())
        if refused.status == 401 and self._fetch_ticket is not None and not self._new_ticket_asked:
            self._new_ticket_asked = True
            return None
        raise refused from None

    async def _one_connection(self) -> AsyncGenerator[Frame, None]:
        headers = {"Authorization": f"Bearer {await self._fetch_ticket()}"} if self._fetch_ticket else {}
        socket = await connect(
            self._address + self._have(),
            subprotocols=[PROTOCOL],
            additional_headers=headers,
            compression="deflate" if self._compress else None,
            proxy=None if _is_loopback(self._address) else True,
            ping_interval=None,
            close_timeout=2,
            max_size=FRAME_BYTES,
        )
        keeper = None
        try:
            self._socket, self.hello = socket, None
            self.connections_count += 1
            while True:
                async with asyncio.timeout(self._silence_s):
                    raw = await socket.recv(decode=False)
                if self._on_raw is not None:
                    self._on_raw(raw)
                frame = frames.decode(raw)
                if isinstance(frame, Hello) and self._fetch_ticket is not None:
                    keeper = keeper or asyncio.create_task(self._keep(socket, self._fetch_ticket))
                if frame is not None and self._take(frame):
                    yield frame
        finally:
            self._socket = None
            if keeper is not None:
                keeper.cancel()
            await socket.close()

    def _have(self) -> str:
        held = ",".join(f"{log}@{at.epoch}.{at.seq}" for log, at in self.positions.items())
        return "?" + urlencode({"have": held}, safe=":@,.") if held else ""

    def _take(self, frame: Frame) -> bool:
        """Take a frame in; False if it is one that is held already. Raises OutOfStep on a gap."""
        if isinstance(frame, frames.LogFrame):
            return self._take_of_log(frame)
        match frame:
            case Hello():
                self.hello = frame
                self._new_ticket_asked = False
                self.clock_offset = frame.server_time - datetime.now(UTC)
                self._renew_at = self._renewal(frame.renew_before)
            case frames.Heartbeat() | frames.TimeTold():
                self.clock_offset = frame.server_time - datetime.now(UTC)
            case frames.TicketRenewed():
                self._renew_at = self._renewal(frame.renew_before)
            case frames.Draining():
                self._draining_s = frame.reconnect_after_ms / 1000
            case frames.Resync():
                self.positions.pop(frame.log, None)
        return True

    def _take_of_log(self, frame: frames.LogFrame) -> bool:
        held = self.positions.get(frame.log)
        if isinstance(frame, BoardSnapshot):
            self.board = KeptBoard(frame)
        elif isinstance(frame, EventsSnapshot):
            self.announcements = frame.announcements
            self._take_status(frame.status)
        elif isinstance(frame, frames.InboxSnapshot):
            self.turn = frame.turn or self.turn
            self.submissions, self.own_announcements, self.clarifications = frame.submissions, frame.announcements, frame.clarifications
        elif not isinstance(frame, frames.LogSnapshot):
            if held is not None and held.epoch == frame.epoch and frame.seq <= held.seq:
                return False
            self._take_step(frame, held)
        self.positions[frame.log] = Position(frame.epoch, frame.seq)
        self._attempt = 0  # not at the hello: a line that breaks at the same frame each time must slow down
        return True

    def _take_step(self, frame: frames.LogFrame, held: Position | None) -> None:
        if isinstance(frame, BoardDelta):
            if self.board is None:
                raise OutOfStep("a delta before any snapshot")
            self.board.apply(frame)
        elif held is None or (held.epoch, held.seq + 1) != (frame.epoch, frame.seq):
            raise OutOfStep(f"{frame.log} at {held} got {frame.epoch}.{frame.seq}")
        if isinstance(frame, frames.ContestStatus):
            self._take_status(frame.status)
        elif isinstance(frame, frames.TurnChanged):
            self.turn = frame.turn
        elif isinstance(frame, frames.AnnouncementPosted) and frame.log == "inbox":
            self.own_announcements = _with(self.own_announcements, frame.announcement)
        elif isinstance(frame, frames.AnnouncementPosted):
            self.announcements = _with(self.announcements, frame.announcement)
        elif isinstance(frame, frames.ClarificationAsked | frames.ClarificationAnswered) and frame.log == "inbox":
            self.clarifications = _with(self.clarifications, frame.clarification)
        elif isinstance(frame, frames.SubmissionReceived | frames.VerdictReached) and frame.log == "inbox":
            self.submissions = _with(self.submissions, frame.submission)

    def _take_status(self, status: Status) -> None:
        if self.status is None or status.version >= self.status.version:
            self.status = status

    def _renewal(self, before: datetime | None) -> datetime | None:
        """When to renew a ticket that has to be renewed before `before`."""
        if before is None:
            return None
        left_s = (before - self.server_now()).total_seconds()
        return self.server_now() + timedelta(seconds=max(left_s - RENEW_EARLY_S, left_s / 2))

    async def _keep(self, socket: ClientConnection, fetch_ticket: FetchTicket) -> None:
        """Heartbeats of a contestant, and a fresh ticket in time. What fails here shows as the server's close."""
        beat_s = self._chance.uniform(0.8, 1) * HEARTBEAT_S
        beat_at = self.server_now() + timedelta(seconds=beat_s)
        with contextlib.suppress(ConnectionClosed, PodiumError):
            while True:
                wake_at = min(beat_at, self._renew_at or beat_at)
                await asyncio.sleep((wake_at - self.server_now()).total_seconds())
                if self._renew_at is not None and self._renew_at <= self.server_now():
                    self._renew_at = None  # until the server says the next
                    ticket = await fetch_ticket()
                    await socket.send(msgspec.json.encode({"type": "ticket.renew", "ticket": ticket}).decode())
                if beat_at <= self.server_now():
                    beat_at = self.server_now() + timedelta(seconds=beat_s)
                    if self.hello is not None and self.hello.role == "contestant":
                        await socket.send('{"type":"heartbeat"}')


def _with(held: tuple[_T, ...], told: _T) -> tuple[_T, ...]:
    """With `told`, in place of what was told under its id before."""
    if any(one.id == told.id for one in held):
        return tuple(told if one.id == told.id else one for one in held)
    return held + (told,)  # noqa: RUF005 - as a display, the types of constrained variables get lost


def _retry_after_s(header: str | None, otherwise_s: float) -> float:
    """What Retry-After asks for in seconds, and the jittered wait on top so that not all come at once."""
    return (int(header) if header and header.isdigit() else 0) + otherwise_s


def _socket_address(url: str, contest: str) -> str:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise ValueError("the address must begin with http://, https://, ws:// or wss://")
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/ws/contest/{contest}"


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")
