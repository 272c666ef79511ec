"""Small contests by chance, dense in what goes wrong: ties, pending runs, hidden people, verdicts around the freeze."""

from hypothesis import strategies as st

from contest.domain.boards import Board, Cell, Group, Problem, Row, in_order
from contest.domain.contests import Contest
from contest.domain.scoring import Entrant, GroupOf, Judged, Question, Rules
from contest.ids import ContestId, PauseId

QUESTIONS = (
    Question("q0", "A", "Alpha", "#800080", 1),
    Question("q1", "B", "Beta", None, 100),
    Question("q2", "C", "Gamma", "#80f", 50.5),
)
GROUPS = (GroupOf("g-shown", "Shown"), GroupOf("g-hidden", "Jury", hidden=True), GroupOf("g-other", "Others"))
DURATION_S = 600

verdicts = st.sampled_from([None, None, "AC", "AC", "AC", "WA", "WA", "TLE", "CE", "JE", "odd one"])
scores = st.none() | st.sampled_from([0.0, 0.1, 0.2, 33.3, 50.5, 99.999, 100.0])
times_s = st.sampled_from([-5.0, 0.0, 59.999, 60.0, 61.5, 299.999, 300.0, 300.001, 599.0]) | st.floats(0, DURATION_S, allow_nan=False)
rules = st.builds(
    Rules, st.sampled_from(["icpc", "ioi"]), st.sampled_from([0, 60, 90, 1200]), st.none() | st.sampled_from([0.0, 300.0, 300.001, 599.5])
)
"""90 s: a penalty that is no whole number of minutes."""
frozen_rules = rules.filter(lambda each: each.freeze_from_s is not None)


@st.composite
def entrants(draw: st.DrawFn, most: int = 5) -> tuple[Entrant, ...]:
    count = draw(st.integers(1, most))
    return tuple(
        Entrant(
            f"p{n}",
            draw(st.sampled_from(["Ada", "Bo", "Çelik", "𝔇"])),
            draw(st.sampled_from([(), ("g-shown",), ("g-hidden",), ("g-shown", "g-hidden"), ("g-other", "g-nowhere")])),
            ranked=draw(st.sampled_from([True, True, True, False])),
            hidden=draw(st.sampled_from([False, False, True])),
            external_id=draw(st.none() | st.just(f"team-{n}")),
        )
        for n in range(count)
    )


@st.composite
def runs(draw: st.DrawFn, run_id: int) -> Judged:
    """People and questions that do not exist are among them: p9, q9."""
    return Judged(
        f"s{run_id}",
        draw(st.sampled_from(["p0", "p0", "p1", "p1", "p2", "p3", "p4", "p9"])),
        draw(st.sampled_from(["q0", "q0", "q1", "q2", "q9"])),
        draw(times_s),
        run_id,
        draw(verdicts),
        draw(scores),
    )


def rivals(run_id: int) -> st.SearchStrategy[Judged]:
    """Two who fight for one first-to-solve mark."""
    verdict = st.sampled_from(["AC", "AC", "WA"])
    return st.builds(
        Judged,
        st.just(f"s{run_id}"),
        st.sampled_from(["p0", "p1"]),
        st.just("q0"),
        st.sampled_from([10.0, 70.0, 130.0]),
        st.just(run_id),
        verdict,
    )


@st.composite
def submissions(draw: st.DrawFn, most: int = 14) -> tuple[Judged, ...]:
    count = draw(st.integers(0, most))
    return tuple(draw(runs(n)) for n in range(count))


cells = st.builds(
    Cell,
    st.integers(0, 3),
    st.integers(0, 2),
    st.booleans(),
    st.none() | st.integers(0, 9),
    st.booleans(),
    st.none() | st.sampled_from([0.0, 1.5]),
)
problems = st.lists(
    st.builds(Problem, st.text(max_size=2), st.sampled_from("ABC"), st.text(max_size=3), st.none() | st.just("#fff")), max_size=3
)


@st.composite
def rows(draw: st.DrawFn, row_id: str) -> Row:
    return Row(
        id=row_id,
        name=draw(st.sampled_from(["", "Ada", "Bo", "Çelik"])),
        rank=draw(st.none() | st.integers(1, 9)),
        group_ids=tuple(draw(st.lists(st.sampled_from(["g1", "g2"]), max_size=2))),
        ranked=draw(st.booleans()),
        hidden=draw(st.booleans()),
        solved=draw(st.integers(0, 2)),
        penalty_min=draw(st.integers(0, 2)),
        last_min=draw(st.integers(0, 2)),
        score=draw(st.sampled_from([0, 0.0, 0.25, 1.1])),
        external_id=draw(st.none() | st.just("x")),
        cells=draw(st.dictionaries(st.sampled_from("ABC"), cells, max_size=3)),
    )


@st.composite
def boards(draw: st.DrawFn) -> Board:
    scoring = draw(st.sampled_from(["icpc", "ioi"]))
    ids = draw(st.sets(st.sampled_from(["p0", "p1", "p2", "p3", "p4", "p5"])))
    groups = tuple(draw(st.lists(st.builds(Group, st.sampled_from(["g1", "g2"]), st.text(max_size=3)), max_size=2)))
    return Board(scoring, tuple(draw(problems)), groups, in_order(scoring, [draw(rows(row_id)) for row_id in sorted(ids)]))


DRAFT = Contest(
    id=ContestId("c"), title="Open", state="draft", start_at=None, end_at=None, version=1, public=True, rehearsal=False, scoring="icpc",
    penalty_s=1200, duration_s=18_000, freeze_after_s=14_400, frozen_from_s=None, started_at=None, frozen_at=None, ended_at=None,
    thawed_at=None, finalized_at=None, clock_at=None, clock_contest_s=0.0, clock_rate=1.0, theme=None, external_id=None,
)  # fmt: skip
NEW = PauseId("0193577c-9999-7c11-8b7e-2f6d3a1c9e10")
"""The id of a pause."""
