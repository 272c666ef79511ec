"""Answers as they are made: each is on this machine's disk first, and at the server as soon as there is a line.

It decides what is sent when, and what stays; what a refusal means for the program, and what to do about two devices' work, is the caller's.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import msgspec

from podium_client.answers import AnswerValue
from podium_client.errors import PodiumError, Refused, Unreachable
from podium_client.paper import Overwritten, SavedAnswer, SavedNow
from podium_client.reconnect import wait_s

State = Literal["saved", "kept", "refused"]
"""saved: the server has it. kept: here until the line is back. refused: the server does not take it; it stays here."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS draft (
    edit INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt TEXT NOT NULL, question TEXT NOT NULL, value BLOB NOT NULL, base_version INTEGER NOT NULL,
    UNIQUE (attempt, question))
"""
KEEP = "INSERT OR REPLACE INTO draft (attempt, question, value, base_version) VALUES (?, ?, ?, ?)"


class InUse(PodiumError):  # noqa: N818 - a fact about the file
    """Another queue has this file open: two would send the same."""


class Save(Protocol):
    """`PodiumRest.taking.save` is one."""

    async def __call__(self, attempt: str, question: str, value: AnswerValue, base_version: int, device: str) -> SavedNow: ...


class AnswerChanged(NamedTuple):
    """`overwritten`: another device's work that this saving replaced. `refusal`: why it was refused."""

    question: str
    state: State
    value: AnswerValue
    version: int
    overwritten: Overwritten | None = None
    refusal: Refused | None = None


class _Draft(NamedTuple):
    edit: int
    question: str
    value: AnswerValue
    base_version: int


class AnswerQueue:
    """Owner: a program, one an attempt. Bound: one draft a question, in a file that one queue at a time holds.

    What is kept is sent in the order in which it was last written, the latest of each question, with the version it was made from; the last
    writer wins and is told whose work that replaced. The file outlives its queue, a kill and a restart of the machine; another
    queue over it goes on. Raises InUse, OSError.
    """

    def __init__(
        self,
        save: Save,
        attempt: str,
        path: Path | str,
        *,
        device: str,
        on_change: Callable[[AnswerChanged], None] | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._save, self._attempt, self._device = save, attempt, device
        self._on_change = on_change or (lambda change: None)
        self._chance = chance or random.Random()
        self._database = _opened(path)
        self._versions: dict[str, int] = {}
        self._values: dict[str, AnswerValue] = {}
        self._refused: dict[str, int] = {}
        """question -> the edit that the server does not take."""
        self._written = asyncio.Event()
        self._sending = asyncio.Lock()
        for draft in self._drafts():
            self._versions[draft.question], self._values[draft.question] = draft.base_version, draft.value

    def close(self) -> None:
        """Send nothing more. What is kept stays in the file."""
        self._database.close()

    def load(self, saved: Iterable[SavedAnswer]) -> None:
        """What the server has, the paper's `answers` say. What is kept here stays over it, and was made from the version it says."""
        for one in saved:
            self.heard(one.question_id, one.value, one.version)

    def heard(self, question: str, value: AnswerValue, version: int) -> None:
        """What the server has now, of another device say. Where something of ours is on its way, ours stays."""
        if self._draft(question) is None and version > self._versions.get(question, 0):
            self._versions[question], self._values[question] = version, value
            self._on_change(AnswerChanged(question, "saved", value, version))

    def write(self, question: str, value: AnswerValue) -> None:
        """It is on the disk when this returns; `run` sends it soon. Raises OSError: it is not (the disk is full, say)."""
        version = self._versions.setdefault(question, 0)
        self._keep(question, value, version)
        self._values[question] = value
        self._refused.pop(question, None)
        self._written.set()
        self._on_change(AnswerChanged(question, "kept", value, version))

    def value(self, question: str) -> AnswerValue:
        return self._values.get(question)

    def state(self, question: str) -> State:
        if (draft := self._draft(question)) is None:
            return "saved"
        return "refused" if self._refused.get(question) == draft.edit else "kept"

    @property
    def kept(self) -> tuple[str, ...]:
        """The questions whose answers the server does not have, in the order in which they are sent."""
        return tuple(draft.question for draft in self._drafts())

    def retry(self) -> None:
        """There is time again, say: what was refused is tried once more."""
        self._refused.clear()
        self._written.set()

    async def flush(self) -> bool:
        """Send what is kept, once. True: the server has everything.

        Raises Unreachable: no line; Refused 401 or 403: the log-in has ended. What is kept stays in both cases.
        """
        async with self._sending:
            while (draft := self._next()) is not None:
                await self._send(draft)
        return not self._drafts()

    async def run(self) -> None:
        """Send what is written as it is written, for ever; cancel it to stop. Raises Refused 401 or 403: the log-in has ended."""
        failures = 0
        while True:
            self._written.clear()
            try:
                await self.flush()
                failures = 0
            except Unreachable:
                await asyncio.sleep(wait_s(failures, self._chance))
                failures += 1
            else:
                await self._written.wait()

    async def _send(self, draft: _Draft) -> None:
        question = draft.question
        try:
            saved = await self._save(self._attempt, question, draft.value, draft.base_version, self._device)
        except Refused as error:
            if error.status in (401, 403):
                raise
            self._refused[question] = draft.edit
            self._on_change(AnswerChanged(question, "refused", draft.value, draft.base_version, refusal=error))
            return
        self._versions[question] = saved.version
        with _as_os_error(), self._database:
            self._database.execute("DELETE FROM draft WHERE edit = ?", (draft.edit,))
            # Written meanwhile: that was made from what has just been saved.
            renewed = "UPDATE draft SET base_version = ? WHERE attempt = ? AND question = ?"
            self._database.execute(renewed, (saved.version, self._attempt, question))
        self._on_change(AnswerChanged(question, self.state(question), self.value(question), saved.version, saved.overwritten))

    def _next(self) -> _Draft | None:
        return next((draft for draft in self._drafts() if self._refused.get(draft.question) != draft.edit), None)

    def _keep(self, question: str, value: AnswerValue, version: int) -> None:
        with _as_os_error(), self._database:
            self._database.execute(KEEP, (self._attempt, question, msgspec.json.encode(value), version))

    def _drafts(self) -> list[_Draft]:
        query = "SELECT edit, question, value, base_version FROM draft WHERE attempt = ? ORDER BY edit"
        with _as_os_error():
            rows = self._database.execute(query, (self._attempt,)).fetchall()
        return [_Draft(edit, question, msgspec.json.decode(value), version) for edit, question, value, version in rows]

    def _draft(self, question: str) -> _Draft | None:
        return next((draft for draft in self._drafts() if draft.question == question), None)


class _as_os_error:  # noqa: N801 - used as a word
    """What SQLite says of the disk, said as the disk's."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        if isinstance(error, sqlite3.OperationalError):
            raise OSError(str(error)) from error


def _opened(path: Path | str) -> sqlite3.Connection:
    """Locked for as long as it is open; each commit waits for the disk. Raises InUse, OSError."""
    try:
        database = sqlite3.connect(path, timeout=0)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path}: {error}") from error
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA synchronous = FULL")
        with database:
            database.execute("BEGIN EXCLUSIVE")
            database.execute(SCHEMA)
    except sqlite3.OperationalError as error:
        database.close()
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise InUse(f"{path} is in use") from error
        raise OSError(f"{path}: {error}") from error
    return database
