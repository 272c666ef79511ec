"""Laws of the score: order does not matter, the tally is the fold, and the public board knows nothing that is hidden."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contest.domain.boards import Board, Cell, Problem, Row, apply, delta, in_order
from contest.domain.scoring import Entrant, Judged, Question, Rules, Tally, View, fold, hidden_by_groups
from tests.contest.domain import strategies as some

VIEWS: tuple[View, ...] = ("public", "full")
People = tuple[Entrant, ...]
Runs = tuple[Judged, ...]


def board_of(rules: Rules, people: People, runs: Runs, view: View) -> Board:
    return fold(rules, some.QUESTIONS, some.GROUPS, people, runs, view)


@given(some.rules, some.entrants(), some.submissions(), st.randoms(use_true_random=False), st.sampled_from(VIEWS))
def test_fold_forgets_the_order_given(rules: Rules, people: People, runs: Runs, chance: random.Random, view: View) -> None:
    mixed, mixed_people = list(runs), list(people)
    chance.shuffle(mixed)
    chance.shuffle(mixed_people)
    assert board_of(rules, people, runs, view) == board_of(rules, tuple(mixed_people), tuple(mixed), view)


@given(some.rules, some.entrants(), st.data())
def test_tally_is_the_fold_after_every_step(rules: Rules, people: People, data: st.DataObject) -> None:
    """Runs are put, judged again, moved to others and removed; either view is asked for at any time."""
    tally = Tally(rules, some.QUESTIONS, some.GROUPS, people)
    now: dict[str, Judged] = {}
    for _ in range(data.draw(st.integers(0, 14))):
        run = data.draw(some.runs(data.draw(st.integers(0, 6))) | some.rivals(data.draw(st.integers(0, 6))))
        if data.draw(st.integers(0, 4)):
            tally.put(run)
            now[run.id] = run
        else:
            tally.remove(run.id)
            now.pop(run.id, None)
        for view in data.draw(st.sets(st.sampled_from(VIEWS))):
            assert tally.board(view) == board_of(rules, people, tuple(now.values()), view)
    for view in VIEWS:
        assert tally.board(view) == board_of(rules, people, tuple(now.values()), view)


@given(some.rules, some.entrants(), st.data())
def test_a_step_of_the_tally_leads_from_the_board_handed_out_to_the_fold(rules: Rules, people: People, data: st.DataObject) -> None:
    """And it is what comparing the whole boards finds. Whole boards are asked for in between, or not."""
    tally = Tally(rules, some.QUESTIONS, some.GROUPS, people)
    now: dict[str, Judged] = {}
    stood = {view: tally.board(view) for view in VIEWS}
    for _ in range(data.draw(st.integers(0, 8))):
        for run in data.draw(st.lists(st.integers(0, 6).flatmap(lambda n: some.runs(n) | some.rivals(n)), max_size=3)):
            tally.put(run)
            now[run.id] = run
        for gone in data.draw(st.sets(st.sampled_from(sorted(now)))) if now else ():
            tally.remove(gone)
            del now[gone]
        for view in data.draw(st.sets(st.sampled_from(VIEWS))):
            board = board_of(rules, people, tuple(now.values()), view)
            assert tally.handed_out(view) == stood[view]
            step, found = tally.step(view), delta(stood[view], board)
            assert (stood[view] if step is None else apply(stood[view], step)) == board
            assert (step and {change.id: change for change in step.rows}) == (found and {change.id: change for change in found.rows})
            stood[view] = board
            if data.draw(st.booleans()):
                assert tally.board(view) == board


@given(some.rules, some.entrants(), some.submissions(), some.runs(99))
def test_tally_keeps_the_rows_that_did_not_change(rules: Rules, people: People, runs: Runs, late: Judged) -> None:
    tally = Tally(rules, some.QUESTIONS, some.GROUPS, people)
    for run in runs:
        tally.put(run)
    for view in VIEWS:
        before = tally.board(view)
        assert tally.board(view) is before
        for run in runs:
            tally.put(run)
        assert tally.board(view) is before
    before = tally.board("full")
    tally.put(late)
    kept = {row.id: row for row in before.rows}
    for row in tally.board("full").rows:
        assert row is kept[row.id] or row != kept[row.id] or row.id == late.participant_id
        for label, cell in row.cells.items():
            old = kept[row.id].cells.get(label)
            assert cell is old or cell != old or cell.first_to_solve


@given(some.frozen_rules, some.entrants(), some.submissions(), st.data())
def test_public_board_knows_no_frozen_verdict(rules: Rules, people: People, runs: Runs, data: st.DataObject) -> None:
    """Whatever the judges say of runs of the frozen time, now or later, the public board is the same."""
    assert rules.freeze_from_s is not None
    other = tuple(
        replace(run, verdict=data.draw(some.verdicts), score=data.draw(some.scores)) if run.contest_time_s >= rules.freeze_from_s else run
        for run in runs
    )
    assert board_of(rules, people, runs, "public") == board_of(rules, people, other, "public")


@given(some.rules, some.entrants(), some.submissions(), st.data())
def test_public_board_of_a_contest_that_withholds_counts_tries_alone(rules: Rules, people: People, runs: Runs, data: st.DataObject) -> None:
    """Whatever the judges say, thawed or not, it is the same: how often each was tried, and nobody before anybody else."""
    withheld = replace(rules, told=False)
    other = tuple(replace(run, verdict=data.draw(some.verdicts), score=data.draw(some.scores)) for run in runs)
    public = board_of(withheld, people, runs, "public")
    assert public == board_of(withheld, people, other, "public")
    for row in public.rows:
        assert (row.solved, row.penalty_min, row.last_min, row.score, row.rank) == (0, 0, 0, 0, 1 if row.ranked else None)
        assert all(cell == Cell(num_pending=cell.num_pending) for cell in row.cells.values())
    assert board_of(withheld, people, runs, "full") == board_of(rules, people, runs, "full")


@given(some.rules, some.entrants(), some.submissions(), st.data())
def test_public_board_knows_no_hidden_entrant(rules: Rules, people: People, runs: Runs, data: st.DataObject) -> None:
    """Nor who is hidden, nor anything they send: without them the public board is the same."""
    hidden = {entrant.id for entrant in people if entrant.hidden}
    without = tuple(entrant for entrant in people if not entrant.hidden)
    other = tuple(replace(run, verdict=data.draw(some.verdicts)) if run.participant_id in hidden else run for run in runs)
    public = board_of(rules, people, runs, "public")
    assert public == board_of(rules, without, runs, "public") == board_of(rules, people, other, "public")
    assert not {row.id for row in public.rows} & hidden
    assert not any(row.hidden for row in public.rows)


@given(some.rules, some.entrants(), some.submissions())
def test_public_board_knows_no_hidden_group(rules: Rules, people: People, runs: Runs) -> None:
    public = board_of(rules, people, runs, "public")
    shown = {group.id for group in public.groups}
    assert shown == {"g-shown", "g-other"}
    assert all(set(row.group_ids) <= shown for row in public.rows)
    assert {group.id for group in board_of(rules, people, runs, "full").groups} == {group.id for group in some.GROUPS}


@given(some.rules, some.entrants(), some.submissions())
def test_without_freeze_and_hidden_both_views_are_one(rules: Rules, people: People, runs: Runs) -> None:
    thawed = replace(rules, freeze_from_s=None)
    open_people = tuple(replace(entrant, hidden=False, group_ids=()) for entrant in people)
    public, full = (fold(thawed, some.QUESTIONS, (), open_people, runs, view) for view in VIEWS)
    assert public == full


@given(some.rules, some.entrants(), some.submissions())
def test_full_board_has_everybody_and_ranks_no_hidden(rules: Rules, people: People, runs: Runs) -> None:
    full = board_of(rules, people, runs, "full")
    by_id = {row.id: row for row in full.rows}
    assert by_id.keys() == {entrant.id for entrant in people}
    for entrant in people:
        row = by_id[entrant.id]
        assert row.hidden == entrant.hidden
        assert row.ranked == (entrant.ranked and not entrant.hidden) == (row.rank is not None)


@given(some.rules, some.entrants(), some.submissions(), st.sampled_from(VIEWS))
def test_first_to_solve_is_one_competing_row_that_solved(rules: Rules, people: People, runs: Runs, view: View) -> None:
    board = board_of(rules, people, runs, view)
    for problem in board.problems:
        solved = [row for row in board.rows if row.ranked and problem.label in row.cells and row.cells[problem.label].solved]
        firsts = [row for row in board.rows if problem.label in row.cells and row.cells[problem.label].first_to_solve]
        assert len(firsts) == min(1, len(solved))
        for first in firsts:
            assert first in solved
            assert first.cells[problem.label].time_min == min(row.cells[problem.label].time_min for row in solved)  # type: ignore[type-var]


@given(some.rules, some.entrants(), some.submissions(), st.sampled_from(VIEWS))
def test_board_is_in_board_order(rules: Rules, people: People, runs: Runs, view: View) -> None:
    board = board_of(rules, people, runs, view)
    assert in_order(board.scoring, board.rows) == board.rows


@given(some.frozen_rules, some.entrants(), some.submissions())
def test_every_counted_run_of_the_frozen_time_is_pending(rules: Rules, people: People, runs: Runs) -> None:
    """A run after a hidden accepted one too: that it stopped counting would give the verdict away."""
    assert rules.freeze_from_s is not None
    questions = {question.id: question.label for question in some.QUESTIONS}
    for row in board_of(replace(rules, scoring="icpc"), people, runs, "public").rows:
        for question_id, label in questions.items():
            own = [run for run in runs if (run.participant_id, run.question_id) == (row.id, question_id) and run.contest_time_s >= 0]
            late = [run for run in own if run.contest_time_s >= rules.freeze_from_s]
            cell = row.cells.get(label, Cell())
            if not cell.solved:
                assert cell.num_pending == len(late) + sum(run.verdict is None for run in own if run not in late)


ICPC = Rules("icpc", 1200, None)
A, B = Question("q1", "A", "Alpha"), Question("q2", "B", "Beta")


def one_row(rules: Rules, *runs: tuple[float, str | None], view: View = "full", question: Question = A, score: float | None = None) -> Row:
    """The row of a lone entrant with these (contest_time_s, verdict) on one question."""
    told = [Judged(f"s{n}", "p", question.id, at_s, n, verdict, score) for n, (at_s, verdict) in enumerate(runs)]
    return fold(rules, [A, B], [], [Entrant("p", "Ada")], told, view).rows[0]


@pytest.mark.parametrize(
    ("runs", "penalty_min", "cell"),
    [
        ([(299.999, "AC")], 4, Cell(num_judged=1, solved=True, time_min=4, first_to_solve=True)),
        ([(300.0, "AC")], 5, Cell(num_judged=1, solved=True, time_min=5, first_to_solve=True)),
        ([(0, "WA"), (60, "TLE"), (120, "AC")], 42, Cell(num_judged=3, solved=True, time_min=2, first_to_solve=True)),
        ([(0, "CE"), (60, "JE"), (120, "AC")], 2, Cell(num_judged=3, solved=True, time_min=2, first_to_solve=True)),
        ([(0, "no such verdict"), (60, "AC")], 21, Cell(num_judged=2, solved=True, time_min=1, first_to_solve=True)),
        ([(0, "AC"), (60, "WA"), (61, None), (62, "AC")], 0, Cell(num_judged=1, solved=True, time_min=0, first_to_solve=True)),
        ([(0, None), (60, "AC")], 1, Cell(num_judged=1, num_pending=1, solved=True, time_min=1, first_to_solve=True)),
        ([(0, "WA"), (1, "WA")], 0, Cell(num_judged=2)),
        ([(-1, "AC"), (60, "WA")], 0, Cell(num_judged=1)),
    ],
)
def test_icpc_cells(runs: list[tuple[float, str | None]], penalty_min: int, cell: Cell) -> None:
    row = one_row(ICPC, *runs)
    assert (row.penalty_min, row.cells["A"]) == (penalty_min, cell)
    assert row.last_min == (cell.time_min or 0)


def test_runs_at_the_same_moment_count_by_arrival() -> None:
    """Not by id, which says nothing of order."""
    runs = [Judged("s1", "p", "q1", 60, 2, "WA"), Judged("s2", "p", "q1", 60, 1, "AC")]
    assert fold(ICPC, [A], [], [Entrant("p", "Ada")], runs, "full").rows[0].penalty_min == 1


def test_penalty_is_cut_to_minutes_once_a_row() -> None:
    """Two rejected runs at 90 s each are 3 minutes, not twice 1."""
    runs = [Judged(f"s{n}", "p", q, n, n, v) for n, (q, v) in enumerate([("q1", "WA"), ("q1", "AC"), ("q2", "WA"), ("q2", "AC")])]
    assert fold(Rules("icpc", 90, None), [A, B], [], [Entrant("p", "Ada")], runs, "full").rows[0].penalty_min == 3


def test_freeze_hides_from_its_first_instant_and_shows_late_verdicts_on_early_runs() -> None:
    frozen = Rules("icpc", 1200, 300.0)
    assert one_row(frozen, (300.0, "AC"), view="public").cells["A"] == Cell(num_pending=1)
    assert one_row(frozen, (300.0, "AC"), view="full").solved == 1
    assert one_row(frozen, (299.999, None), view="public").cells["A"] == Cell(num_pending=1)
    assert one_row(frozen, (299.999, "AC"), view="public").solved == 1
    assert one_row(frozen, (301, "AC"), (302, "WA"), view="public").cells["A"] == Cell(num_pending=2)
    assert one_row(frozen, (10, "AC"), (302, "WA"), view="public").cells["A"].num_pending == 0


def test_hidden_and_unranked_never_take_first_to_solve() -> None:
    people = [Entrant("p1", "Jury", hidden=True), Entrant("p2", "Guests", ranked=False), Entrant("p3", "Ada")]
    runs = [Judged(f"s{n}", f"p{n}", "q1", n * 60, n, "AC") for n in (1, 2, 3)]
    for view in VIEWS:
        marks = {row.id: row.cells["A"].first_to_solve for row in fold(ICPC, [A], [], people, runs, view).rows}
        assert [row_id for row_id, mark in marks.items() if mark] == ["p3"]


def test_tally_moves_the_first_to_solve_mark_from_row_to_row() -> None:
    """The row that loses the mark, or wins it, had no run of its own since the last board."""
    people = [Entrant("p1", "Ada"), Entrant("p2", "Bo")]
    late, early = Judged("s1", "p1", "q1", 120, 1, "AC"), Judged("s2", "p2", "q1", 60, 2, "AC")
    tally = Tally(ICPC, [A], [], people)

    def marked() -> list[list[str]]:
        return [[row.id for row in tally.board(view).rows if "A" in row.cells and row.cells["A"].first_to_solve] for view in VIEWS]

    tally.put(late)
    assert marked() == [["p1"], ["p1"]]
    tally.put(early)
    assert marked() == [["p2"], ["p2"]]
    tally.put(replace(early, verdict="WA"))
    assert marked() == [["p1"], ["p1"]]
    tally.remove("s1")
    assert marked() == [[], []]


def test_first_to_solve_of_the_frozen_time_shows_only_to_staff() -> None:
    frozen = Rules("icpc", 1200, 300.0)
    runs = [Judged("s1", "p1", "q1", 310, 1, "AC"), Judged("s2", "p2", "q1", 200, 2, None)]
    people = [Entrant("p1", "Ada"), Entrant("p2", "Bo")]
    public, full = (fold(frozen, [A], [], people, runs, view) for view in VIEWS)
    assert not any(row.cells["A"].first_to_solve for row in public.rows)
    assert [row.id for row in full.rows if row.cells["A"].first_to_solve] == ["p1"]


def test_ioi_counts_the_best_run_and_rounds_the_sum() -> None:
    rules = Rules("ioi", 1200, None)
    questions = [Question("q1", "A", "Alpha", points=100), Question("q2", "B", "Beta", points=10)]
    told = [("q1", "WA", 33.333), ("q1", "WA", 12.0), ("q2", "AC", None), ("q2", "WA", None), ("q1", None, 99.0)]
    runs = [Judged(f"s{n}", "p", q, 60.0 * n, n, v, score) for n, (q, v, score) in enumerate(told)]
    row = fold(rules, questions, [], [Entrant("p", "Ada")], runs, "full").rows[0]
    assert (row.score, row.solved, row.penalty_min, row.last_min) == (43.33, 1, 0, 2)
    assert row.cells["A"] == Cell(num_judged=2, num_pending=1, points=33.333)
    assert row.cells["B"] == Cell(num_judged=2, solved=True, time_min=2, first_to_solve=True, points=10)


def test_people_are_hidden_by_groups_if_no_group_shows_them() -> None:
    groups = some.GROUPS
    assert hidden_by_groups(["g-hidden"], groups)
    assert hidden_by_groups(["g-hidden", "g-nowhere"], groups)
    assert not hidden_by_groups(["g-hidden", "g-shown"], groups)
    assert not hidden_by_groups(["g-nowhere"], groups)
    assert not hidden_by_groups([], groups)


@pytest.mark.parametrize("view", ["public", "full"])
def test_titles_are_for_staff_alone_until_the_contest_has_begun(view: View) -> None:
    question = Question("q", "A", "Two pointers on a tree", "#aabbcc")
    for begun, named in ((True, "Two pointers on a tree"), (False, "A" if view == "public" else "Two pointers on a tree")):
        rules = Rules("icpc", 1200, None, begun)
        tally = Tally(rules, [question], [], [])
        for board in (fold(rules, [question], [], [], [], view), tally.board(view)):
            assert board.problems == (Problem("q", "A", named, "#aabbcc"),)
