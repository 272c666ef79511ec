"""The client's board against the servers' own: what one side says, the other understands."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from podium_client import Position, frames, in_order
from podium_client.board import KeptBoard
from podium_client.errors import OutOfStep

from contest.domain import boards
from tests.contest.domain.strategies import boards as some_boards

MEMBERS = {"log": "board:public", "epoch": "e"}


def snapshot(board: boards.Board, seq: int) -> KeptBoard:
    raw = msgspec.json.encode({**MEMBERS, "seq": seq, "type": "board.snapshot", "board": board})
    frame = frames.decode(raw)
    assert isinstance(frame, frames.BoardSnapshot)
    return KeptBoard(frame)


def step(change: boards.Delta, since: int, seq: int) -> frames.BoardDelta:
    raw = msgspec.json.encode({**MEMBERS, "seq": seq, "since": since, "type": "board.delta", **msgspec.to_builtins(change)})
    frame = frames.decode(raw)
    assert isinstance(frame, frames.BoardDelta)
    return frame


def same(kept: KeptBoard, board: boards.Board) -> bool:
    return [members(row) for row in kept.rows] == [members(row) for row in board.rows] and kept.scoring == board.scoring


def members(row: Any) -> dict[str, Any]:
    """Each member as plain values, cells without what may be left out."""
    return {name: msgspec.to_builtins(getattr(row, name)) for name in boards.Row.__struct_fields__}


@given(some_boards(), some_boards())
def test_a_delta_of_the_servers_gives_the_servers_board(old: boards.Board, new: boards.Board) -> None:
    kept = snapshot(old, 4)
    assert same(kept, old)
    change = boards.delta(old, new)
    if change is None:
        return
    kept.apply(step(change, 4, 9))
    assert same(kept, new)
    assert (kept.epoch, kept.seq) == Position("e", 9)
    assert (
        kept.problems == tuple(msgspec.convert(msgspec.to_builtins(new.problems), tuple[type(kept.problems[0]), ...]))
        if kept.problems
        else True
    )


@given(some_boards(), st.integers(0, 9))
def test_a_delta_from_elsewhere_changes_nothing(board: boards.Board, since: int) -> None:
    kept = snapshot(board, 4)
    change = step(boards.Delta(rows=(), gone=tuple(row.id for row in board.rows)), since, 10)
    if since == 4:
        kept.apply(change)
        assert kept.rows == ()
        return
    try:
        kept.apply(change)
    except OutOfStep:
        assert same(kept, board)
    else:
        raise AssertionError("a delta from another place was applied")


@given(some_boards())
def test_ranks_are_counted_as_the_servers_count_them(board: boards.Board) -> None:
    shuffled = snapshot(board, 1).rows[::-1]
    assert [(row.id, row.rank) for row in in_order(board.scoring, shuffled)] == [(row.id, row.rank) for row in board.rows]
