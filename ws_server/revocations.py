"""Whose tickets count no more: a ticket issued before its person was revoked is refused until it would be too old anyway."""

import time

from contest.ids import ContestId, UserId
from contest.tokens import LEEWAY_S, TICKET_AGE_S

KEPT_S = TICKET_AGE_S + 2 * LEEWAY_S


class Revocations:
    """Owner: the node. Bound: what was revoked in the last KEPT_S. Rebuilt from the contests' control logs."""

    def __init__(self) -> None:
        self._at: dict[tuple[ContestId, UserId], float] = {}

    def note(self, contest: ContestId, user: UserId, at: float) -> None:
        """`user` was revoked at Unix time `at`."""
        now = time.time()
        if at < now - KEPT_S:
            return
        self._at = {key: noted for key, noted in self._at.items() if noted >= now - KEPT_S}
        self._at[contest, user] = max(at, self._at.get((contest, user), 0))

    def refuses(self, contest: ContestId, user: UserId, issued: int) -> bool:
        """A ticket of the same second counts as older: its second is all that is known of it."""
        noted = self._at.get((contest, user))
        return noted is not None and issued <= noted
