"""A big board cut into tiles along board order, and the table of their beginnings and counts by which anyone counts a rank.

A tile is a range of keys (merit, name, id), not of ranks: a row that moves touches the tile it leaves and the one it enters, where tiles of
fixed ranks would all shift. Equal scores may be cut through: at the start everybody has the same.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

from contest.domain.boards import Board, Row, Scoring, merit

Key = tuple[tuple[float, ...], str, str]
"""A row's place in board order: merit, name, id."""
FIRST: Key = ((), "", "")
"""Before every row: where the first tile begins."""


class Tile(Struct, frozen=True):
    """The rows from `first` (which need not be a row) up to where the next tile begins.

    `ranked` of its `shown` rows take a rank. `tied`: ranked rows in earlier tiles with the merit that `first` has; those share its rank.
    """

    first: Key
    shown: int
    ranked: int
    tied: int


Table = tuple[Tile, ...]
"""All tiles of a board. Invariant: the first begins at FIRST, each later one after the one before it."""


def key(scoring: Scoring, row: Row) -> Key:
    return (merit(scoring, row), row.name, row.id)


def beginnings(board: Board, size: int) -> tuple[Key, ...]:
    """Where tiles of `size` rows begin, the last one maybe smaller. They stay good for boards to come; only counts grow uneven."""
    return (FIRST, *(key(board.scoring, row) for row in board.rows[size::size]))


def rows_by_tile(board: Board, firsts: Sequence[Key]) -> list[tuple[Row, ...]]:
    """The rows of each tile, in board order."""
    keys = [key(board.scoring, row) for row in board.rows]
    bounds = [*(bisect_left(keys, first) for first in firsts), len(keys)]
    return [board.rows[start:end] for start, end in pairwise(bounds)]


def table(board: Board, firsts: Sequence[Key]) -> Table:
    """The tiles that begin at `firsts` (FIRST, then rising), counted on this board."""
    ranked = [key(board.scoring, row) for row in board.rows if row.ranked]
    starts = [bisect_left(ranked, first) for first in firsts]
    better = [bisect_left(ranked, (first[0], "", "")) for first in firsts]
    shown = [len(rows) for rows in rows_by_tile(board, firsts)]
    counts = [end - start for start, end in pairwise([*starts, len(ranked)])]
    parts = zip(firsts, shown, counts, starts, better, strict=True)
    return tuple(Tile(first, rows, count, start - ahead) for first, rows, count, start, ahead in parts)


def tile_of(tiles: Table, here: Key) -> int:
    """The number of the tile, from 0, that a row with this key is in."""
    return bisect_right(tiles, here, key=lambda tile: tile.first) - 1


def rank(scoring: Scoring, tiles: Table, own: Iterable[Row], row: Row) -> int | None:
    """The rank of `row`, one of the rows `own` of its tile; None if it takes none. Law: it is the rank on the whole board."""
    if not row.ranked:
        return None
    here = merit(scoring, row)
    at = tile_of(tiles, key(scoring, row))
    before = sum(tile.ranked for tile in tiles[:at])
    if here == tiles[at].first[0]:
        return before - tiles[at].tied + 1
    return before + 1 + sum(other.ranked and merit(scoring, other) < here for other in own)


def tiles_of_places(tiles: Table, first: int, last: int) -> range:
    """The numbers of the tiles that hold the places `first` to `last`, from 1, both included: what a page or a top N asks for."""
    ends = list(accumulate(tile.shown for tile in tiles))
    if not ends or first > ends[-1] or last < first:
        return range(0)
    return range(bisect_right(ends, first - 1), min(bisect_right(ends, last - 1) + 1, len(tiles)))
