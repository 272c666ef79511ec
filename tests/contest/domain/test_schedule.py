"""Laws of the phase of one person: it only goes forward, a pause moves what comes after it, extra time takes nothing away."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contest.domain.schedule import (
    Clock,
    Pause,
    Person,
    Phase,
    Timing,
    Window,
    by_clock,
    contest_time_s,
    is_paused,
    later,
    moment_of,
    phase,
    running_s,
)

T0 = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ORDER: dict[Phase, int] = {"early": 0, "waiting": 1, "running": 2, "paused": 2, "spent": 3, "over": 4}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


whole_s = st.integers(-50, 400)
moments = whole_s.map(at)
lengths_s = st.integers(0, 200)


@st.composite
def pauses(draw: st.DrawFn, *, may_go_on: bool = True) -> tuple[Pause, ...]:
    """Overlapping, touching and empty ones among them."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        since, length = draw(whole_s), draw(lengths_s)
        found.append(Pause(at(since), None if may_go_on and draw(st.integers(0, 5)) == 0 else at(since + length)))
    return tuple(found)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens = draw(st.integers(0, 50))
    return Window(at(opens), at(opens + draw(st.integers(1, 200))))


own_times_s = st.none() | st.integers(1, 150).map(float)
timings = st.builds(Timing, windows(), own_times_s, pauses(), st.sampled_from([1.0, 1.0, 2.0, 0.5]))
people = st.builds(Person, st.none() | windows(), st.none() | moments, st.sampled_from([0, 0, 10, 60]), st.sampled_from([0, 0, 10, 60]))


@given(timings, people, moments, lengths_s)
def test_phases_go_forward(timing: Timing, person: Person, now: datetime, step_s: int) -> None:
    earlier, afterwards = phase(timing, person, now), phase(timing, person, now + timedelta(seconds=step_s))
    assert ORDER[earlier.phase] <= ORDER[afterwards.phase]
    if person.started_at is not None or timing.own_time_s is None:
        assert earlier.left_s >= afterwards.left_s


@given(timings, people, moments)
def test_time_is_left_exactly_while_it_is_or_will_be_ones_turn(timing: Timing, person: Person, now: datetime) -> None:
    turn = phase(timing, person, now)
    if turn.phase in ("spent", "over"):
        assert turn.left_s == 0
    if turn.phase in ("running", "paused"):
        assert turn.left_s > 0
    assert turn.may_submit == (turn.phase == "running")
    assert (turn.phase == "running") <= (not is_paused(timing.pauses, now))


@given(timings, people, moments)
def test_running_out_takes_as_long_as_is_left(timing: Timing, person: Person, now: datetime) -> None:
    turn = phase(timing, person, now)
    if turn.phase in ("running", "paused"):
        assert later(now, turn.left_s, timing.pauses) == turn.ends_at
    if turn.ends_at is not None:
        assert phase(timing, person, turn.ends_at).phase in ("spent", "over")
        assert turn.begins_at is not None
        assert turn.begins_at <= turn.ends_at


@given(timings, people, moments, lengths_s)
def test_extra_time_takes_nothing_away(timing: Timing, person: Person, now: datetime, extra_s: int) -> None:
    plain, more = phase(timing, person, now), phase(timing, replace(person, extra_time_s=person.extra_time_s + extra_s), now)
    assert more.left_s >= plain.left_s
    assert more.begins_at == plain.begins_at
    assert not plain.may_submit or more.may_submit
    if plain.phase in ("running", "paused"):
        assert more.left_s == pytest.approx(plain.left_s + extra_s / timing.rate)


@given(windows(), people, moments, whole_s, st.integers(1, 100))
def test_a_pause_moves_the_end_by_its_length_and_costs_nothing(
    window: Window, person: Person, now: datetime, since: int, length_s: int
) -> None:
    """A pause within one's turn; whoever looks after it has what they had that much earlier without it."""
    length = timedelta(seconds=length_s)
    plain = Timing(window)
    turn = phase(plain, person, now)
    if turn.begins_at is None or turn.ends_at is None or not turn.begins_at <= at(since) < turn.ends_at:
        return
    paused = replace(plain, pauses=(Pause(at(since), at(since) + length),))
    after = phase(paused, person, now + length)
    assert after.ends_at == turn.ends_at + length
    if now >= at(since):
        assert (after.phase, after.left_s) == (turn.phase, turn.left_s)
    if at(since) <= now < at(since) + length:
        assert phase(paused, person, now).phase == "paused"
        assert phase(replace(plain, pauses=(Pause(at(since)),)), person, now) == replace(phase(paused, person, now), ends_at=None)


@given(moments, lengths_s, pauses(may_go_on=False))
def test_later_and_running_are_inverse(start: datetime, length_s: int, taken_out: tuple[Pause, ...]) -> None:
    end = later(start, length_s, taken_out)
    assert end is not None
    assert running_s(start, end, taken_out) == length_s


