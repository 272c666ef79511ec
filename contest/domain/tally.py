"""The board kept up to date run by run. What a score is, is `outcomes.py` and `rows.py`; that this gives what `fold` gives is a law test.

Work is by place: a run touches one (participant, question) cell; only touched cells are judged again, only changed rows made anew.
"""

from collections.abc import Iterable, Mapping, Sequence

from contest.domain.boards import Board, Row, in_order
from contest.domain.outcomes import Judged, Moment, Outcome, Question, Rules, View, outcome
from contest.domain.rows import Entrant, GroupOf, groups_in, in_view, problems_of, row

Place = tuple[str, str]
"""(participant id, question id)."""


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

    def _touch(self, place: Place) -> None:
        for standing in self._standings.values():
            standing.stale.add(place)


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
        return Board(self._rules.scoring, problems_of(self._rules, questions, self._view), self._groups, rows)
