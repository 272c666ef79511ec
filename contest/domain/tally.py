"""The board kept up to date run by run. What a score is, is `outcomes.py` and `rows.py`; that this gives what `fold` gives is a law test.

Work is by place: a run touches one (participant, question) cell; only touched cells are judged again, only changed rows made anew. A
`step` costs what changed; rows are put in order, which costs what is there, only for who asks for a whole `board`.
"""

from collections.abc import Mapping, Sequence

from contest.domain.boards import Board, Delta, Row, in_order, row_change
from contest.domain.outcomes import Judged, Moment, Outcome, Question, Rules, View, outcome
from contest.domain.rows import Entrant, GroupOf, groups_in, in_view, problems_of, row

Place = tuple[str, str]
"""(participant id, question id)."""


class Tally:
    """Both boards of one contest, kept up to date run by run. Laws: `board(view)` equals `fold` over the runs put and not removed;
    `apply(handed_out, step(view))` is the board now, where `handed_out` is the board at the last `board` or `step`.

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

    def step(self, view: View) -> Delta | None:
        """What changed since the last `board` or `step` of this view; None if nothing did. At first it is counted from empty rows."""
        return self._standings[view].step(self._cells)

    def handed_out(self, view: View) -> Board:
        """The board as it was at the last `board` or `step` of this view: what the next step is counted from."""
        return self._standings[view].handed_out()

    def _touch(self, place: Place) -> None:
        for standing in self._standings.values():
            standing.stale.add(place)


class _Standing:
    """One view of a `Tally`: outcomes, firsts and rows as of the last `board` or `step`, and the places touched since."""

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
        self._rows = {entrant.id: self._row(entrant) for entrant in self._entrants.values()}
        self._board: Board | None = None

    def board(self, cells: Mapping[Place, Mapping[str, Judged]]) -> Board:
        self._remake(cells)
        if self._board is None:
            self._board = self._in_order(self._rows)
            self._rows = {placed.id: placed for placed in self._board.rows}
        return self._board

    def step(self, cells: Mapping[Place, Mapping[str, Judged]]) -> Delta | None:
        pairs = ((old, self._rows[entrant_id]) for entrant_id, old in self._remake(cells).items())
        changes = tuple(change for old, new in pairs if (change := row_change(old, new)) is not None)
        return Delta(rows=changes, gone=()) if changes else None

    def handed_out(self) -> Board:
        return self._in_order(self._rows) if self._board is None else self._board

    def _remake(self, cells: Mapping[Place, Mapping[str, Judged]]) -> dict[str, Row]:
        """Make anew the rows of who is touched; the rows that stood there before."""
        if not self.stale:
            return {}
        old = {entrant_id: self._rows[entrant_id] for entrant_id in sorted(self._judge_again(cells))}
        self.stale.clear()
        for entrant_id in old:
            self._rows[entrant_id] = self._row(self._entrants[entrant_id])
        if old:
            self._board = None
        return old

    def _judge_again(self, cells: Mapping[Place, Mapping[str, Judged]]) -> set[str]:
        """Brings outcomes and firsts up to date; who has a new row now."""
        changed: set[str] = set()
        contested: dict[str, set[str]] = {}
        for entrant_id, question_id in self.stale:
            entrant, question = self._entrants.get(entrant_id), self._questions.get(question_id)
            if entrant is None or question is None:
                continue
            runs = cells.get((entrant_id, question_id), {}).values()
            if self._settle(entrant, question, outcome(self._rules, question, runs, self._view)):
                changed.add(entrant_id)
                contested.setdefault(question_id, set()).add(entrant_id)
        for question_id, moved in contested.items():
            changed |= self._crown(question_id, moved)
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

    def _crown(self, question_id: str, moved: set[str]) -> set[str]:
        """Name the first to solve a question, of which `moved` have another outcome; who lost or won the mark.

        Everybody who solved it is looked through only where the first has lost it.
        """
        solves, before = self._solves[question_id], self._firsts.get(question_id)
        rivals = solves.keys() if before in moved else solves.keys() & (moved if before is None else {before, *moved})
        first = min(rivals, key=lambda entrant_id: (solves[entrant_id], entrant_id), default=None)
        if first == before:
            return set()
        self._firsts[question_id] = first
        return {entrant_id for entrant_id in (before, first) if entrant_id is not None}

    def _row(self, entrant: Entrant) -> Row:
        return row(self._rules, self._questions.values(), entrant, self._outcomes[entrant.id], self._firsts, self._group_ids)

    def _in_order(self, rows: Mapping[str, Row]) -> Board:
        problems = problems_of(self._rules, self._questions.values(), self._view)
        return Board(self._rules.scoring, problems, self._groups, in_order(self._rules.scoring, rows.values()))
