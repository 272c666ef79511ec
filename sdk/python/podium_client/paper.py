"""What a contestant is answered, as values (docs/reference/rest.md): the door, the paper, answers and files."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from podium_client.answers import Named
from podium_client.frames import Status, Turn


class ContestNamed(Struct, frozen=True):
    id: str
    title: str


class ContestantSession(Struct, frozen=True):
    """Who is logged in. `token` None: it is in a page's cookie, or was not asked for."""

    token: str | None
    expires_at: datetime
    csrf: str
    participant: Named
    contest: ContestNamed


class Self(Struct, frozen=True):
    id: str
    name: str
    groups: tuple[Named, ...] = ()


class AttemptShown(Struct, frozen=True):
    id: str
    started_at: datetime
    handed_in_at: datetime | None = None


class Me(Struct, frozen=True):
    """Oneself, at any time. `attempt` None: not started."""

    participant: Self
    contest: Status
    consent: str
    rules: str
    turn: Turn
    attempt: AttemptShown | None = None
    consented: bool = False


class Asked(Struct, frozen=True):
    """A question as it is asked. `body`: by kind."""

    id: str
    label: str
    title: str
    kind: str
    points: float
    statement: str
    body: dict[str, Any]
    color: str | None = None
    position: int = 0


class SavedAnswer(Struct, frozen=True):
    """An answer as it stands at the server; `value` None: emptied."""

    question_id: str
    value: Any
    version: int
    saved_at: datetime


class Paper(Struct, frozen=True):
    attempt: AttemptShown | None
    turn: Turn
    consent: str
    rules: str
    questions: tuple[Asked, ...]
    answers: tuple[SavedAnswer, ...]


class Overwritten(Struct, frozen=True):
    """Work of another device that a saving replaced."""

    version: int
    value: Any
    device: str
    saved_at: datetime


class SavedNow(Struct, frozen=True):
    version: int
    saved_at: datetime
    overwritten: Overwritten | None = None


class StoredFile(Struct, frozen=True):
    file_id: str
    size_bytes: int
    sha256: str


class HandedIn(Struct, frozen=True):
    """`submissions`: how many of the saved answers became one."""

    handed_in_at: datetime
    submissions: int
