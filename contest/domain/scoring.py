"""The score: a deterministic fold over submissions and their current verdicts, in two views.

The public view knows neither hidden entrants and groups nor a verdict on a submission of the frozen time (`outcomes.py`).
`fold` is the plain version and the oracle; `Tally` gives the same board and pays for what changed only.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from contest.domain.boards import Board, Cell, Group, Problem, Row, in_order
from contest.domain.outcomes import Judged, Moment, Outcome, Question, Rules, View, outcome

__all__ = [
    "Entrant",
    "GroupOf",
    "Judged",
    "Question",
    "Rules",
    "Tally",
    "View",
    "fold",
    "hidden_by_groups",
]


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
        score=0.0 if icpc else round(sum(cell.points or 0.0 for cell in cells.values()), 2),
        external_id=entrant.external_id,
        cells=cells,
    )


def in_view(entrants: Iterable[Entrant], view: View) -> list[Entrant]:
    return [entrant for entrant in entrants if view == "full" or not entrant.hidden]


def groups_in(groups: Iterable[GroupOf], view: View) -> tuple[Group, ...]:
    return tuple(Group(group.id, group.name) for group in groups if view == "full" or not group.hidden)


def problems_of(questions: Iterable[Question]) -> tuple[Problem, ...]:
    return tuple(Problem(each.id, each.label, each.name, each.color) for each in questions)


def fold(
    rules: Rules,
    questions: Sequence[Question],
    groups: Sequence[GroupOf],
    entrants: Sequence[Entrant],
    submissions: Iterable[Judged],
    view: View,
) -> Board:
    """The board of these submissions, from nothing. Their order in `submissions` does not matter; unknown people and questions do not count."""
    shown = {entrant.id: entrant for entrant in in_view(entrants, view)}
    runs: dict[tuple[str, str], list[Judged]] = {}
    for run in submissions:
        runs.setdefault((run.participant_id, run.question_id), []).append(run)
    outcomes: dict[str, dict[str, Outcome]] = {entrant_id: {} for entrant_id in shown}
    firsts: dict[str, str | None] = {}
    for question in questions:
        solves: list[tuple[Moment, str]] = []
        for entrant in shown.values():
            found = outcome(rules, question, runs.get((entrant.id, question.id), ()), view)
            if found is None:
                continue
            outcomes[entrant.id][question.id] = found
            if found.solved_at is not None and entrant.competes:
                solves.append((found.solved_at, entrant.id))
        firsts[question.id] = min(solves)[1] if solves else None
    shown_groups = groups_in(groups, view)
    group_ids = frozenset(group.id for group in shown_groups)
    rows = (row(rules, questions, entrant, outcomes[entrant.id], firsts, group_ids) for entrant in shown.values())
    return Board(rules.scoring, problems_of(questions), shown_groups, in_order(rules.scoring, rows))


class Tally:
    """Both boards of one contest, kept up to date run by run. Law: `board(view)` equals `fold` over the runs put and not removed.

    Owner: the ranker that leads the contest. Bound: one `Judged` a submission and, per view, one `Outcome` a cell and one `Row` an
    entrant (about 1 kB a submission in all). Rebuilt by a new one fed with the contest's submissions from PostgreSQL.
    """

    def __init__(self, rules: Rules, questions: Sequence[Question], groups: Sequence[GroupOf], entrants: Sequence[Entrant]) -> None:
        self._runs: dict[str, Judged] = {}
        self._cells: dict[Place, dict[str, Judged]] = {}
        self._standings: dict[View, _Standing] = {
            "public": _Standing(rules, questions, groups, entrants, "public"),
            "full": _Standing(rules, questions, groups, entrants, "full"),
        }

    def put(self, judged: Judged) -> None:
        """Add a run, or replace the one with its id (another verdict, time, question or participant)."""
        old = self._runs.get(judged.id)
        if old == judged:
            return
        if old is not None:
            self.remove(old.id)
        self._runs[judged.id] = judged
        place = (judged.participant_id, judged.question_id)
        self._cells.setdefault(place, {})[judged.id] = judged
        self._touch(place)

    def remove(self, submission_id: str) -> None:
        """Take a run out; none with this id: nothing happens."""
        old = self._runs.pop(submission_id, None)
        if old is None:
            return
        place = (old.participant_id, old.question_id)
        runs = self._cells[place]
        del runs[submission_id]
        if not runs:
            del self._cells[place]
        self._touch(place)

    def board(self, view: View) -> Board:
        """The board now. Rows and cells that did not change are the same objects as before; so is the board if nothing did."""
        return self._standings[view].board(self._cells)

    def _touch(self, place: "Place") -> None:
        for standing in self._standings.values():
            standing.stale.add(place)


Place = tuple[str, str]
"""(participant id, question id)."""


class _Standing:
    """One view of a `Tally`: outcomes, firsts and rows as of the last `board`, and the places touched since."""

    def __init__(
        self,
        rules: Rules,
        questions: Sequence[Question],
        groups: Sequence[GroupOf],
        entrants: Sequence[Entrant],
        view: View,
    ) -> None:
        self.stale: set[Place] = set()
        self._rules = rules
        self._view: View = view
        self._questions = {question.id: question for question in questions}
        self._entrants = {entrant.id: entrant for entrant in in_view(entrants, view)}
        self._groups = groups_in(groups, view)
        self._group_ids = frozenset(group.id for group in self._groups)
        self._outcomes: dict[str, dict[str, Outcome]] = {entrant_id: {} for entrant_id in self._entrants}
        self._solves: dict[str, dict[str, Moment]] = {question_id: {} for question_id in self._questions}
        self._firsts: dict[str, str | None] = {}
        self._rows: dict[str, Row] = {}
        self._board = self._place(self._entrants)

    def board(self, cells: Mapping[Place, Mapping[str, Judged]]) -> Board:
        if self.stale:
            changed = self._judge_again(cells)
            self.stale.clear()
            if changed:
                self._board = self._place(changed)
        return self._board

    def _judge_again(self, cells: Mapping[Place, Mapping[str, Judged]]) -> set[str]:
        """Brings outcomes and firsts up to date; who has a new row now."""
        changed: set[str] = set()
        contested: set[str] = set()
        for entrant_id, question_id in self.stale:
            entrant, question = self._entrants.get(entrant_id), self._questions.get(question_id)
            if entrant is None or question is None:
                continue
            runs = cells.get((entrant_id, question_id), {}).values()
            if self._settle(entrant, question, outcome(self._rules, question, runs, self._view)):
                changed.add(entrant_id)
                contested.add(question_id)
        for question_id in contested:
            changed |= self._crown(question_id)
        return changed

    def _settle(self, entrant: Entrant, question: Question, found: Outcome | None) -> bool:
        """Keep one outcome; whether it is another than before."""
        outcomes, solves = self._outcomes[entrant.id], self._solves[question.id]
        if outcomes.get(question.id) == found:
            return False
        if found is None:
            del outcomes[question.id]
        else:
            outcomes[question.id] = found
        if entrant.competes and found is not None and found.solved_at is not None:
            solves[entrant.id] = found.solved_at
        else:
            solves.pop(entrant.id, None)
        return True

    def _crown(self, question_id: str) -> set[str]:
        """Name the first to solve a question; who lost or won the mark."""
        solves = self._solves[question_id]
        first = min(solves, key=lambda entrant_id: (solves[entrant_id], entrant_id), default=None)
        before = self._firsts.get(question_id)
        if first == before:
            return set()
        self._firsts[question_id] = first
        return {entrant_id for entrant_id in (before, first) if entrant_id is not None}

    def _place(self, changed: Iterable[str]) -> Board:
        """New rows for `changed`, and all rows in their order."""
        questions = self._questions.values()
        for entrant_id in changed:
            entrant, outcomes = self._entrants[entrant_id], self._outcomes[entrant_id]
            self._rows[entrant_id] = row(self._rules, questions, entrant, outcomes, self._firsts, self._group_ids)
        rows = in_order(self._rules.scoring, self._rows.values())
        self._rows = {placed.id: placed for placed in rows}
        return Board(self._rules.scoring, problems_of(questions), self._groups, rows)
