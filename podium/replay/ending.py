"""The end of a replay: waits until the public board has settled and all viewers stand on it, and says how it went."""

import asyncio

from msgspec import Struct
from podium_client import PodiumRest, Row
from podium_client.answers import Leaderboard

from podium.clics.timeline import MoveState, Timeline
from podium.replay.audience import Audience
from podium.replay.record import Seen
from podium.replay.viewers import Standing, digest

PAGE = 1000
SETTLED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.4
CALM_LOOKS = 3
"""The board must not have moved between this many looks: well over the ranker's tick of 100 ms."""


class BoardRow(Struct, frozen=True):
    """`id`: the team's id in the feed."""

    rank: int | None
    id: str
    name: str
    solved: int
    penalty_min: int


class Result(Struct, frozen=True):
    """What `podium replay --json` prints."""

    contest: str
    epoch: str
    seq: int
    board: tuple[BoardRow, ...]
    viewers_agree: bool
    leaks: int
    staff_saw_frozen: int


class Ending(Struct, frozen=True):
    """The last board, and what the viewers made of it."""

    board: Leaderboard
    standings: tuple[Standing, ...]

    @property
    def agree(self) -> bool:
        """Every viewer holds this very board at this very position."""
        here = (self.board.epoch, self.board.seq, digest(self.board.rows))
        return bool(self.standings) and all((s.epoch, s.seq, s.digest) == here for s in self.standings)


async def whole_board(rest: PodiumRest, contest: str) -> Leaderboard:
    """All pages of the public board at one position."""
    while True:
        first = await rest.leaderboard(contest, 0, PAGE)
        rows: list[Row] = list(first.rows)
        while len(rows) < first.total:
            page = await rest.leaderboard(contest, len(rows), PAGE)
            if (page.epoch, page.seq) != (first.epoch, first.seq) or not page.rows:
                break
            rows += page.rows
        else:
            return Leaderboard(first.epoch, first.seq, first.total, tuple(rows), first.problems, first.groups)


async def settle(rest: PodiumRest, timeline: Timeline, contest: str, viewers: Audience) -> Ending:
    """Wait until the board has settled and every viewer stands on it; at most SETTLED_WITHIN_S, then as it is."""
    loop = asyncio.get_running_loop()
    end, calm, last = loop.time() + SETTLED_WITHIN_S, 0, None
    while True:
        ending = Ending(await whole_board(rest, contest), await viewers.where())
        calm = calm + 1 if (ending.board.epoch, ending.board.seq) == last else 0
        last = (ending.board.epoch, ending.board.seq)
        settled = calm >= CALM_LOOKS and ending.agree and await _is_told(rest, timeline, contest, ending.board)
        if settled or loop.time() > end:
            return ending
        await asyncio.sleep(LOOK_EVERY_S)


async def _is_told(rest: PodiumRest, timeline: Timeline, contest: str, public: Leaderboard) -> bool:
    """Whether the public board says what staff see, as it must when nothing is frozen, and nothing waits that has been judged."""
    moves = {action.move for action in timeline.actions if isinstance(action, MoveState)}
    if "freeze" in moves and "thaw" not in moves:
        return True
    if (await rest.contest(contest)).counts.unjudged == 0 and any(c.num_pending for row in public.rows for c in row.cells.values()):
        return False
    full = {row.id: row for row in (await rest.full_leaderboard(contest)).rows}
    return all(_same(row, full.get(row.id)) for row in public.rows if row.id in full or public.total <= PAGE)


def _same(public: Row, full: Row | None) -> bool:
    return full is not None and (public.solved, public.penalty_min, public.cells) == (full.solved, full.penalty_min, full.cells)


def result(contest: str, ending: Ending, seen: Seen) -> Result:
    board = tuple(BoardRow(row.rank, row.external_id or row.id, row.name, row.solved, row.penalty_min) for row in ending.board.rows)
    return Result(contest, ending.board.epoch, ending.board.seq, board, ending.agree, seen.leaks, seen.staff_saw_frozen)
