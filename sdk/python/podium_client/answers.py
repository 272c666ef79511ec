"""What the REST interface answers, as values (docs/reference/rest.md). Members that this version does not know are ignored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

from podium_client.board import Group, Problem, Row, WholeBoard
from podium_client.frames import Announcement as Announcement
from podium_client.frames import Clarification as Clarification
from podium_client.frames import Status, Turn
from podium_client.frames import Submission as Submission

T = TypeVar("T")
AnswerValue = str | float | Sequence[str] | Mapping[str, str] | None
"""Text, a number, option ids, `{file_id}` or `{source, language}`; None: emptied."""


class Named(Struct, frozen=True):
    id: str
    name: str


class Grant(Struct, frozen=True):
    """A role, in one contest or (`contest_id` None) in every one."""

    role: str
    contest_id: str | None = None


class StaffMember(Struct, frozen=True):
    id: str
    name: str
    login: str | None = None


class StaffSession(Struct, frozen=True):
    """Who is logged in. `token` None: it is in a page's cookie, or was not asked for."""

    token: str | None
    expires_at: datetime
    role: str
    csrf: str
    person: StaffMember
    grants: tuple[Grant, ...]
    must_change_password: bool = False


class Person(Struct, frozen=True):
    """Somebody with power."""

    id: str
    login: str
    name: str
    disabled: bool
    must_change_password: bool
    roles: tuple[Grant, ...]
    version: int


class PersonMade(Person, frozen=True, kw_only=True):
    """`password` is told this once."""

    password: str


class PasswordGiven(Struct, frozen=True):
    password: str


class LoggedOut(Struct, frozen=True):
    sessions_ended: int


class ApiKey(Struct, frozen=True):
    id: str
    name: str
    role: str
    contest_id: str | None
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class ApiKeyMade(ApiKey, frozen=True, kw_only=True):
    """`key` is told this once."""

    key: str


class AuditRow(Struct, frozen=True):
    """Who did what. `before`, `after`: the members that changed."""

    at: datetime
    actor_id: str
    actor_role: str
    action: str
    subject_id: str | None = None
    before: Any = None
    after: Any = None
    reason: str | None = None


class Counts(Struct, frozen=True):
    participants: int = 0
    questions: int = 0
    submissions: int = 0
    unjudged: int = 0


class Pause(Struct, frozen=True):
    """A time that does not count; `until` None: it lasts."""

    since: datetime
    until: datetime | None
    contest_time_s: float
    reason: str | None = None


class Contest(Status, frozen=True, kw_only=True):
    """A contest as the organiser sees it."""

    id: str
    external_id: str | None = None
    rules: str = ""
    consent: str = ""
    shuffle: bool = False
    opinions: int = 1
    pauses: tuple[Pause, ...] = ()
    counts: Counts = Counts()


class Effect(Struct, frozen=True):
    """What an action would do: a sentence, and to how many people."""

    effect: str
    people: int
    already_over: int = 0


class Criterion(Struct, frozen=True):
    """Of a rubric."""

    id: str
    text: str
    points: float


class Question(Struct, frozen=True):
    """As the organiser sees it; `answer_key` None: people grade, or judges do."""

    id: str
    label: str
    title: str
    external_id: str | None = None
    kind: str = "code"
    points: float = 0
    position: int = 0
    color: str | None = None
    statement: str = ""
    body: dict[str, Any] = {}
    answer_key: dict[str, Any] | None = None
    rubric: tuple[Criterion, ...] = ()
    shuffle: bool = False
    version: int = 0


class GroupAnswer(Struct, frozen=True):
    id: str
    name: str
    hidden: bool = False
    external_id: str | None = None
    delay_s: int = 0
    extra_time_s: int = 0
    version: int = 0


class Participant(Struct, frozen=True):
    id: str
    name: str
    user_id: str | None = None
    external_id: str | None = None
    group_ids: tuple[str, ...] = ()
    ranked: bool = True
    hidden: bool = False
    delay_s: int = 0
    extra_time_s: int = 0
    time_factor: float = 1
    accommodation: str = ""
    has_code: bool = False
    version: int = 0


