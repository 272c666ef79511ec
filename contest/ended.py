"""What counts no more although its token is good: sessions that were ended, and people from whom something was taken back.

REST processes hear of it from PostgreSQL (contest/edge/ended.py), socket nodes from Redis (contest/broker/ended.py).
"""

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from contest.errors import Refusal, unauthorized
from contest.tokens import Person, Ticket

K = TypeVar("K")

ENTRIES_MOST = 200_000
"""Of either kind, about 150 bytes each; beyond, sessions that expire first and the oldest revocations are given up."""


class EndedSession(NamedTuple):
    """`expires_at`: after it, nobody asks any more."""

    id: str
    user_id: str
    expires_at: datetime
    ended_at: datetime


class Revocation(NamedTuple):
    """What `user_id` was given before `at` counts no more: in `contest_id`, or (None) anywhere."""

    user_id: str
    contest_id: str | None
    at: datetime
    reason: str


class Ended:
    """Owner: the process. Bound: `most` of either kind. Rebuilt from PostgreSQL or Redis at start."""

    def __init__(self, most: int = ENTRIES_MOST) -> None:
        self._most = most
        self._sessions: dict[str, float] = {}
        self._revoked: dict[tuple[str, str | None], float] = {}

    def note(self, ended: Iterable[EndedSession] = (), revoked: Iterable[Revocation] = ()) -> set[str]:
        """The users for whom this was news."""
        news: set[str] = set()
        for session in ended:
            if session.id not in self._sessions:
                self._sessions[session.id] = session.expires_at.timestamp()
                news.add(session.user_id)
        for one in revoked:
            key, at = (one.user_id, one.contest_id), one.at.timestamp()
            if at > self._revoked.get(key, 0.0):
                self._revoked[key] = at
                news.add(one.user_id)
        self._sessions = _latest(self._sessions, self._most)
        self._revoked = _latest(self._revoked, self._most)
        return news

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

    def refuses(self, ticket: Ticket) -> bool:
        """A ticket of the same second counts as older: its second is all that is known of it."""
        if ticket.session is not None and ticket.session in self._sessions:
            return True
        user = _canonical(ticket.user)
        return any(self._is_revoked(user, contest, ticket.issued) for contest in (None, ticket.contest))

    def forget_expired(self, now: float) -> None:
        for session in [session for session, until in self._sessions.items() if until < now]:
            del self._sessions[session]

    def _is_revoked(self, user: str, contest: str | None, issued: float) -> bool:
        return issued <= self._revoked.get((user, contest), -1.0)


def _latest(found: dict[K, float], most: int) -> dict[K, float]:
    """Those with the largest values: what is new is never turned away for what is nearly over."""
    return found if len(found) <= most else dict(heapq.nlargest(most, found.items(), key=lambda item: item[1]))


def _canonical(user: str) -> str:
    try:
        return str(UUID(user))
    except ValueError:
        return user


def _revoked() -> Refusal:
    return unauthorized("token.revoked", "What this token stood for was taken back; log in again.")
