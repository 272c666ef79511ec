"""Leads one contest: everything from PostgreSQL, on from what was published, then the changes stream, a delta a tick."""

import asyncio
import time

from contest.broker.changes import Changes, ChangesStream
from contest.broker.leases import Lease, Leases
from contest.broker.logs import WrongPosition
from contest.domain.outcomes import View
from contest.telemetry import Telemetry
from ranker.board_log import BoardLog
from ranker.scoring import Scorer

TICK_S = 0.1
"""Changes that come faster are shown together. The first after a quiet time goes out at once."""
IDLE_S = 0.5
"""The longest wait for a change: so soon is a stop seen."""


class Leader:
    """The one writer of a contest's boards, as long as the lease holds. Owner: the process, one a contest led."""

    def __init__(
        self, scorer: Scorer, stream: ChangesStream, boards: dict[View, BoardLog], leases: Leases, lease: Lease, telemetry: Telemetry
    ) -> None:
        self._scorer, self._stream, self._boards = scorer, stream, boards
        self._leases, self._lease = leases, lease
        self._telemetry = telemetry
        self._tick_at = 0.0

    async def lead(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises Fenced (another leads), ContestGone, and what says that a server is away."""
        await self._take_over(anew=False)
        while not stop.is_set():
            try:
                await self._follow()
            except WrongPosition as error:
                self._telemetry.log.warning("board.renewed", contest=self._lease.contest, why=str(error))
                await self._take_over(anew=True)
        for view, board in self._boards.items():
            if board.keep_in_s() is not None:
                await board.keep(self._scorer.board(view))

    async def _take_over(self, *, anew: bool) -> None:
        """The stream's end is noted before PostgreSQL is read: what comes after it is read again, what came before is in there."""
        last = await self._stream.last()
        missed = await self._stream.between(self._lease.seen, last) if self._lease.seen else Changes(last, fresh=True)
        await self._scorer.load()
        for view, board in self._boards.items():
            await board.begin(self._scorer.board(view), anew=anew or (missed.fresh and view == "public"))
        await self._note(last)

    async def _follow(self) -> None:
        """Wait for changes, gather a tick of them, publish; keep what has to be kept."""
        changes = await self._stream.read(self._lease.seen, self._wait_s())
        began = time.monotonic()
        if changes.last != self._lease.seen:
            if (early_s := self._tick_at - began) > 0:
                await asyncio.sleep(early_s)
                changes |= await self._stream.read(changes.last, 0)
            self._tick_at = time.monotonic() + TICK_S
            await self._tick(changes)
            self._telemetry.metrics.tick_s.observe(time.monotonic() - began)
        for view, board in self._boards.items():
            if board.keep_in_s() == 0:
                await board.keep(self._scorer.board(view))

    async def _tick(self, changes: Changes) -> None:
        await self._scorer.take_in(changes)
        for view, board in self._boards.items():
            if changes.fresh and view == "public":
                await board.renew(self._scorer.board(view))
            elif await board.publish(self._scorer.step(view)):
                self._telemetry.metrics.ticks.labels(view).inc()
        if changes.fresh:
            await self._note(changes.last)
        self._lease.seen = changes.last

    async def _note(self, seen: str) -> None:
        """Tell the next leader now, not with the next extension: else it would begin a new epoch once more."""
        self._lease.seen = seen
        await self._leases.extend(self._lease)

    def _wait_s(self) -> float:
        due = [wait_s for board in self._boards.values() if (wait_s := board.keep_in_s()) is not None]
        return min([IDLE_S, *due])
