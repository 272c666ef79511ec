"""The frames of protocol.md as values, and the one place that turns bytes into them. Unknown types and members are ignored, as it asks."""

from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from podium_client.board import Group, Problem, RowChange, Scoring, WholeBoard
from podium_client.errors import Detail


class Position(NamedTuple):
    """A place in a log."""

    epoch: str
    seq: int


class LogFrame(Struct, frozen=True):
    """A frame that belongs to a log."""

    log: str
    epoch: str
    seq: int


class Clock(Struct, frozen=True):
    """Contest time now = `contest_time_s` + (server time now - `at`) * `rate`."""

    at: datetime | None
    contest_time_s: float
    rate: float


class Status(Struct, frozen=True):
    """A contest as everybody may see it."""

    version: int
    title: str
    state: str
    public: bool
    rehearsal: bool
    scoring: Scoring
    penalty_s: int
    start_at: datetime | None
    end_at: datetime | None
    duration_s: int
    freeze_after_s: int | None
    frozen: bool
    frozen_from_s: float | None
    started_at: datetime | None
    frozen_at: datetime | None
    ended_at: datetime | None
    thawed_at: datetime | None
    finalized_at: datetime | None
    clock: Clock
    theme: dict[str, str] | None = None
    paused: bool = False
    description: str = ""
    own_time_s: int | None = None
    feedback: str = "at_once"

    @property
    def verdicts_told(self) -> bool:
        """Whether contestants may know their verdicts and the board shows any. If not, `verdict` and `score` are None, judged or not."""
        return self.feedback == "at_once" or (self.feedback == "after_end" and self.finalized_at is not None)

    def contest_time_s(self, server_now: datetime) -> float:
        """Contest time at `server_now`, not below 0 and, once ended, not above the duration."""
        if self.clock.at is None:
            return 0.0
        passed_s = (server_now - self.clock.at).total_seconds()
        now_s = max(0.0, self.clock.contest_time_s + passed_s * self.clock.rate)
        return min(now_s, float(self.duration_s)) if self.ended_at else now_s


class Announcement(Struct, frozen=True):
    id: str
    text: str
    posted_at: datetime


class Turn(Struct, frozen=True):
    """What of one's time is one's own, in contest seconds; `started_s` and `handed_in_at` None: not yet."""

    delay_s: float = 0
    extra_s: float = 0
    factor: float = 1
    started_s: float | None = None
    handed_in_at: datetime | None = None


class Clarification(Struct, frozen=True):
    """What a contestant asked. `problem`: the label of the problem it is about; None: about none. `answer` None: not answered yet.
    `to_all`: everybody got question and answer as an announcement."""

    id: str
    text: str
    asked_at: datetime
    contest_time_s: float
    question_id: str | None = None
    problem: str | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    to_all: bool = False


class Submission(Struct, frozen=True):
    """A submission as its contestant sees it. `problem` is the label; `verdict` None: unjudged, or withheld
    (`Status.verdicts_told`); `comment`: a grader's words."""

    id: str
    problem: str
    contest_time_s: float
    verdict: str | None = None
    score: float | None = None
    comment: str | None = None


class LogPosition(Struct, frozen=True):
    """Where a log stands."""

    epoch: str
    seq: int


class Hello(Struct, frozen=True):
    protocol: str
    session: str
    contest: str
    role: str
    server_time: datetime
    heartbeat_s: float
    logs: dict[str, LogPosition]
    renew_before: datetime | None = None


class BoardSnapshot(LogFrame, frozen=True):
    board: WholeBoard


class BoardDelta(LogFrame, frozen=True):
    since: int
    rows: tuple[RowChange, ...] = ()
    gone: tuple[str, ...] = ()
    problems: tuple[Problem, ...] | UnsetType = UNSET
    groups: tuple[Group, ...] | UnsetType = UNSET
    scoring: Scoring | UnsetType = UNSET


class EventsSnapshot(LogFrame, frozen=True):
    status: Status
    announcements: tuple[Announcement, ...] = ()


class ContestStatus(LogFrame, frozen=True):
    status: Status


class AnnouncementPosted(LogFrame, frozen=True):
    announcement: Announcement


class VerdictReached(LogFrame, frozen=True):
    submission: Submission
    participant_id: str | None = None


