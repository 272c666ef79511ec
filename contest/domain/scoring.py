"""The score: a deterministic fold over submissions and their current verdicts, in two views (`View`).

The public view knows neither hidden entrants and groups (`rows.py`) nor a verdict on a submission of the frozen time (`outcomes.py`).
`fold` is the plain version and the oracle; `Tally` (`tally.py`) gives the same board and pays for what changed only.
"""

from collections.abc import Iterable, Sequence

from contest.domain.boards import Board, in_order
from contest.domain.outcomes import Judged, Moment, Outcome, Question, Rules, View, outcome
from contest.domain.rows import Entrant, GroupOf, groups_in, hidden_by_groups, in_view, problems_of, row
from contest.domain.tally import Tally

__all__ = ["Entrant", "GroupOf", "Judged", "Question", "Rules", "Tally", "View", "fold", "hidden_by_groups"]


def fold(
    rules: Rules,
    questions: Sequence[Question],
    groups: Sequence[GroupOf],
    entrants: Sequence[Entrant],
    submissions: Iterable[Judged],
    view: View,
) -> Board:
    """The board of these submissions, from nothing, in whatever order they are given. Unknown people and questions do not count."""
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
    return Board(rules.scoring, problems_of(rules, questions, view), shown_groups, in_order(rules.scoring, rows))
