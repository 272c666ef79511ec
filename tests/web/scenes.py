"""Contests to show: invented teams, problems with balloon colours, a chain of runs, and the boards and statuses that follow from them."""

import random
from dataclasses import dataclass
from typing import Any

from contest.domain.boards import Board, Cell, Group, Problem, Row, in_order

CONTEST = "0193577c-0a3e-7c11-8b7e-2f6d3a1c9e10"
PENALTY_MIN = 20
FREEZE_MIN = 240
LENGTH_MIN = 300

_COLORS = [
    "#7b1fa2",
    "#e53935",
    "#fdd835",
    "#1e88e5",
    "#43a047",
    "#fb8c00",
    "#ec407a",
    "#ffffff",
    "#6d4c41",
    "#111111",
    "#00acc1",
    "#9e9d24",
    "#b0bec5",
]
_TITLES = [
    "Alpine Routes", "Balanced Bakery", "Canal Locks", "Dusty Archive", "Evening Lanterns", "Ferry Timetable", "Glass Orchard",
    "Harbour Cranes", "Ink and Paper", "Jigsaw Coast", "Kite Festival", "Lighthouse Keepers", "Museum Guards",
]  # fmt: skip
_PLACES = [
    "Brackwater", "Elmstead", "Norrhamn", "Villarosa", "Kestrel Bay", "Oberlinden", "Saint Aubrac", "Tarnholm", "Zelenogora", "Porto Lume",
    "Wexmoor", "Lyngdal", "Casteldoro", "Hohenfeld", "Mirabel", "Quillan", "Ravensby", "Sundvik", "Torreblanca", "Ulmenau",
    "Vastergard", "Windmere", "Yarrowfield", "Ashcombe", "Bellavista",
]  # fmt: skip
_KINDS = ["University", "Institute of Technology"]
_GROUPS = ["North", "South", "West"]


@dataclass(frozen=True)
class Run:
    team: int
    problem: int
    minute: int
    ok: bool


def problems(count: int = 11) -> tuple[Problem, ...]:
    return tuple(
        Problem(id=f"0193577c-1111-7c11-8b7e-{i:012d}", label=chr(65 + i), name=_TITLES[i % 13], color=_COLORS[i % 13])
        for i in range(count)
    )


def groups() -> tuple[Group, ...]:
    return tuple(Group(id=f"0193577c-2222-7c11-8b7e-{i:012d}", name=name) for i, name in enumerate(_GROUPS))


def team_id(number: int) -> str:
    return f"0193577c-3333-7c11-8b7e-{number:012d}"


def team_name(number: int) -> str:
    name = f"{_PLACES[number % len(_PLACES)]} {_KINDS[number // len(_PLACES) % 2]}"
    return name if number < 50 else f"{name} {number}"


def chain(teams: int = 50, problem_count: int = 11, seed: int = 7) -> list[Run]:
    """Every run of a whole contest, by minute."""
    dice = random.Random(seed)
    runs: list[Run] = []
    for team in range(teams):
        strength = dice.betavariate(2, 2.6)
        for problem in range(problem_count):
            hardness = ((problem * 5) % problem_count + 0.5) / problem_count
            if dice.random() > 1.15 - hardness * 0.9 + strength * 0.3:
                continue
            solves = dice.random() < strength * 1.5 - hardness * 0.55
            first = int(12 + hardness * 190 + dice.expovariate(1 / 45))
            tries = 1 + min(5, int(dice.expovariate(1.3)))
            for attempt in range(tries):
                minute = first + attempt * dice.randint(4, 22)
                if minute < LENGTH_MIN:
                    runs.append(Run(team, problem, minute, solves and attempt == tries - 1))
    return sorted(runs, key=lambda run: (run.minute, run.team, run.problem))


def board(
    runs: list[Run], minute: int, *, teams: int = 50, problem_count: int = 11, frozen_from: int | None = None, wait_min: int = 2
) -> Board:
    """The board at `minute`: runs of the last `wait_min` wait for a verdict, those from `frozen_from` on are hidden."""
    labels = [problem.label for problem in problems(problem_count)]
    cells: list[dict[str, Cell]] = [{} for _ in range(teams)]
    taken: set[int] = set()
    for run in runs:
        label, own = labels[run.problem], cells[run.team]
        old = own.get(label, Cell())
        if run.minute > minute or old.solved:
            continue
        hidden = frozen_from is not None and run.minute >= frozen_from
        if hidden or run.minute > minute - wait_min:
            own[label] = Cell(num_judged=old.num_judged, num_pending=old.num_pending + 1)
        elif run.ok:
            own[label] = Cell(num_judged=old.num_judged + 1, solved=True, time_min=run.minute, first_to_solve=run.problem not in taken)
            taken.add(run.problem)
        else:
            own[label] = Cell(num_judged=old.num_judged + 1)
    rows = [_row(team, own) for team, own in enumerate(cells)]
    return Board(scoring="icpc", problems=problems(problem_count), groups=groups(), rows=in_order("icpc", rows))


def _row(team: int, cells: dict[str, Cell]) -> Row:
    solved = [cell for cell in cells.values() if cell.solved]
    return Row(
        id=team_id(team),
        name=team_name(team),
        rank=None,
        group_ids=(groups()[team % 3].id,),
        ranked=team % 25 != 24,
        solved=len(solved),
        penalty_min=sum((cell.time_min or 0) + PENALTY_MIN * (cell.num_judged - 1) for cell in solved),
        last_min=max((cell.time_min or 0 for cell in solved), default=0),
        cells=cells,
    )


def status(**changes: Any) -> dict[str, Any]:
    """A contest's status; by default it runs, minute 143."""
    plain = {
        "version": 1, "title": "Northern Invitational 2026", "state": "ongoing", "public": True, "rehearsal": False, "scoring": "icpc",
        "penalty_s": PENALTY_MIN * 60, "start_at": "2026-11-24T10:00:00.000Z", "end_at": "2026-11-24T15:00:00.000Z",
        "duration_s": LENGTH_MIN * 60, "freeze_after_s": FREEZE_MIN * 60, "frozen": False, "frozen_from_s": None,
        "started_at": "2026-11-24T10:00:00.000Z", "frozen_at": None, "ended_at": None, "thawed_at": None, "finalized_at": None,
        "clock": {"at": "2026-11-24T10:00:00.000Z", "contest_time_s": 0.0, "rate": 1.0}, "theme": None,
    }  # fmt: skip
    return {**plain, **changes}


def withheld(shown: Board) -> Board:
    """The same while nobody may know a verdict: tries are counted, nobody is before anybody else."""
    rows = (
        Row(
            row.id, row.name, None, row.group_ids, row.ranked, external_id=row.external_id,
            cells={label: Cell(num_pending=cell.num_judged + cell.num_pending) for label, cell in row.cells.items()},
        )
        for row in shown.rows
    )  # fmt: skip
    return Board(shown.scoring, shown.problems, shown.groups, in_order(shown.scoring, rows))
