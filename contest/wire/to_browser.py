"""What goes to browsers, as values: the shapes of protocol.md, one class a message.

A frame of a log begins with its `Place`, which the publishing script writes (snapshots: who keeps them); the rest is the message.
"""

from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from contest.domain.audience import Role
from contest.domain.boards import Board, Delta, Scoring
from contest.domain.schedule import Turn as Turn
from contest.errors import Detail

State = Literal["draft", "scheduled", "ongoing", "ended", "finalized"]


class Clock(Struct, frozen=True):
    """Contest time now = contest_time_s + (now - at) * rate. `at`: RFC 3339; None while the contest has no start."""

    at: str | None
    contest_time_s: float
    rate: float


class Status(Struct, frozen=True):
    """A contest as everybody may see it (protocol.md, events.snapshot). Larger `version` is newer."""

    version: int
    title: str
    state: State
    public: bool
    rehearsal: bool
    scoring: Scoring
    penalty_s: int
    start_at: str | None
    end_at: str | None
    duration_s: int
    freeze_after_s: int | None
    frozen: bool
    frozen_from_s: float | None
    started_at: str | None
    frozen_at: str | None
    ended_at: str | None
    thawed_at: str | None
    finalized_at: str | None
    clock: Clock
    theme: dict[str, str] | None
    paused: bool = False
    description: str = ""
    own_time_s: int | None = None
    feedback: str = "at_once"


class Announcement(Struct, frozen=True):
    id: str
    text: str
    posted_at: str


class Clarification(Struct, frozen=True):
    """What a contestant asked. `problem`: the label of the problem it is about; None: about none. `answer` None: not answered yet.
    `to_all`: the answer went to everybody, as an announcement."""

    id: str
    text: str
    question_id: str | None
    problem: str | None
    asked_at: str
    contest_time_s: float
    answer: str | None = None
    answered_at: str | None = None
    to_all: bool = False


class SubmissionNote(Struct, frozen=True):
    """A submission as its contestant sees it. `problem` is the label. `comment`: a grader's words; left out where there are none."""

    id: str
    problem: str
    contest_time_s: float
    verdict: str | None
    score: float | None
    comment: str | UnsetType = UNSET


class Place(Struct, frozen=True, omit_defaults=True):
    """Where a frame stands in its log. `since`: board deltas only."""

    log: str
    epoch: str
    seq: int
    since: int | None = None


class LogPosition(Struct, frozen=True):
    epoch: str
    seq: int


class Hello(Struct, frozen=True, tag="hello"):
    """The first frame. `heartbeat_s`: something is heard at least this often. `renew_before`: RFC 3339; None: never."""

    protocol: str
    session: str
    contest: str
    role: Role
    server_time: str
    heartbeat_s: int
    renew_before: str | None
    logs: dict[str, LogPosition]


class BoardSnapshot(Struct, frozen=True, tag="board.snapshot"):
    board: Board


class BoardDelta(Delta, frozen=True, tag="board.delta"):
    """`boards.Delta` as a message."""

    @classmethod
    def of(cls, change: Delta) -> "BoardDelta":
        return cls(**{name: getattr(change, name) for name in change.__struct_fields__})


class EventsSnapshot(Struct, frozen=True, tag="events.snapshot"):
    """What still holds of `events:public`: the status, the announcements oldest first."""

    status: Status
    announcements: tuple[Announcement, ...]


INBOX_KEPT = 50
"""Submissions, announcements and clarifications, of each, in an inbox.snapshot (protocol.md); older ones are to be had over REST."""