class ImportFault(Struct, frozen=True):
    """What is wrong with a line of a file; `field` empty: with all of it."""

    line: int
    field: str
    message: str


class Imported(Struct, frozen=True):
    """What an import did, or (a preview) would do. `errors`: the first 1,000 of `errors_count`."""

    rows: int
    new: int
    changed: int
    unchanged: int
    groups_new: tuple[str, ...] = ()
    errors: tuple[ImportFault, ...] = ()
    errors_count: int = 0
    same_name: int = 0


class Code(Struct, frozen=True):
    """A personal code and the link that brings it, told this once."""

    participant_id: str
    name: str
    external_id: str | None
    code: str
    link: str


class CodesGiven(Struct, frozen=True):
    items: tuple[Code, ...]


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
    turn: Turn = Turn()


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
    problem: str | None = None
    language: str | None = None
    score: float | None = None
    comment: str | None = None


class Judgement(Struct, frozen=True):
    """`state` `second`: an opinion that waits for another person's; `disputed`: two differ; `done`: judged."""

    id: str
    submission_id: str
    verdict: str
    score: float | None = None
    state: str | None = None


class Queued(Struct, frozen=True):
    """A submission in the grading queue, without a name. `state`: waiting, claimed, second, disputed or done."""

    submission_id: str
    question_id: str
    state: str
    claimed_until: datetime | None = None


class WorkQuestion(Struct, frozen=True):
    id: str
    label: str
    title: str
    kind: str
    points: float
    statement: str
    body: dict[str, Any]
    answer_key: dict[str, Any] | None
    rubric: tuple[Criterion, ...]


class WorkFile(Struct, frozen=True):
    """`id` is for `Grading.file`."""

    id: str
    name: str
    media_type: str
    size_bytes: int


class Work(Struct, frozen=True):
    """What a grader holds until `until`; who answered is not told."""

    submission_id: str
    contest_time_s: float
    received_at: datetime
    language: str | None
    source: str | None
    answer: Any
    opinions: int
    question: WorkQuestion
    file: WorkFile | None
    until: datetime


class OpinionShown(Struct, frozen=True):
    """`person_name` None: a program's."""

    person_id: str
    person_name: str | None
    verdict: str
    score: float | None
    rubric: dict[str, float] | None
    comment: str | None
    given_at: datetime


class OpenedSubmission(Struct, frozen=True):
    """What was handed in and what graders said of it, for an organiser who settles it."""

    submission_id: str
    contest_time_s: float
    received_at: datetime
    language: str | None
    source: str | None
    answer: Any
    question: WorkQuestion
    file: WorkFile | None
    opinions: list[OpinionShown]


class Until(Struct, frozen=True):
    until: datetime


class Announced(Announcement, frozen=True, kw_only=True):
    """An announcement as staff see it. `told`: to how many people; None: everybody."""

    posted_by: str
    group_ids: tuple[str, ...] | None = None
    participant_id: str | None = None
    told: int | None = None


class CannedAnswer(Struct, frozen=True):
    id: str
    title: str
    text: str


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


class ResultsContest(Struct, frozen=True):
    id: str
    title: str
    state: str


class NodeShown(Struct, frozen=True):
    """A socket node. `connections`: of the contest that was asked for."""

    name: str
    ready: bool
    connections: int


class Live(Struct, frozen=True):
    """What happens in a contest right now. `..._per_min`: 60 numbers, the newest last. None, all four: not to be had right now."""

    on_line: int | None
    nodes: tuple[NodeShown, ...] | None
    answers_per_min: tuple[int, ...] | None
    submissions_per_min: tuple[int, ...] | None
    unjudged: int
    clarifications_open: int
    outbox_waiting: int


class Results(Struct, frozen=True):
    """The full board as of `made_at`; `final`: nothing changes any more."""

    contest: ResultsContest
    final: bool
    made_at: datetime
    board: WholeBoard


class StatusAnswer(Struct, frozen=True):
    epoch: str
    seq: int
    status: Status
    server_time: datetime
