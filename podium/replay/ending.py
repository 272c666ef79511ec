"""The end of a replay: waits until the public board has settled and all viewers stand on it, and says how it went."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from msgspec import Struct
from podium_client import PodiumRest, Row
from podium_client.answers import Leaderboard, StoredSubmission
from podium_client.board import Cell

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
        ending = Ending(await whole_board(rest, contest), (await viewers.where()).standings)
        calm = calm + 1 if (ending.board.epoch, ending.board.seq) == last else 0
        last = (ending.board.epoch, ending.board.seq)
        settled = calm >= CALM_LOOKS and ending.agree and await _is_told(rest, timeline, contest, ending.board)
        if settled or loop.time() > end:
            return ending
        await asyncio.sleep(LOOK_EVERY_S)


async def staff_is_told(rest: PodiumRest, contest: str, viewers: Audience) -> None:
    """Wait until the staff's viewer stands on a board that holds every stored verdict; at most SETTLED_WITHIN_S, then as it is.

    A node that is killed in the frozen time is back within seconds, and the frozen time of a fast replay is shorter than that."""
    end = asyncio.get_running_loop().time() + SETTLED_WITHIN_S
    while asyncio.get_running_loop().time() < end:
        board, seen = await rest.full_leaderboard(contest, 0, PAGE), (await viewers.where()).staff
        if (seen.epoch, seen.seq) == (board.epoch, board.seq) and await _holds_all(rest, contest, board):
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def _is_told(rest: PodiumRest, timeline: Timeline, contest: str, public: Leaderboard) -> bool:
    """Whether the boards say what is stored: the staff's every submission, the public one the same, as it must when nothing is frozen.

    That both agree and stand still is not enough: while nobody ranks, both are old (a ranker's lease outlives it by seconds)."""
    staff = await rest.full_leaderboard(contest, 0, PAGE)
    if not await _holds_all(rest, contest, staff):
        return False
    full = {row.id: row for row in staff.rows}
    moves = {action.move for action in timeline.actions if isinstance(action, MoveState)}
    if "freeze" in moves and "thaw" not in moves:
        return True
    return all(_same(row, full.get(row.id)) for row in public.rows if row.id in full or public.total <= PAGE)


async def _holds_all(rest: PodiumRest, contest: str, staff: Leaderboard) -> bool:
    """Whether the staff's board has everybody, and each cell the verdicts that are stored now. Rows beyond PAGE are not looked at."""
    if staff.total != (await rest.contest(contest)).counts.participants:
        return False
    cells = {row.id: row.cells for row in staff.rows}
    labels = {problem.id: problem.label for problem in staff.problems}
    stored: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    async for one in _submissions(rest, contest):
        if one.contest_time_s >= 0 and one.participant_id in cells and one.question_id in labels:
            stored[one.participant_id, labels[one.question_id]].append(one.verdict)
    return all(_says(cells[participant].get(label), verdicts) for (participant, label), verdicts in stored.items())


def _says(cell: Cell | None, verdicts: list[str | None]) -> bool:
    """Whether a cell is that of runs with these verdicts; what comes after the accepted one does not count."""
    if cell is None or cell.solved != ("AC" in verdicts):
        return False
    waiting = verdicts.count(None)
    return cell.solved or (cell.num_judged, cell.num_pending) == (len(verdicts) - waiting, waiting)


async def _submissions(rest: PodiumRest, contest: str) -> AsyncIterator[StoredSubmission]:
    seen = 0
    while True:
        page = await rest.submissions(contest, seen, PAGE)
        for one in page.items:
            yield one
        seen += len(page.items)
        if seen >= page.total or not page.items:
            return


def _same(public: Row, full: Row | None) -> bool:
    return full is not None and (public.solved, public.penalty_min, public.cells) == (full.solved, full.penalty_min, full.cells)


def result(contest: str, ending: Ending, seen: Seen) -> Result:
    board = tuple(BoardRow(row.rank, row.external_id or row.id, row.name, row.solved, row.penalty_min) for row in ending.board.rows)
    return Result(contest, ending.board.epoch, ending.board.seq, board, ending.agree, seen.leaks, seen.staff_saw_frozen)
