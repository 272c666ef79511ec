"""One view of a contest's board on its log: what was published, up to where, and what of it is kept (snapshot, sorted set)."""

import time

from contest.broker.leases import Lease
from contest.broker.logs import Fenced, Logs, Position, new_epoch
from contest.broker.ranks import Ranks
from contest.domain.boards import Board, Delta, delta
from contest.domain.outcomes import View
from contest.wire.to_browser import BoardDelta, BoardSnapshot, Place, frame, members
from ranker.published import published

KEEP_EVERY_S = 1.0
"""How often a changed board is kept: whoever starts from the snapshot has about this much of the stream to read after it."""
KEEP_BYTES_PER_S = 1_000_000
"""A big board is kept less often (10,000 entrants: 2.5 MB): Redis appends each snapshot to its file as well."""


class BoardLog:
    """Owner: the leader of the contest, who says what changed. Holds where the log stands and the places last written (one an entrant)."""

    def __init__(self, logs: Logs, ranks: Ranks, lease: Lease, view: View) -> None:
        self._logs, self._ranks, self._lease, self._view = logs, ranks, lease, view
        self._log = f"board:{view}"
        self._at = Position("", 0)
        self._kept_at: Position | None = None
        self._keep_again_at = 0.0
        self._places: dict[str, int] = {}

    async def begin(self, board: Board, *, anew: bool) -> None:
        """Go on from what stands in Redis, in the same epoch, so that nobody has to start again; or `anew`, or if that cannot be."""
        found = None if anew else await published(self._logs, self._lease.contest, self._log)
        if found is None:
            await self.renew(board)
            return
        self._at, stands = found
        await self.publish(delta(stands, board))

    async def renew(self, board: Board) -> None:
        """Begin a new epoch at this board: nothing of the old one can be read any more."""
        self._check()
        epoch = new_epoch()
        payload = frame(Place(self._log, epoch, 0), BoardSnapshot(board))
        self._at = await self._logs.renew(self._lease.contest, self._log, payload, fence=self._lease.fence, epoch=epoch)
        self._kept_at, self._keep_again_at = None, 0.0

    async def publish(self, change: Delta | None) -> bool:
        """Publish what changed since the last; False if nothing did. Raises Fenced, WrongPosition."""
        if change is None:
            return False
        self._check()
        self._at, _ = await self._logs.publish(
            self._lease.contest, self._log, members(BoardDelta.of(change)), expect=self._at, fence=self._lease.fence
        )
        return True

    def keep_in_s(self) -> float | None:
        """How long until the board has to be kept; None: it is."""
        return None if self._kept_at == self._at else max(0.0, self._keep_again_at - time.monotonic())

    async def keep(self, board: Board) -> None:
        """Write snapshot and sorted set of the board as it was last published. Raises Fenced."""
        self._check()
        contest, fence, at = self._lease.contest, self._lease.fence, self._at
        payload = frame(Place(self._log, at.epoch, at.seq), BoardSnapshot(board))
        await self._logs.save_snapshot(contest, self._log, at, payload, fence=fence)
        places = {row.id: place for place, row in enumerate(board.rows, start=1)}
        moved = {each: place for each, place in places.items() if self._places.get(each) != place}
        gone = tuple(self._places.keys() - places.keys())
        await self._ranks.write(contest, self._view, fence, moved, gone, anew=not self._places)
        self._places, self._kept_at = places, at
        self._keep_again_at = time.monotonic() + max(KEEP_EVERY_S, len(payload) / KEEP_BYTES_PER_S)

    def _check(self) -> None:
        """A stall may have outlasted the lease: then another may lead, and nothing is written, whatever the fence says."""
        if not self._lease.holds():
            raise Fenced("the lease has run out")
