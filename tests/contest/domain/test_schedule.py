"""Laws of one's own time: it only goes forward, a pause takes nothing from anybody, more time is never less, and both clients agree."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contest.domain import contests as life
from contest.domain.contests import Contest
from contest.domain.schedule import Clock, OwnWindow, Phase, Turn, contest_time_s, moment_of, own_window, phase
from tests.contest.domain.strategies import DRAFT, NEW

T0 = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ORDER: dict[Phase, int] = {"early": 0, "waiting": 1, "running": 2, "paused": 2, "spent": 3, "over": 4}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


lengths_s = st.integers(0, 200)
durations_s = st.integers(1, 200)
own_times_s = st.none() | st.integers(1, 150)
turns = st.builds(
    Turn, st.sampled_from([0, 0, 10, 60]), st.sampled_from([0, 0, 10, 60]), st.sampled_from([1.0, 1.0, 1.5, 2.0]), st.none() | lengths_s
)


@given(durations_s, own_times_s, turns, st.integers(-50, 900), lengths_s)
def test_phases_go_forward(duration_s: int, own_time_s: int | None, turn: Turn, now_s: int, step_s: int) -> None:
    window = own_window(duration_s, own_time_s, turn)
    earlier, afterwards = phase(window, now_s, duration_s), phase(window, now_s + step_s, duration_s)
    assert ORDER[earlier] <= ORDER[afterwards]
    assert phase(window, now_s, duration_s, stands=True) == ("paused" if earlier == "running" else earlier)


@given(durations_s, own_times_s, turns, lengths_s)
def test_more_time_is_never_less(duration_s: int, own_time_s: int | None, turn: Turn, more_s: int) -> None:
    """However it is given: to one, to all, by a slower clock."""
    plain = own_window(duration_s, own_time_s, turn)
    if plain.ends_s is None or plain.begins_s is None:
        return
    to_one = own_window(duration_s, own_time_s, replace(turn, extra_s=turn.extra_s + more_s))
    assert to_one == OwnWindow(plain.begins_s, plain.ends_s + more_s)
    slower = own_window(duration_s, own_time_s, replace(turn, factor=turn.factor * 1.5))
    assert slower.ends_s is not None
    assert slower.ends_s >= plain.ends_s
    longer = own_window(duration_s + more_s, None if own_time_s is None else own_time_s + more_s, turn)
    assert longer.begins_s == plain.begins_s
    assert longer.ends_s is not None
    assert longer.ends_s >= plain.ends_s


@given(durations_s, st.integers(1, 150), turns)
def test_own_time_is_cut_by_the_contest_and_by_nothing_else(duration_s: int, own_time_s: int, turn: Turn) -> None:
    window = own_window(duration_s, own_time_s, turn)
    if turn.started_s is None:
        assert window == (None, None)
        return
    assert window.begins_s == turn.started_s + turn.delay_s
    assert window.ends_s is not None
    had_s = window.ends_s - window.begins_s - turn.extra_s
    assert had_s == pytest.approx(max(0, min(own_time_s, duration_s - turn.started_s)) * turn.factor)


ONGOING: Contest = life.start(replace(DRAFT, duration_s=100, freeze_after_s=None), T0)
steps = st.lists(st.tuples(st.sampled_from(["pause", "resume"]), st.integers(0, 60)), max_size=8)


@given(steps, st.none() | st.just(60), turns)
def test_a_pause_takes_nothing_from_anybody(taken: list[tuple[str, int]], own_time_s: int | None, turn: Turn) -> None:
    """All times are whole seconds: count those in which one may work, whatever is paused meanwhile."""
    contest, now_s, worked_s = replace(ONGOING, own_time_s=own_time_s), 0, 0
    window = own_window(contest.duration_s, contest.own_time_s, turn)
    if window.begins_s is None or window.ends_s is None:
        return

    def working(until_s: int) -> int:
        stands = contest.paused
        shown = [life.told_s(contest, at(second)) for second in range(now_s, until_s)]
        return sum(phase(window, each, contest.duration_s, stands=stands) == "running" for each in shown)

    for name, wait_s in taken:
        worked_s += working(now_s + wait_s)
        now_s += wait_s
        if name == "pause" and not contest.paused:
            contest = life.pause(contest, at(now_s), NEW, "fire")
        if name == "resume" and contest.paused:
            contest = life.resume(contest, at(now_s))
    if contest.paused:
        contest = life.resume(contest, at(now_s))
    worked_s += working(now_s + 1000)
    assert worked_s == pytest.approx(window.ends_s - window.begins_s, abs=0.51)
    removed_s = sum(((pause.until or pause.since) - pause.since).total_seconds() for pause in contest.pauses)
    assert contest.end_at == at(contest.duration_s + removed_s)


@pytest.mark.parametrize(
    ("now_s", "turn", "own_time_s", "expected"),
    [
        (-1, Turn(), None, "early"),
        (0, Turn(), None, "running"),
        (99.999, Turn(), None, "running"),
        (100, Turn(), None, "over"),
        (5, Turn(delay_s=10), None, "waiting"),
        (105, Turn(delay_s=10), None, "running"),
        (110, Turn(extra_s=10), None, "over"),
        (149, Turn(factor=1.5), None, "running"),
        (10, Turn(), 30, "waiting"),
        (100, Turn(), 30, "over"),
        (34, Turn(started_s=5), 30, "running"),
        (35, Turn(started_s=5), 30, "spent"),
        (90, Turn(started_s=85), 30, "running"),
        (102, Turn(started_s=85, extra_s=5), 30, "running"),
        (105, Turn(started_s=85, extra_s=5), 30, "over"),
    ],
)
def test_cases(now_s: float, turn: Turn, own_time_s: int | None, expected: Phase) -> None:
    assert phase(own_window(100, own_time_s, turn), now_s, 100) == expected


clocks = st.builds(Clock, st.integers(-50, 400).map(at), st.integers(0, 300).map(float), st.sampled_from([0.0, 0.5, 1.0, 20.0]))


@given(clocks, st.integers(0, 10_000))
def test_moment_of_is_when_the_clock_shows_it(clock: Clock, shown_s: int) -> None:
    moment = moment_of(clock, shown_s)
    assert (moment is None) == (clock.rate == 0)
    if moment is not None:
        assert contest_time_s(clock, moment) == pytest.approx(shown_s, abs=1e-4)


@given(clocks, st.integers(-50, 400).map(at), st.integers(1, 300))
def test_contest_time_stays_in_its_bounds(clock: Clock, now: datetime, duration_s: int) -> None:
    assert 0 <= contest_time_s(clock, now, duration_s=duration_s) <= duration_s
    assert contest_time_s(Clock(None), now) == 0
