"""The board as a client keeps it: snapshots set it, deltas move it on, rows are put in order when somebody looks (protocol.md,
Board order)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from podium_client.errors import OutOfStep

if TYPE_CHECKING:
    from podium_client.frames import BoardDelta, BoardSnapshot

Scoring = Literal["icpc", "ioi"]


class Cell(Struct, frozen=True, omit_defaults=True):
    """One participant on one problem. `time_min`: whole minutes of contest time of the accepted run. `points`: ioi only."""

    num_judged: int = 0
    num_pending: int = 0
    solved: bool = False
    time_min: int | None = None
    first_to_solve: bool = False
    points: float | None = None


class Problem(Struct, frozen=True):
    id: str
    label: str
    name: str
    color: str | None = None


class Group(Struct, frozen=True):
    id: str
    name: str


class Row(Struct, frozen=True, omit_defaults=True):
    """One participant. `ranked` false: shown without a rank. `hidden`: only staff ever see such a row."""

    id: str
    name: str = ""
    rank: int | None = None
    group_ids: tuple[str, ...] = ()
    ranked: bool = True
    hidden: bool = False
    solved: int = 0
    penalty_min: int = 0
    last_min: int = 0
    score: float = 0
    external_id: str | None = None
    cells: dict[str, Cell] = {}


class WholeBoard(Struct, frozen=True):
    """The board of a snapshot."""

    scoring: Scoring
    problems: tuple[Problem, ...]
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]


class RowChange(Struct, frozen=True):
    """What changed of one row: members that are set replace; `cells` by label, None removes."""

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


_PLAIN = tuple(name for name in RowChange.__struct_fields__ if name not in ("id", "cells"))


def merit(scoring: Scoring, row: Row) -> tuple[float, ...]:
    """What decides a rank; smaller is better, equal shares."""
    return (-row.solved, row.penalty_min, row.last_min) if scoring == "icpc" else (-row.score,)


def in_order(scoring: Scoring, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows in board order, each with its rank: one more than the number of ranked rows strictly better."""
    placed: list[Row] = []
    ranked_count, rank, last = 0, 0, None
    for row in sorted(rows, key=lambda row: (merit(scoring, row), row.name, row.id)):
        if row.ranked:
            ranked_count += 1
            if (here := merit(scoring, row)) != last:
                rank, last = ranked_count, here
        shown = rank if row.ranked else None
        placed.append(row if row.rank == shown else replace(row, rank=shown))
    return tuple(placed)


def _changed(row: Row, change: RowChange) -> Row:
    fields = {name: value for name in _PLAIN if (value := getattr(change, name)) is not UNSET}
    if change.cells is not UNSET:
        merged: dict[str, Cell | None] = {**row.cells, **change.cells}
        fields["cells"] = {label: cell for label, cell in merged.items() if cell is not None}
    return replace(row, **fields)


class KeptBoard:
    """A board at (`epoch`, `seq`). Owner: one feed. Bound: the rows of one board. Rebuilt: by the next snapshot."""

    __slots__ = ("_ordered", "_rows", "epoch", "groups", "log", "problems", "scoring", "seq")

    def __init__(self, snapshot: "BoardSnapshot") -> None:
        self.log, self.epoch, self.seq = snapshot.log, snapshot.epoch, snapshot.seq
        self.scoring: Scoring = snapshot.board.scoring
        self.problems, self.groups = snapshot.board.problems, snapshot.board.groups
        self._rows = {row.id: row for row in snapshot.board.rows}
        self._ordered: tuple[Row, ...] | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows in board order. Sorted at the first look after a change, not with each delta."""
        if self._ordered is None:
            self._ordered = in_order(self.scoring, self._rows.values())
        return self._ordered

    def row(self, participant_id: str) -> Row | None:
        """One row; its `rank` may be old, as ranks are counted in `rows`."""
        return self._rows.get(participant_id)

    def apply(self, delta: "BoardDelta") -> None:
        """Move on to `delta.seq`. Raises OutOfStep, and changes nothing, unless the board is at exactly `delta.since`."""
        if (delta.epoch, delta.since) != (self.epoch, self.seq):
            raise OutOfStep(f"{self.log} at {self.epoch}.{self.seq} got a delta from {delta.epoch}.{delta.since}")
        for row_id in delta.gone:
            self._rows.pop(row_id, None)
        for change in delta.rows:
            self._rows[change.id] = _changed(self._rows.get(change.id) or Row(change.id), change)
        self.scoring = self.scoring if delta.scoring is UNSET else delta.scoring
        self.problems = self.problems if delta.problems is UNSET else delta.problems
        self.groups = self.groups if delta.groups is UNSET else delta.groups
        self.seq, self._ordered = delta.seq, None
