"""The board as a value: rows in board order with ranks; `delta(old, new)` and `apply(old, delta)`, the inverse of each other.

The shapes are the JSON of protocol.md (board.snapshot, board.delta). How scores come about is `scoring.py`'s.
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

Scoring = Literal["icpc", "ioi"]


class Cell(Struct, frozen=True, omit_defaults=True):
    """One team on one problem. `time_min`: whole minutes of contest time of the accepted run. `points`: ioi only."""

    num_judged: int = 0
    num_pending: int = 0
    solved: bool = False
    time_min: int | None = None
    first_to_solve: bool = False
    points: float | None = None


class Problem(Struct, frozen=True, omit_defaults=True):
    id: str
    label: str
    name: str
    color: str | None = None


class Group(Struct, frozen=True):
    id: str
    name: str


class Row(Struct, frozen=True, omit_defaults=True):
    """One participant. `ranked` false: shown without a rank. `hidden`: only ever on the full board."""

    id: str
    name: str
    rank: int | None
    group_ids: tuple[str, ...] = ()
    ranked: bool = True
    hidden: bool = False
    solved: int = 0
    penalty_min: int = 0
    last_min: int = 0
    score: float = 0
    external_id: str | None = None
    cells: dict[str, Cell] = {}


class Board(Struct, frozen=True):
    """A whole board. Invariant: `rows` are what `in_order` makes of them."""

    scoring: Scoring
    problems: tuple[Problem, ...]
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]


class RowChange(Struct, frozen=True, omit_defaults=True):
    """What changed of one row: members that are set replace, `cells` by label (None removes)."""

    id: str
    name: str | UnsetType = UNSET
    group_ids: tuple[str, ...] | UnsetType = UNSET
    ranked: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    solved: int | UnsetType = UNSET
    penalty_min: int | UnsetType = UNSET
    last_min: int | UnsetType = UNSET
    score: float | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    cells: dict[str, Cell | None] | UnsetType = UNSET


class Delta(Struct, frozen=True, omit_defaults=True):
    rows: tuple[RowChange, ...]
    gone: tuple[str, ...]
    problems: tuple[Problem, ...] | UnsetType = UNSET
    groups: tuple[Group, ...] | UnsetType = UNSET
    scoring: Scoring | UnsetType = UNSET


_PLAIN = ("name", "group_ids", "ranked", "hidden", "solved", "penalty_min", "last_min", "score", "external_id")
_ABSENT = Row(id="", name="", rank=None)


def merit(scoring: Scoring, row: Row) -> tuple[float, ...]:
    """What decides a row's rank; smaller is better, equal shares a rank (protocol.md, Board order)."""
    if scoring == "icpc":
        return (-row.solved, row.penalty_min, row.last_min)
    return (-row.score,)


def in_order(scoring: Scoring, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows in board order, each with its rank: one more than the number of ranked rows strictly better."""
    placed: list[Row] = []
    rank, ranked_count, last = 0, 0, None
    for here, _, _, row in sorted(((merit(scoring, row), row.name, row.id, row) for row in rows), key=itemgetter(0, 1, 2)):
        if not row.ranked:
            placed.append(row if row.rank is None else replace(row, rank=None))
            continue
        ranked_count += 1
        if here != last:
            rank, last = ranked_count, here
        placed.append(row if row.rank == rank else replace(row, rank=rank))
    return tuple(placed)


def delta(old: Board, new: Board) -> Delta | None:
    """What turns `old` into `new`; None if nothing does. Law: `apply(old, delta(old, new)) == new`."""
    before = {row.id: row for row in old.rows}
    kept = {row.id for row in new.rows}
    changes = tuple(change for row in new.rows if (change := row_change(before.get(row.id), row)) is not None)
    gone = tuple(row.id for row in old.rows if row.id not in kept)
    problems = new.problems if new.problems != old.problems else UNSET
    groups = new.groups if new.groups != old.groups else UNSET
    scoring = new.scoring if new.scoring != old.scoring else UNSET
    if not changes and not gone and problems is groups is scoring is UNSET:
        return None
    return Delta(rows=changes, gone=gone, problems=problems, groups=groups, scoring=scoring)


def row_change(old: Row | None, new: Row) -> RowChange | None:
    """What is to be sent of `new`; None: nothing. A row that is new always says its name: a name has no left-out value."""
    base = old or _ABSENT
    if old is new:
        return None
    fields: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(new, name)) != getattr(base, name)}
    if old is None:
        fields["name"] = new.name
    if new.cells is not base.cells and new.cells != base.cells:
        cells: dict[str, Cell | None] = {k: v for k, v in new.cells.items() if base.cells.get(k) != v}
        cells.update(dict.fromkeys(base.cells.keys() - new.cells.keys()))
        fields["cells"] = cells
    if not fields and old is not None:
        return None
    return RowChange(id=new.id, **fields)


def apply(board: Board, change: Delta) -> Board:
    """The board after `change`. Rows that did not change stay the same objects, unless their rank moved."""
    rows = {row.id: row for row in board.rows}
    for row_id in change.gone:
        rows.pop(row_id, None)
    for row_change in change.rows:
        rows[row_change.id] = _changed(rows.get(row_change.id), row_change)
    scoring = board.scoring if change.scoring is UNSET else change.scoring
    return Board(
        scoring=scoring,
        problems=board.problems if change.problems is UNSET else change.problems,
        groups=board.groups if change.groups is UNSET else change.groups,
        rows=in_order(scoring, rows.values()),
    )


def _changed(row: Row | None, change: RowChange) -> Row:
    base = row or replace(_ABSENT, id=change.id)
    fields: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(change, name)) is not UNSET}
    if change.cells is not UNSET:
        merged: Mapping[str, Cell | None] = {**base.cells, **change.cells}
        fields["cells"] = {label: cell for label, cell in merged.items() if cell is not None}
    return replace(base, **fields)