class Inbox(Struct, frozen=True):
    """What a contestant has been told: the last INBOX_KEPT of each, oldest first. `announcements`: those to this person or to a group,
    not those to everybody. `turn` None: it is not known here, ask over REST (`me/`)."""

    turn: Turn | None = None
    submissions: tuple[SubmissionNote, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    clarifications: tuple[Clarification, ...] = ()


class InboxSnapshot(Inbox, frozen=True, tag="inbox.snapshot"):
    """`Inbox` as a message."""

    @classmethod
    def of(cls, inbox: Inbox) -> "InboxSnapshot":
        return cls(**{name: getattr(inbox, name) for name in inbox.__struct_fields__})


class LogSnapshot(Struct, frozen=True, tag="log.snapshot"):
    """The position of a log that keeps nothing beyond its events."""


class ContestStatus(Struct, frozen=True, tag="contest.status"):
    status: Status


class AnnouncementPosted(Struct, frozen=True, tag="announcement.posted"):
    announcement: Announcement


class SubmissionReceived(Struct, frozen=True, tag="submission.received", omit_defaults=True):
    submission: SubmissionNote
    participant_id: str | None = None


class VerdictReached(Struct, frozen=True, tag="verdict.reached", omit_defaults=True):
    submission: SubmissionNote
    participant_id: str | None = None


class AnswerSaved(Struct, frozen=True, tag="answer.saved"):
    """The contestant's answer has this version now; `device` is where it was saved."""

    question_id: str
    version: int
    device: str
    saved_at: str


class TurnChanged(Struct, frozen=True, tag="turn.changed"):
    """One's own time is another now: more of it, started, handed in; or, as it was, what was saved has been collected."""

    turn: Turn


class ClarificationAsked(Struct, frozen=True, tag="clarification.asked", omit_defaults=True):
    """`participant_id`: for staff, as in the next."""

    clarification: Clarification
    participant_id: str | None = None


class ClarificationAnswered(Struct, frozen=True, tag="clarification.answered", omit_defaults=True):
    """An answer may be mended: the later one replaces it."""

    clarification: Clarification
    participant_id: str | None = None
    answered_by: str | None = None


class ClarificationClaimed(Struct, frozen=True, tag="clarification.claimed"):
    """Staff: who answers it, until when unless they claim it again."""

    id: str
    person_id: str
    until: str


class ClarificationReleased(Struct, frozen=True, tag="clarification.released"):
    """Staff: nobody answers it any more. A claim that ran out says nothing."""

    id: str


class Resync(Struct, frozen=True, tag="resync"):
    """The position held in `log` cannot be continued; its snapshot follows."""

    log: str
    reason: Literal["epoch", "behind", "slow"]


class Heartbeat(Struct, frozen=True, tag="heartbeat"):
    server_time: str


class TimeTold(Struct, frozen=True, tag="time.told"):
    """`asked` is what the client sent with `time.ask`."""

    asked: float
    server_time: str


class TicketRenewed(Struct, frozen=True, tag="ticket.renewed"):
    renew_before: str


class Draining(Struct, frozen=True, tag="draining"):
    reconnect_after_ms: int


class SessionRevoked(Struct, frozen=True, tag="session.revoked"):
    reason: str


class Refused(Struct, frozen=True):
    """A refusal in the one shape of docs/reference/rest.md."""

    code: str
    message: str
    details: tuple[Detail, ...] = ()


class Error(Struct, frozen=True, tag="error"):
    error: Refused


Event = (
    ContestStatus
    | AnnouncementPosted
    | SubmissionReceived
    | VerdictReached
    | ClarificationAsked
    | ClarificationClaimed
    | ClarificationReleased
    | ClarificationAnswered
    | AnswerSaved
    | TurnChanged
)
"""The events that go through the outbox. As an outbox body: `msgspec.to_builtins(event)`, which has `type` among its members."""

LogMessage = BoardSnapshot | BoardDelta | EventsSnapshot | InboxSnapshot | LogSnapshot | Event
"""What stands in a log, so behind a `Place`."""

LineMessage = Hello | Resync | Heartbeat | TimeTold | TicketRenewed | Draining | SessionRevoked | Error
"""What belongs to one connection and to no log."""


class Frame(NamedTuple):
    place: Place | None
    message: LogMessage | LineMessage


_LOG_MESSAGE: msgspec.json.Decoder[LogMessage] = msgspec.json.Decoder(LogMessage)
_LINE_MESSAGE: msgspec.json.Decoder[LineMessage] = msgspec.json.Decoder(LineMessage)
_PLACE = msgspec.json.Decoder(Place)
_LINE_TYPES = frozenset(str(each.__struct_config__.tag) for each in LineMessage.__args__)


class _AnyFrame(Struct):
    type: str


def members(body: dict[str, Any] | Struct) -> bytes:
    """A message's JSON object (or an outbox body) without its opening brace, as `Logs.publish` takes it."""
    return msgspec.json.encode(body)[1:]


def frame(place: Place | None, message: Struct) -> bytes:
    """The finished frame: what the publishing script makes of a place and `members`."""
    body = msgspec.json.encode(message)
    return body if place is None else msgspec.json.encode(place)[:-1] + b"," + body[1:]


def read(text: bytes) -> Frame:
    """The other way round, as a client does it. Members that are not known are ignored. Raises msgspec.DecodeError."""
    if msgspec.json.decode(text, type=_AnyFrame).type in _LINE_TYPES:
        return Frame(None, _LINE_MESSAGE.decode(text))
    return Frame(_PLACE.decode(text), _LOG_MESSAGE.decode(text))
