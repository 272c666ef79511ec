"""When a contest may be asked for again: at once after a lead that ended well, ever later while it fails."""

from collections.abc import Collection

from contest.ids import ContestId

WORST_WAIT_S = 10.0
"""After failures in a row a contest is asked for again after 0.5 s doubling to this."""


class Patience:
    """Pure but for the clock it is given. Owner: the process' Leads. Bound: one entry a contest whose last lead failed."""

    def __init__(self) -> None:
        self._failures: dict[ContestId, int] = {}
        self._not_before_s: dict[ContestId, float] = {}

    def __len__(self) -> int:
        return len(self._failures)

    def ended(self, contest: ContestId, now_s: float, *, failed: bool) -> None:
        """Its lead has ended; `failed`: soon after it began, and not because it was to."""
        if not failed:
            self._failures.pop(contest, None)
            self._not_before_s.pop(contest, None)
            return
        self._failures[contest] = self._failures.get(contest, 0) + 1
        self._not_before_s[contest] = now_s + wait_s(self._failures[contest])

    def may_ask(self, contest: ContestId, now_s: float) -> bool:
        return self._not_before_s.get(contest, 0.0) <= now_s

    def keep_only(self, shown: Collection[ContestId]) -> None:
        """Forget the contests that are gone."""
        for contest in self._failures.keys() - set(shown):
            del self._failures[contest], self._not_before_s[contest]


def wait_s(failures_in_a_row: int) -> float:
    """How long to leave a contest alone."""
    return min(WORST_WAIT_S, 0.25 * 2 ** min(failures_in_a_row, 10)) if failures_in_a_row else 0.0
