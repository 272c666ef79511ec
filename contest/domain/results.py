"""The full board as a table: one row per participant in board order, some columns on them and then those of each question."""

from collections.abc import Iterator
from dataclasses import dataclass

from contest.domain.boards import Board, Cell, Row

Value = str | int | float | bool | None
"""None: an empty cell."""

OF_ALL = ("rank", "name", "external_id", "groups", "ranked", "hidden")
OF_ICPC = ("solved", "penalty_min", "last_min")
OF_IOI = ("score",)


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: `pending` counts what is not judged yet; of each question, `<label> attempts` and its minutes or points."""

    columns: tuple[str, ...]
    board: Board

    def rows(self) -> Iterator[list[Value]]:
        names = {group.id: group.name for group in self.board.groups}
        labels = [problem.label for problem in self.board.problems]
        icpc = self.board.scoring == "icpc"
        for row in self.board.rows:
            groups = "; ".join(names[each] for each in row.group_ids if each in names)
            yield [
                row.rank, row.name, row.external_id, groups, row.ranked, row.hidden,
                *(_icpc(row) if icpc else [row.score]),
                sum(cell.num_pending for cell in row.cells.values()),
                *(value for label in labels for value in _of_question(row.cells.get(label), icpc)),
            ]  # fmt: skip


def _icpc(row: Row) -> list[Value]:
    return [row.solved, row.penalty_min, row.last_min if row.solved else None]


def _of_question(cell: Cell | None, icpc: bool) -> tuple[Value, Value]:
    """Never tried: two empty cells."""
    if cell is None:
        return None, None
    return cell.num_judged, (cell.time_min if cell.solved else None) if icpc else cell.points


def table(board: Board) -> Table:
    icpc = board.scoring == "icpc"
    each = "minutes" if icpc else "points"
    of_questions = [f"{problem.label} {what}" for problem in board.problems for what in ("attempts", each)]
    return Table((*OF_ALL, *(OF_ICPC if icpc else OF_IOI), "pending", *of_questions), board)