@given(moments, moments, pauses())
def test_running_time_is_what_a_count_by_seconds_gives(start: datetime, end: datetime, taken_out: tuple[Pause, ...]) -> None:
    """All times here are whole seconds, so every second is in or out as a whole."""
    seconds = int((end - start).total_seconds())
    assert running_s(start, end, taken_out) == sum(not is_paused(taken_out, start + timedelta(seconds=n)) for n in range(seconds))


WINDOW = Window(at(0), at(100))


@pytest.mark.parametrize(
    ("now_s", "person", "own_time_s", "expected"),
    [
        (-1, Person(), None, ("early", 100)),
        (0, Person(), None, ("running", 100)),
        (99.999, Person(), None, ("running", 0.001)),
        (100, Person(), None, ("over", 0)),
        (5, Person(delay_s=10), None, ("waiting", 100)),
        (10, Person(delay_s=10), None, ("running", 100)),
        (105, Person(delay_s=10), None, ("running", 5)),
        (105, Person(extra_time_s=10), None, ("running", 5)),
        (110, Person(extra_time_s=10), None, ("over", 0)),
        (10, Person(), 30.0, ("waiting", 30)),
        (85, Person(), 30.0, ("waiting", 15)),
        (100, Person(), 30.0, ("over", 0)),
        (10, Person(started_at=at(5)), 30.0, ("running", 25)),
        (35, Person(started_at=at(5)), 30.0, ("spent", 0)),
        (100, Person(started_at=at(5)), 30.0, ("over", 0)),
        (90, Person(started_at=at(85)), 30.0, ("running", 10)),
        (102, Person(started_at=at(85), extra_time_s=5), 30.0, ("running", 3)),
        (-1, Person(started_at=at(-5)), 30.0, ("early", 30)),
        (150, Person(window=Window(at(100), at(200))), None, ("running", 50)),
        (50, Person(window=Window(at(100), at(200))), None, ("early", 100)),
    ],
)
def test_cases(now_s: float, person: Person, own_time_s: float | None, expected: tuple[Phase, float]) -> None:
    turn = phase(Timing(WINDOW, own_time_s), person, at(now_s))
    assert (turn.phase, turn.left_s) == (expected[0], pytest.approx(expected[1]))


def test_a_pause_that_goes_on_keeps_everybody_from_the_end() -> None:
    timing = Timing(WINDOW, pauses=(Pause(at(40)),))
    assert phase(timing, Person(), at(39)).may_submit
    for now_s in (40, 100, 10_000):
        turn = phase(timing, Person(), at(now_s))
        assert (turn.phase, turn.ends_at, turn.left_s) == ("paused", None, 60)


clocks = st.builds(Clock, moments, st.integers(0, 300).map(float), st.sampled_from([0.0, 0.5, 1.0, 20.0]))


@given(clocks, st.integers(0, 10_000))
def test_moment_of_is_when_the_clock_shows_it(clock: Clock, shown_s: int) -> None:
    moment = moment_of(clock, shown_s)
    assert (moment is None) == (clock.rate == 0)
    if moment is not None:
        assert contest_time_s(clock, moment) == pytest.approx(shown_s, abs=1e-4)


@given(clocks, moments, st.integers(1, 300))
def test_contest_time_stays_in_its_bounds(clock: Clock, now: datetime, duration_s: int) -> None:
    assert 0 <= contest_time_s(clock, now, duration_s=duration_s) <= duration_s
    assert contest_time_s(Clock(None), now) == 0


@given(clocks, moments, st.integers(301, 900))
def test_phase_by_the_clock_is_what_the_clock_says(clock: Clock, now: datetime, duration_s: int) -> None:
    """One who has neither delay nor extra time: running while the clock runs below the duration, with the rest of it left."""
    timing = by_clock(clock, duration_s)
    assert timing is not None
    turn, shown_s = phase(timing, Person(), now), contest_time_s(clock, now)
    if clock.rate == 0:
        assert clock.at is not None
        assert turn.phase == "paused" if now >= clock.at else turn.phase in ("early", "running")
        return
    if turn.phase == "running":
        assert turn.left_s * clock.rate == pytest.approx(duration_s - shown_s, abs=1e-3)
    assert (turn.phase == "over") == (now >= timing.window.closes_at)
    assert (turn.phase == "early") == (now < timing.window.opens_at)


def test_an_ended_contest_is_over_although_its_clock_stands() -> None:
    """Ended at 60 of 100 s: over for all but those with extra time."""
    timing = by_clock(Clock(at(60), 60.0, 0.0), 100, ended_at=at(60))
    assert timing is not None
    assert phase(timing, Person(), at(61)).phase == "over"
    assert phase(timing, Person(extra_time_s=10), at(61)).phase == "running"
    assert by_clock(Clock(None), 100) is None
