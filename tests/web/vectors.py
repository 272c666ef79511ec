"""Boards and the steps between them, made by contest.domain.boards, for the JavaScript client to agree with.

`python -m tests.web.vectors` writes sdk/js/test/vectors.json again.
"""

import random
from pathlib import Path

import msgspec

from contest.domain.boards import Board, Cell, Delta, Group, Problem, Row, Scoring, apply, delta, in_order

FILE = Path(__file__).parents[2] / "sdk" / "js" / "test" / "vectors.json"
CASES = 40
# Where UTF-16 order and code point order differ, where one name begins another, and where only the case does.
_NAMES = [
    "",
    "A",
    "AA",
    "a",
    "Ä",
    "A\u0301",
    "Z",
    "é",
    "\ue000",
    "\uffee",
    "\U0001f388",
    "\U0001f389 x",
    "\U00010000",
    "日本",
    "日",
    "العربية",
    "0",
    "10",
    "9",
]


class Case(msgspec.Struct, frozen=True):
    before: Board
    delta: Delta
    after: Board


def cases(seed: int = 20_261_124) -> list[Case]:
    """The same ones each time. Each `after` is checked here to be what `apply` makes of it."""
    dice = random.Random(seed)
    found: list[Case] = []
    while len(found) < CASES:
        before = _board(dice, dice.choice(["icpc", "ioi"]))
        after = _moved(dice, before)
        change = delta(before, after)
        if change is not None:
            assert apply(before, change) == after
            found.append(Case(before, change, after))
    return found


def _board(dice: random.Random, scoring: Scoring) -> Board:
    problems = tuple(
        Problem(f"p{label}", label, f"Problem {label}", dice.choice([None, "#ff0000"])) for label in "ABCD"[: dice.randint(1, 4)]
    )
    groups = tuple(Group(f"g{i}", name) for i, name in enumerate(["North", "South"][: dice.randint(0, 2)]))
    rows = [_row(dice, f"{i:02d}", scoring) for i in range(dice.randint(0, 9))]
    return Board(scoring=scoring, problems=problems, groups=groups, rows=in_order(scoring, rows))


def _row(dice: random.Random, row_id: str, scoring: Scoring) -> Row:
    icpc = scoring == "icpc"
    return Row(
        id=row_id,
        name=dice.choice(_NAMES),
        rank=None,
        group_ids=tuple(f"g{i}" for i in range(2) if dice.random() < 0.4),
        ranked=dice.random() < 0.85,
        hidden=dice.random() < 0.1,
        solved=dice.randint(0, 2) if icpc else 0,
        penalty_min=dice.randint(0, 2) * 20 if icpc else 0,
        last_min=dice.randint(0, 2) if icpc else 0,
        score=0 if icpc else dice.choice([0, 10, 33.5, 100]),
        external_id=dice.choice([None, "team-1"]),
        cells={label: _cell(dice) for label in "ABCD" if dice.random() < 0.5},
    )


def _cell(dice: random.Random) -> Cell:
    solved = dice.random() < 0.5
    return Cell(
        num_judged=dice.randint(0, 3),
        num_pending=dice.randint(0, 2),
        solved=solved,
        time_min=dice.randint(0, 300) if solved else None,
        first_to_solve=solved and dice.random() < 0.2,
        points=dice.choice([None, 12.5]),
    )


def _moved(dice: random.Random, before: Board) -> Board:
    rows = [row for row in before.rows if dice.random() > 0.1]
    rows = [_row(dice, row.id, before.scoring) if dice.random() < 0.4 else row for row in rows]
    rows += [_row(dice, f"new{i}", before.scoring) for i in range(dice.randint(0, 2))]
    other = _board(dice, dice.choice(["icpc", "ioi"])) if dice.random() < 0.15 else before
    return Board(scoring=other.scoring, problems=other.problems, groups=other.groups, rows=in_order(other.scoring, rows))


def text() -> str:
    encoder = msgspec.json.Encoder(order="sorted")
    return "[\n" + ",\n".join(encoder.encode(case).decode() for case in cases()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
