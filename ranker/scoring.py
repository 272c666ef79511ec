"""A contest's tally, fed from PostgreSQL: all of it at first and when the board's frame changed, else only what was named.

A tick asks for a `step`, which costs what changed; a whole `board` costs what there is, and is for a new epoch and a snapshot.
"""

import asyncpg

from contest.broker.changes import Changes
from contest.domain.boards import Board, Delta, delta
from contest.domain.outcomes import View
from contest.domain.scoring import Rules, Tally
from contest.ids import ContestId
from contest.store import scores

VIEWS: tuple[View, ...] = ("public", "full")


class ContestGone(Exception):  # noqa: N818 - a fact about the contest
    """There is no such contest any more: stop leading it."""


class Scorer:
    """Owner: the leader of the contest. Holds its tally (see there for the bound). Raises OSError, asyncpg.PostgresError."""

    def __init__(self, pool: asyncpg.Pool, contest: ContestId) -> None:
        self._pool, self._contest = pool, contest
        self._tally: Tally | None = None
        self._rules: Rules | None = None
        self._left: dict[View, Board] = {}

    async def load(self) -> None:
        """Everything. Raises ContestGone."""
        async with self._pool.acquire() as connection:
            found = await scores.load(connection, self._contest)
        if found is None:
            raise ContestGone(self._contest)
        tally = Tally(found.rules, found.questions, found.groups, found.entrants)
        for judged in found.submissions:
            tally.put(judged)
        for view in VIEWS:
            if self._tally is not None:
                self._left.setdefault(view, self._tally.handed_out(view))
        self._tally, self._rules = tally, found.rules

    async def take_in(self, changes: Changes) -> None:
        """What `changes` names, as it stands now. Raises ContestGone.

        Rules are read after the verdicts: if they are still the same, no verdict was read that came under other ones, a freeze say.
        """
        if changes.board or self._tally is None:
            await self.load()
            return
        async with self._pool.acquire() as connection:
            found = {judged.id: judged for judged in await scores.judged(connection, self._contest, changes.submissions)}
            rules = await scores.rules(connection, self._contest)
        if rules != self._rules:
            await self.load()
            return
        for submission_id in changes.submissions:
            if submission_id in found:
                self._tally.put(found[submission_id])
            else:
                self._tally.remove(submission_id)

    def board(self, view: View) -> Board:
        """The board of this view, never made from the other one."""
        assert self._tally is not None
        self._left.pop(view, None)
        return self._tally.board(view)

    def step(self, view: View) -> Delta | None:
        """What changed since the last `board` or `step` of this view; None if nothing did."""
        assert self._tally is not None
        left = self._left.pop(view, None)
        return self._tally.step(view) if left is None else delta(left, self._tally.board(view))
