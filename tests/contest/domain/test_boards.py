"""Laws of the board as a value: `apply` undoes what `delta` found, also by way of JSON; the order is the one of protocol.md."""

import json
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contest.domain.boards import Board, Delta, Row, apply, delta, in_order
from contest.wire.to_browser import BoardDelta, BoardSnapshot, frame, read
from tests.contest.domain.strategies import boards


def by_json(change: Delta) -> Delta:
    return msgspec.json.decode(msgspec.json.encode(change), type=Delta)


@given(boards(), boards())
def test_apply_undoes_delta(old: Board, new: Board) -> None:
    change = delta(old, new)
    if change is None:
        assert old == new
        return
    assert apply(old, change) == new
    assert apply(old, by_json(change)) == new


@given(boards(), boards())
def test_delta_travels_as_a_message(old: Board, new: Board) -> None:
    change = delta(old, new)
    if change is not None:
        _, message = read(frame(None, BoardDelta.of(change))[:-1] + b',"log":"board:public","epoch":"e","seq":2,"since":1}')
        assert isinstance(message, BoardDelta)
        assert apply(old, message) == new


@given(boards())
def test_board_survives_json(board: Board) -> None:
    text = msgspec.json.encode(BoardSnapshot(board))
    assert msgspec.json.decode(text, type=BoardSnapshot).board == board


@given(boards())
def test_no_change_is_no_delta(board: Board) -> None:
    assert delta(board, board) is None
    assert delta(board, msgspec.json.decode(msgspec.json.encode(board), type=Board)) is None


@given(boards(), boards(), boards())
def test_steps_may_be_merged(first: Board, second: Board, third: Board) -> None:
    """A merged frame (since 4, seq 9) is the delta of its ends."""
    at_second = first if (step := delta(first, second)) is None else apply(first, step)
    at_third = at_second if (step := delta(second, third)) is None else apply(at_second, step)
    merged = first if (step := delta(first, third)) is None else apply(first, step)
    assert at_third == merged == third


@given(boards())
def test_a_delta_is_no_larger_than_what_changed(board: Board) -> None:
    """One row's solved count: that row alone, that member alone, and no ranks."""
    if not board.rows:
        return
    target = board.rows[-1]
    changed = msgspec.structs.replace(target, solved=target.solved + 1)
    new = Board(board.scoring, board.problems, board.groups, in_order(board.scoring, [*board.rows[:-1], changed]))
    change = delta(board, new)
    assert change is not None
    assert json.loads(msgspec.json.encode(change)) == {"rows": [{"id": target.id, "solved": target.solved + 1}], "gone": []}


def test_a_new_row_says_its_name_even_if_it_has_none() -> None:
    empty, one = Board("icpc", (), (), ()), Board("icpc", (), (), (Row(id="p", name="", rank=1),))
    change = delta(empty, one)
    assert change is not None
    assert json.loads(msgspec.json.encode(change)) == {"rows": [{"id": "p", "name": ""}], "gone": []}


@given(boards(), st.randoms(use_true_random=False))
def test_order_is_idempotent_and_forgets_the_order_given(board: Board, chance: "st.random.Random") -> None:
    mixed = list(board.rows)
    chance.shuffle(mixed)
    assert in_order(board.scoring, mixed) == board.rows
    assert in_order(board.scoring, board.rows) == board.rows
    assert all(given is placed for given, placed in zip(board.rows, in_order(board.scoring, board.rows), strict=True))


@given(boards())
def test_a_rank_is_one_more_than_the_ranked_rows_strictly_better(board: Board) -> None:
    def better(one: Row, other: Row) -> bool:
        if board.scoring == "ioi":
            return one.score > other.score
        if one.solved != other.solved:
            return one.solved > other.solved
        return (one.penalty_min, one.last_min) < (other.penalty_min, other.last_min)

    for place, row in enumerate(board.rows):
        assert row.rank == (1 + sum(other.ranked and better(other, row) for other in board.rows) if row.ranked else None)
        assert not any(better(later, row) for later in board.rows[place + 1 :])
        for later in board.rows[place + 1 :]:
            assert better(row, later) or (row.name, row.id) < (later.name, later.id)


def test_the_example_of_the_page_applies() -> None:
    """board.delta of protocol.md on board.snapshot of protocol.md: AGH solves B."""
    lines = (Path(__file__).parents[3] / "protocol.md").read_text().splitlines()
    snapshot = next(read(line.encode()).message for line in lines if '"type":"board.snapshot"' in line)
    change = next(read(line.encode()).message for line in lines if '"type":"board.delta"' in line)
    assert isinstance(snapshot, BoardSnapshot)
    assert isinstance(change, BoardDelta)
    board = apply(snapshot.board, change)
    assert in_order("icpc", snapshot.board.rows) == snapshot.board.rows
    assert [(row.name, row.rank, row.solved, row.penalty_min) for row in board.rows] == [("AGH", 1, 2, 80), ("Guests", None, 0, 0)]
    assert sorted(board.rows[0].cells) == ["A", "B"]


def test_names_stand_in_order_of_code_points() -> None:
    """Not of UTF-16 units: U+1D507 comes after U+FFFD there only by code point."""
    rows = [Row(id="1", name="\U0001d507", rank=None), Row(id="2", name="\ufffd", rank=None), Row(id="3", name="Z", rank=None)]
    assert [row.id for row in in_order("icpc", rows)] == ["3", "2", "1"]
    assert {row.rank for row in in_order("icpc", rows)} == {1}
