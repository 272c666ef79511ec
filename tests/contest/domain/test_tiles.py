"""Laws of tiles: however a board is cut, the table and one's own tile tell the rank that the whole board tells."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contest.domain.boards import Board, Row, in_order
from contest.domain.tiles import FIRST, Key, beginnings, key, rank, rows_by_tile, table, tile_of, tiles_of_places
from tests.contest.domain.strategies import boards, rows

Cut = tuple[Board, tuple[Key, ...]]


@st.composite
def cut_boards(draw: st.DrawFn) -> Cut:
    """A board and where tiles begin: as they were cut on an earlier board of the same contest, then with most people elsewhere."""
    scoring = draw(st.sampled_from(["icpc", "ioi"]))
    ids = [f"p{number}" for number in range(draw(st.integers(0, 8)))]
    earlier, now = (Board(scoring, (), (), in_order(scoring, [draw(rows(row_id)) for row_id in ids])) for _ in range(2))
    return now, beginnings(earlier, draw(st.integers(1, 4)))


@given(cut_boards())
def test_table_and_own_tile_tell_the_rank_of_the_whole_board(cut: Cut) -> None:
    board, firsts = cut
    tiles, by_tile = table(board, firsts), rows_by_tile(board, firsts)
    for row in board.rows:
        own = by_tile[tile_of(tiles, key(board.scoring, row))]
        assert row in own
        assert rank(board.scoring, tiles, own, row) == row.rank
    assert tuple(row for own in by_tile for row in own) == board.rows
    assert [(tile.shown, tile.ranked) for tile in tiles] == [(len(own), sum(row.ranked for row in own)) for own in by_tile]


@given(boards(), st.integers(1, 4))
def test_freshly_cut_tiles_are_of_one_size(board: Board, size: int) -> None:
    firsts = beginnings(board, size)
    assert firsts[0] == FIRST
    assert list(firsts) == sorted(set(firsts))
    assert [len(own) for own in rows_by_tile(board, firsts)[:-1]] == [size] * (len(firsts) - 1)
    assert len(rows_by_tile(board, firsts)[-1]) <= size


@given(cut_boards(), st.integers(1, 10), st.integers(1, 10))
def test_a_page_is_in_its_tiles_and_each_of_them_has_a_part_of_it(cut: Cut, first: int, last: int) -> None:
    board, firsts = cut
    tiles, by_tile = table(board, firsts), rows_by_tile(board, firsts)
    page = {row.id for row in board.rows[first - 1 : last]}
    asked = [by_tile[number] for number in tiles_of_places(tiles, first, last)]
    assert page <= {row.id for own in asked for row in own}
    assert all(page & {row.id for row in own} for own in asked if own)
    assert bool(asked) == bool(page)


@given(cut_boards(), st.data())
def test_a_move_changes_two_tiles_at_most(cut: Cut, data: st.DataObject) -> None:
    """What makes it affordable to follow one."""
    board, firsts = cut
    if not board.rows:
        return
    moved = data.draw(rows(data.draw(st.sampled_from(board.rows)).id))
    after = Board(board.scoring, (), (), in_order(board.scoring, [moved if row.id == moved.id else row for row in board.rows]))
    pairs = zip(rows_by_tile(board, firsts), rows_by_tile(after, firsts), strict=True)
    assert sum(sent(own) != sent(other) for own, other in pairs) <= 2


def sent(rows: tuple[Row, ...]) -> list[Row]:
    """Of a tile, what a reader is told: everything but ranks, which the reader counts."""
    return [replace(row, rank=None) for row in rows]
