"""A row of the board from one entrant's outcomes, and what of a contest a view may show.

Hidden entrants and hidden groups are not in the public view; in the full one they stand flagged and without a rank.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from contest.domain.boards import Cell, Group, Problem, Row
from contest.domain.outcomes import Outcome, Question, Rules, View


class GroupOf(Struct, frozen=True):
    id: str
    name: str
    hidden: bool = False


class Entrant(Struct, frozen=True):
    """A participant as scoring sees it. `hidden`: by its own flag or by its groups (`hidden_by_groups`)."""

    id: str
    name: str
    group_ids: tuple[str, ...] = ()
    ranked: bool = True
    hidden: bool = False
    external_id: str | None = None

    @property
    def competes(self) -> bool:
        """Takes a rank and may be the first to solve."""
        return self.ranked and not self.hidden


def hidden_by_groups(group_ids: Iterable[str], groups: Iterable[GroupOf]) -> bool:
    """Whether somebody in these groups is off the public board: in a hidden group, and in no group that is shown."""
    hidden = {group.id: group.hidden for group in groups}
    flags = [hidden[group_id] for group_id in group_ids if group_id in hidden]
    return bool(flags) and all(flags)


def row(
    rules: Rules,
    questions: Iterable[Question],
    entrant: Entrant,
    outcomes: Mapping[str, Outcome],
    firsts: Mapping[str, str | None],
    shown_groups: frozenset[str],
) -> Row:
    """An entrant's row, not yet ranked. `outcomes` by question id; `firsts`: question id -> entrant who solved it first.

    Penalty time is summed in seconds and cut to whole minutes once a row.
    """
    cells: dict[str, Cell] = {}
    for question in questions:
        if (found := outcomes.get(question.id)) is not None:
            first = firsts.get(question.id) == entrant.id
            cells[question.label] = replace(found.cell, first_to_solve=True) if first else found.cell
    minutes = [cell.time_min or 0 for cell in cells.values() if cell.solved]
    wasted_s = rules.penalty_s * sum(found.penalised for found in outcomes.values() if found.solved_at is not None)
    icpc = rules.scoring == "icpc"
    return Row(
        id=entrant.id,
        name=entrant.name,
        rank=None,
        group_ids=tuple(group_id for group_id in entrant.group_ids if group_id in shown_groups),
        ranked=entrant.competes,
        hidden=entrant.hidden,
        solved=len(minutes),
        penalty_min=sum(minutes) + wasted_s // 60 if icpc else 0,
        last_min=max(minutes, default=0),
        score=0 if icpc else round(sum(cell.points or 0.0 for cell in cells.values()), 2),
        external_id=entrant.external_id,
        cells=cells,
    )


def in_view(entrants: Iterable[Entrant], view: View) -> list[Entrant]:
    return [entrant for entrant in entrants if view == "full" or not entrant.hidden]


def groups_in(groups: Iterable[GroupOf], view: View) -> tuple[Group, ...]:
    return tuple(Group(group.id, group.name) for group in groups if view == "full" or not group.hidden)


def problems_of(rules: Rules, questions: Iterable[Question], view: View) -> tuple[Problem, ...]:
    """A title can give a problem away: before the start the public reads the label in its place."""
    named = rules.begun or view == "full"
    return tuple(Problem(each.id, each.label, each.name if named else each.label, each.color) for each in questions)
