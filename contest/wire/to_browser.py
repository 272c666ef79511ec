"""What goes to browsers, as values: the shapes of protocol.md. Logs' frames get their `log`, `epoch`, `seq` from the publishing script."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from contest.domain.boards import Scoring

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


class Announcement(Struct, frozen=True):
    id: str
    text: str
    posted_at: str


class SubmissionNote(Struct, frozen=True):
    """A submission as its contestant sees it. `problem` is the label."""

    id: str
    problem: str
    contest_time_s: float
    verdict: str | None
    score: float | None


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


Event = ContestStatus | AnnouncementPosted | SubmissionReceived | VerdictReached
"""The events that go through the outbox. As an outbox body: `msgspec.to_builtins(event)`, which has `type` among its members."""


def members(body: dict[str, Any]) -> bytes:
    """An event's JSON object without its opening brace, as `Logs.publish` takes it."""
    return msgspec.json.encode(body)[1:]
