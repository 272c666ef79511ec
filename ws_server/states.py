"""What a log comes to, folded from its snapshot and the entries after it: the board, the contest's status and announcements, or
nothing but a position. Each knows how to begin from a kept snapshot and how to say itself as one."""

from typing import Any, Protocol

import msgspec

from contest.broker.logs import Message, Snapshot
from contest.domain.audience import STATE_LOGS, Log
from contest.domain.boards import Board, Delta, apply
from contest.wire.to_browser import (
    Announcement,
    AnnouncementPosted,
    BoardSnapshot,
    ContestStatus,
    EventsSnapshot,
    LogSnapshot,
    Status,
)

UNAPPLIED_MAX = 200
"""Deltas kept before they are applied: most boards are asked for less often than they move, and applying ten thousand rows costs 20 ms."""


class LogState(Protocol):
    def begin(self, kept: Snapshot | None) -> None:
        """Start from `kept`. Raises msgspec.DecodeError, or ValueError if this log cannot be without a snapshot."""

    def apply(self, message: Message) -> None:
        """Fold one entry in. Raises msgspec.DecodeError."""

    def snapshot(self) -> msgspec.Struct:
        """The message that stands for everything so far."""


class BoardState:
    """The board of one log. Owner: its view. Bound: the contest's rows and UNAPPLIED_MAX deltas. Rebuilt from Redis."""

    def __init__(self) -> None:
        self._board = Board("icpc", (), (), ())
        self._unapplied: list[Delta] = []

    def begin(self, kept: Snapshot | None) -> None:
        if kept is None:
            raise ValueError("a board has a snapshot")
        self._unapplied.clear()
        self._board = _BOARD.decode(kept.payload).board

    def apply(self, message: Message) -> None:
        self._unapplied.append(_DELTA.decode(message.payload))
        if len(self._unapplied) > UNAPPLIED_MAX:
            self.board()

    def board(self) -> Board:
        for change in self._unapplied:
            self._board = apply(self._board, change)
        self._unapplied.clear()
        return self._board

    def snapshot(self) -> BoardSnapshot:
        return BoardSnapshot(self.board())


class EventsState:
    """Status and announcements. Owner: the view of events:public. Bound: the announcements of a contest. Rebuilt from Redis."""

    def __init__(self) -> None:
        self.status: Status | None = None
        self._announcements: tuple[Announcement, ...] = ()

    def begin(self, kept: Snapshot | None) -> None:
        if kept is None:
            raise ValueError("a contest has a status")
        snapshot = _EVENTS.decode(kept.payload)
        self.status, self._announcements = snapshot.status, snapshot.announcements

    def apply(self, message: Message) -> None:
        kind = _TYPE.decode(message.payload).type
        if kind == "contest.status":
            status = _STATUS.decode(message.payload).status
            if self.status is None or status.version >= self.status.version:
                self.status = status
        elif kind == "announcement.posted":
            told = _ANNOUNCEMENT.decode(message.payload).announcement
            self._announcements = tuple({one.id: one for one in (*self._announcements, told)}.values())

    def snapshot(self) -> EventsSnapshot:
        assert self.status is not None, "begin() was not called"
        return EventsSnapshot(self.status, self._announcements)


class NoState:
    """A log that keeps nothing beyond its events."""

    def begin(self, kept: Snapshot | None) -> None: ...

    def apply(self, message: Message) -> None: ...

    def snapshot(self) -> LogSnapshot:
        return LogSnapshot()


def state_of(log: Log) -> LogState:
    if log in STATE_LOGS:
        return BoardState()
    return EventsState() if log == "events:public" else NoState()


def needs_snapshot(log: Log) -> bool:
    return log in STATE_LOGS or log == "events:public"


class _Typed(msgspec.Struct):
    type: str


_TYPE = msgspec.json.Decoder(_Typed)
_BOARD = msgspec.json.Decoder(BoardSnapshot)
_DELTA: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Delta)
_EVENTS = msgspec.json.Decoder(EventsSnapshot)
_STATUS = msgspec.json.Decoder(ContestStatus)
_ANNOUNCEMENT = msgspec.json.Decoder(AnnouncementPosted)
