"""Plans: each judgement at its own end, the right one counting, the freeze before what it hides. Judged by the independent fold."""

from pathlib import Path

import pytest
from hypothesis import given

from podium.clics.feed import read_feed
from podium.clics.timeline import DeleteSubmission, Judge, MoveState, NoContest, Submit, Timeline, Withdraw, plan
from tests.feeds_written import DURATION_S, FREEZE_S, HEAD, feed_line, feed_lines, judgement, reltime, state
from tests.oracle import icpc_fold

FEEDS = sorted((Path(__file__).parent.parent / "feeds").glob("*.ndjson"))


def planned(lines: list[bytes]) -> Timeline:
    def quiet(_line: int, _reason: str) -> None: ...

    return plan(read_feed(lines, quiet), quiet)


def run(number: int, at_s: float) -> bytes:
    told = {"id": f"s{number}", "team_id": "t0", "problem_id": "p0", "contest_time": reltime(at_s)}
    return feed_line("submissions", told)


def verdicts_left(timeline: Timeline) -> dict[str, str | None]:
    """What the servers hold at the end, by their own rules (docs/reference/rest.md): at most one posting of a submission counts."""
    posted: dict[str, list[Judge]] = {action.submission.id: [] for action in timeline.actions if isinstance(action, Submit)}
    counts: dict[str, Judge | None] = dict.fromkeys(posted)
    for action in timeline.actions:
        match action:
            case Judge():
                posted[action.submission_id].append(action)
                if action.current:
                    counts[action.submission_id] = action
            case Withdraw():
                left = [one for one in posted[action.submission_id] if (one.judgement_id, one.version) != (action.judgement_id, action.version)]  # fmt: skip # noqa: E501
                gone = [one for one in posted[action.submission_id] if one not in left]
                posted[action.submission_id] = left
                if counts[action.submission_id] in gone:
                    counts[action.submission_id] = max(left, key=lambda one: (one.judged_at, one.at_s), default=None)
            case DeleteSubmission():
                del counts[action.submission_id]
    return {submission: judge.verdict if judge else None for submission, judge in counts.items()}


@given(feed_lines())
def test_the_verdicts_left_are_those_of_the_independent_fold(lines: list[bytes]) -> None:
    objects = icpc_fold.objects_of(lines)
    told = icpc_fold.verdicts_of(objects)
    assert verdicts_left(planned(lines)) == {submission: told.get(submission) for submission in objects.get("submissions", {})}


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_the_verdicts_left_of_our_feeds(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    told = icpc_fold.verdicts_of(icpc_fold.objects_of(lines))
    for submission, verdict in verdicts_left(planned(lines)).items():
        assert verdict == told.get(submission), submission


@given(feed_lines())
def test_what_depends_comes_after(lines: list[bytes]) -> None:
    made: set[str] = set()
    frozen = False
    for action in planned(lines).actions:
        match action:
            case Submit(at_s, submission):
                made.add(submission.id)
                assert frozen == (at_s >= FREEZE_S), "nothing of the frozen time is there before the freeze"
            case Judge(submission_id=submission) | Withdraw(submission_id=submission) | DeleteSubmission(submission_id=submission):
                assert submission in made
            case MoveState(move=move):
                frozen = frozen or move == "freeze"


def test_a_judgement_told_after_the_thaw_stands_at_its_own_end() -> None:
    moves = [state(started=0), state(started=0, frozen=FREEZE_S), state(started=0, frozen=FREEZE_S, ended=3600, thawed=9000)]
    timeline = planned([*HEAD, *moves, run(1, 3000), judgement(1, 1, "AC", 3001)])
    kinds = [type(action).__name__ for action in timeline.actions]
    assert kinds == ["MoveState", "MoveState", "Submit", "Judge", "MoveState", "MoveState"]
    assert timeline.actions[3].at_s == 3001
    assert timeline.frozen_verdicts == 1


def test_a_rejudgement_stands_where_its_line_is() -> None:
    lines = [*HEAD, state(started=0), run(1, 60), judgement(1, 1, "AC", 65), run(2, 1500), judgement(1, 1, "WA", 65), run(3, 2000)]
    rejudged = [action for action in planned(lines).actions if isinstance(action, Judge)]
    assert [(action.at_s, action.verdict, action.version) for action in rejudged] == [(65, "AC", 1), (1500, "WA", 2)]


def test_begun_is_not_judged() -> None:
    lines = [*HEAD, state(started=0), run(1, 60), judgement(1, 1, None, 65)]
    assert not [action for action in planned(lines).actions if isinstance(action, Judge)]


def test_a_freeze_noted_late_is_played_when_it_was_due() -> None:
    timeline = planned([*HEAD, state(started=0), run(1, FREEZE_S), state(started=0, frozen=FREEZE_S + 7)])
    assert [type(action).__name__ for action in timeline.actions] == ["MoveState", "MoveState", "Submit"]
    assert timeline.freeze_s == FREEZE_S


def test_without_a_recorded_freeze_nothing_is_frozen() -> None:
    assert planned([*HEAD, state(started=0), run(1, DURATION_S - 1)]).freeze_s is None


def test_strangers_are_left_out_with_a_word() -> None:
    told: list[int] = []
    stranger = feed_line("submissions", {"id": "s9", "team_id": "nobody", "problem_id": "p0", "contest_time": "0:10:00"})
    feed = read_feed([*HEAD, state(started=0), stranger], lambda line, _: told.append(line))
    timeline = plan(feed, lambda line, _: told.append(line))
    assert told == [len(HEAD) + 2]
    assert not [action for action in timeline.actions if isinstance(action, Submit)]


def test_a_feed_without_a_contest_is_refused() -> None:
    with pytest.raises(NoContest):
        planned(HEAD[1:])


@pytest.mark.parametrize(
    ("verdict", "meaning", "posted"),
    [
        ("AC", {"solved": True, "penalty": False}, "AC"),
        ("MLE", {"solved": False, "penalty": True}, "MLE"),
        ("CE", {"solved": False, "penalty": True}, "WA"),
        ("WA", {"solved": False, "penalty": False}, "CE"),
        ("OK", {"solved": True, "penalty": False}, "AC"),
        ("right answer", {"solved": True}, "AC"),
        ("WA", None, "WA"),
    ],
)
def test_a_feed_says_what_its_verdicts_mean(verdict: str, meaning: dict[str, bool] | None, posted: str) -> None:
    kinds = [] if meaning is None else [feed_line("judgement-types", {"id": verdict, "name": verdict, **meaning})]
    lines = [*HEAD, *kinds, state(started=0), run(1, 60), judgement(1, 1, verdict, 65)]
    assert [action.verdict for action in planned(lines).actions if isinstance(action, Judge)] == [posted]
