"""Podium's Python client: `ContestFeed` follows a contest over a socket, `PodiumRest` speaks the REST interface.

It knows only protocol.md and docs/reference/rest.md; nothing of the server's code is imported.
"""

from podium_client.board import Cell, Group, KeptBoard, Problem, Row, in_order
from podium_client.errors import OutOfStep, PodiumError, Refused, StayAway, Unreachable
from podium_client.feed import ContestFeed, FetchTicket
from podium_client.frames import (
    Announcement,
    AnnouncementPosted,
    BoardDelta,
    BoardSnapshot,
    Clock,
    ContestStatus,
    Draining,
    ErrorFrame,
    EventsSnapshot,
    Frame,
    Heartbeat,
    Hello,
    InboxSnapshot,
    LogSnapshot,
    Position,
    Resync,
    SessionRevoked,
    Status,
    Submission,
    SubmissionReceived,
    TicketRenewed,
    TimeTold,
    VerdictReached,
)
from podium_client.rest import PodiumRest

__all__ = [
    "Announcement",
    "AnnouncementPosted",
    "BoardDelta",
    "BoardSnapshot",
    "Cell",
    "Clock",
    "ContestFeed",
    "ContestStatus",
    "Draining",
    "ErrorFrame",
    "EventsSnapshot",
    "FetchTicket",
    "Frame",
    "Group",
    "Heartbeat",
    "Hello",
    "InboxSnapshot",
    "KeptBoard",
    "LogSnapshot",
    "OutOfStep",
    "PodiumError",
    "PodiumRest",
    "Position",
    "Problem",
    "Refused",
    "Resync",
    "Row",
    "SessionRevoked",
    "Status",
    "StayAway",
    "Submission",
    "SubmissionReceived",
    "TicketRenewed",
    "TimeTold",
    "Unreachable",
    "VerdictReached",
    "in_order",
]
