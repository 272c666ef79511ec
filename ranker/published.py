"""The board as it was last published: the snapshot in Redis and the deltas after it. What a new leader goes on from."""

import msgspec

from contest.broker.logs import Logs, Message, Position, Snapshot
from contest.domain.audience import Log
from contest.domain.boards import Board, apply
from contest.ids import ContestId
from contest.wire.to_browser import BoardDelta, BoardSnapshot, read


async def published(logs: Logs, contest: ContestId, log: Log) -> tuple[Position, Board] | None:
    """Where the log stands and the board there; None if the log has to begin anew: stale, absent, with a hole, unreadable."""
    if await logs.is_stale(contest, log):
        return None
    at, kept = await logs.position(contest, log), await logs.snapshot(contest, log)
    if at is None or kept is None or kept.at.epoch != at.epoch:
        return None
    board = rebuilt(kept, await logs.read(contest, log, kept.at.seq), at)
    return None if board is None else (at, board)


def rebuilt(kept: Snapshot, entries: list[Message], at: Position) -> Board | None:
    """The board at `at`; None if `entries` do not lead from the snapshot there, step by step, or cannot be read."""
    if [entry.seq for entry in entries] != list(range(kept.at.seq + 1, at.seq + 1)) or any(entry.epoch != at.epoch for entry in entries):
        return None
    try:
        first = read(kept.payload).message
        changes = [read(entry.payload).message for entry in entries]
    except msgspec.DecodeError:
        return None
    if not isinstance(first, BoardSnapshot):
        return None
    board = first.board
    for change in changes:
        if not isinstance(change, BoardDelta):
            return None
        board = apply(board, change)
    return board