class SubmissionReceived(LogFrame, frozen=True):
    submission: Submission
    participant_id: str | None = None


class AnswerSaved(LogFrame, frozen=True):
    """A device of this contestant has saved an answer, which has this version now."""

    question_id: str
    version: int
    device: str
    saved_at: datetime


class TurnChanged(LogFrame, frozen=True):
    turn: Turn


class ClarificationAsked(LogFrame, frozen=True):
    """`participant_id`: on staff's lines, as in the next."""

    clarification: Clarification
    participant_id: str | None = None


class ClarificationAnswered(LogFrame, frozen=True):
    clarification: Clarification
    participant_id: str | None = None
    answered_by: str | None = None


class ClarificationClaimed(LogFrame, frozen=True):
    """Staff: `person_id` answers it, until `until` unless they claim it again."""

    id: str
    person_id: str
    until: datetime


class ClarificationReleased(LogFrame, frozen=True):
    id: str


class InboxSnapshot(LogFrame, frozen=True):
    """The last of each, oldest first. `announcements`: to this contestant or a group of theirs. `turn` None: ask over REST."""

    turn: Turn | None = None
    submissions: tuple[Submission, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    clarifications: tuple[Clarification, ...] = ()


class LogSnapshot(LogFrame, frozen=True):
    pass


class OtherEvent(LogFrame, frozen=True):
    """A frame of a log whose type this version does not know: it counts, and means nothing."""

    type: str


class Resync(Struct, frozen=True):
    log: str
    reason: str


class Heartbeat(Struct, frozen=True):
    server_time: datetime


class TimeTold(Struct, frozen=True):
    asked: float
    server_time: datetime


class TicketRenewed(Struct, frozen=True):
    renew_before: datetime


class Draining(Struct, frozen=True):
    reconnect_after_ms: int


class SessionRevoked(Struct, frozen=True):
    reason: str


class FrameError(Struct, frozen=True):
    code: str
    message: str
    details: tuple[Detail, ...] = ()


class ErrorFrame(Struct, frozen=True):
    error: FrameError


Snapshot = BoardSnapshot | EventsSnapshot | InboxSnapshot | LogSnapshot
Event = (
    ContestStatus
    | AnnouncementPosted
    | VerdictReached
    | SubmissionReceived
    | ClarificationAsked
    | ClarificationClaimed
    | ClarificationReleased
    | ClarificationAnswered
    | AnswerSaved
    | TurnChanged
    | OtherEvent
)
Frame = Snapshot | Event | BoardDelta | Hello | Resync | Heartbeat | TimeTold | TicketRenewed | Draining | SessionRevoked | ErrorFrame

_TYPES: dict[str, type[Frame]] = {
    "hello": Hello,
    "board.snapshot": BoardSnapshot,
    "board.delta": BoardDelta,
    "events.snapshot": EventsSnapshot,
    "contest.status": ContestStatus,
    "announcement.posted": AnnouncementPosted,
    "verdict.reached": VerdictReached,
    "submission.received": SubmissionReceived,
    "answer.saved": AnswerSaved,
    "turn.changed": TurnChanged,
    "clarification.asked": ClarificationAsked,
    "clarification.claimed": ClarificationClaimed,
    "clarification.released": ClarificationReleased,
    "clarification.answered": ClarificationAnswered,
    "inbox.snapshot": InboxSnapshot,
    "log.snapshot": LogSnapshot,
    "resync": Resync,
    "heartbeat": Heartbeat,
    "time.told": TimeTold,
    "ticket.renewed": TicketRenewed,
    "draining": Draining,
    "session.revoked": SessionRevoked,
    "error": ErrorFrame,
}


class _Head(Struct, frozen=True):
    type: str
    log: str | None = None
    seq: int | None = None


_head = msgspec.json.Decoder(_Head)
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in _TYPES.items()}
_other = msgspec.json.Decoder(OtherEvent)


def decode(raw: bytes) -> Frame | None:
    """The frame in `raw`; None for a type that this version does not know and that belongs to no log.

    Raises msgspec.DecodeError (of which ValidationError is one) when it is not a frame of protocol.md.
    """
    head = _head.decode(raw)
    decoder = _decoders.get(head.type)
    if decoder is not None:
        return decoder.decode(raw)
    return _other.decode(raw) if head.log is not None and head.seq is not None else None
