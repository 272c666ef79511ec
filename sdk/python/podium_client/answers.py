"""What the REST interface answers, as values (docs/reference/rest.md). Members that this version does not know are ignored."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

from podium_client.board import Group, Problem, Row
from podium_client.frames import Announcement as Announcement
from podium_client.frames import Clarification as Clarification
from podium_client.frames import Status

T = TypeVar("T")


class Counts(Struct, frozen=True):
    participants: int = 0
    questions: int = 0
    submissions: int = 0
    unjudged: int = 0


class Contest(Status, frozen=True, kw_only=True):
    """A contest as the organiser sees it."""

    id: str
    external_id: str | None = None
    counts: Counts = Counts()


class Question(Struct, frozen=True):
    id: str
    label: str
    title: str
    external_id: str | None = None


class GroupAnswer(Struct, frozen=True):
    id: str
    name: str
    hidden: bool = False
    external_id: str | None = None


class Participant(Struct, frozen=True):
    id: str
    name: str
    user_id: str | None = None
    external_id: str | None = None


class Token(Struct, frozen=True):
    """An access token, or (as `ticket`) what opens a socket."""

    token: str
    expires_at: datetime


class Ticket(Struct, frozen=True):
    ticket: str
    expires_at: datetime
    path: str


class Attempt(Struct, frozen=True):
    attempt_id: str
    started_at: datetime
    ends_at: datetime | None = None


class Submitted(Struct, frozen=True):
    submission_id: str
    contest_time_s: float
    received_at: datetime


class StoredSubmission(Struct, frozen=True):
    """A submission as staff see it; `verdict` None: unjudged."""

    id: str
    participant_id: str
    question_id: str
    contest_time_s: float
    verdict: str | None = None
    external_id: str | None = None


class Judgement(Struct, frozen=True):
    id: str
    submission_id: str
    verdict: str


class StaffClarification(Clarification, frozen=True, kw_only=True):
    """A clarification as staff see it. `state`: open, claimed or answered; `claimed_by`: who holds it until `claimed_until`."""

    participant_id: str
    participant_name: str
    state: str
    answered_by: str | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None


class Listed(Struct, Generic[T], frozen=True):
    """A page of a list; `total` counts all of it."""

    total: int
    items: tuple[T, ...]


class Leaderboard(Struct, frozen=True):
    """A page of the board at (`epoch`, `seq`)."""

    epoch: str
    seq: int
    total: int
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    groups: tuple[Group, ...] = ()


class StatusAnswer(Struct, frozen=True):
    epoch: str
    seq: int
    status: Status
    server_time: datetime
