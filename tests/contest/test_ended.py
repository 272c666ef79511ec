"""What counts no more is bounded in memory, and what is new is never turned away for what is old."""

from datetime import UTC, datetime, timedelta

import pytest

from contest.domain.audience import Role
from contest.ended import Ended, EndedSession, Revocation
from contest.errors import Refusal
from contest.ids import UserId, uuid7
from contest.tokens import Person

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOST = 5


def person(user: str, session: str | None = None, role: Role = "organiser") -> Person:
    return Person(UserId(user), role, None, int(NOON.timestamp()) + 3600, session=session, issued=NOON.timestamp())


def test_the_session_that_was_ended_last_is_refused_however_many_were_before() -> None:
    ended = Ended(MOST)
    for number in range(4 * MOST):
        session, user = uuid7(), uuid7()
        assert ended.note([EndedSession(session, user, NOON + timedelta(hours=1 + number), NOON)]) == {user}
        with pytest.raises(Refusal, match="ended"):
            ended.check(person(user, session))


def test_the_revocation_that_came_last_counts_however_many_were_before() -> None:
    ended = Ended(MOST)
    for number in range(4 * MOST):
        user = uuid7()
        ended.note(revoked=[Revocation(user, None, NOON + timedelta(seconds=1 + number), "removed")])
        with pytest.raises(Refusal, match="taken back"):
            ended.check(person(user))
