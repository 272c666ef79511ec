"""What counts no more although its token is good: sessions that were ended, and people from whom something was taken back.

A REST process asks PostgreSQL for the news twice a second, never for a request; what the process itself ended counts at once.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contest.edge.database import UNREACHABLE, Database
from contest.errors import Refusal, unauthorized
from contest.store import sessions
from contest.store.sessions import EndedSession, Revocation
from contest.tokens import Person

EVERY_S = 0.5
OVERLAP = timedelta(seconds=15)
"""Looked back over at every turn: a transaction may commit what it wrote this long ago."""
ENTRIES_MOST = 200_000
"""Of either kind, about 150 bytes each; beyond, sessions that expire first and the oldest revocations are given up."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Ended:
    """Owner: the process. Bound: ENTRIES_MOST of either kind. Rebuilt from PostgreSQL at start and by `follow`."""

    def __init__(self) -> None:
        self._sessions: dict[str, float] = {}
        self._revoked: dict[tuple[str, str | None], float] = {}

    def note(self, ended: Iterable[EndedSession] = (), revoked: Iterable[Revocation] = ()) -> None:
        for session in ended:
            if len(self._sessions) < ENTRIES_MOST or session.id in self._sessions:
                self._sessions[session.id] = session.expires_at.timestamp()
        for one in revoked:
            key, at = (one.user_id, one.contest_id), one.at.timestamp()
            if len(self._revoked) < ENTRIES_MOST or key in self._revoked:
                self._revoked[key] = max(at, self._revoked.get(key, 0.0))

    def check(self, person: Person) -> Person:
        """What is left of the person's right. Raises Refusal 401: nothing."""
        if person.session is not None and person.session in self._sessions:
            raise unauthorized("session.ended", "This session has ended; log in again.")
        if not self._revoked:
            return person
        user = _canonical(person.user)
        if self._is_revoked(user, None, person.issued):
            raise _revoked()
        left = tuple(grant for grant in person.grants if grant.contest is None or not self._is_revoked(user, grant.contest, person.issued))
        if len(left) == len(person.grants):
            return person
        if not left:
            raise _revoked()
        return person.with_grants(left)

    def _is_revoked(self, user: str, contest: str | None, issued: float) -> bool:
        return issued <= self._revoked.get((user, contest), -1.0)

    async def follow(self, database: Database, log: Any) -> None:
        """Keep up with PostgreSQL until cancelled. While it cannot be reached, what is known counts on."""
        since, failing = BEGINNING, False
        while True:
            began = datetime.now(UTC)
            try:
                async with database.connection() as connection:
                    limit = ENTRIES_MOST
                    self.note(await sessions.ended_since(connection, since, limit), await sessions.revoked_since(connection, since, limit))
                since, failing = began - OVERLAP, False
            except (*UNREACHABLE, Refusal) as error:
                if not failing:
                    log.warning("sessions.not_followed", error=type(error).__name__)
                failing = True
            self._forget_expired(began.timestamp())
            await asyncio.sleep(EVERY_S)

    def _forget_expired(self, now: float) -> None:
        for session in [session for session, until in self._sessions.items() if until < now]:
            del self._sessions[session]


def _canonical(user: str) -> str:
    try:
        return str(UUID(user))
    except ValueError:
        return user


def _revoked() -> Refusal:
    return unauthorized("token.revoked", "What this token stood for was taken back; log in again.")
