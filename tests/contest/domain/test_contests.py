"""The life of a contest: which steps it may take, and what the clock does to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contest.domain import contests as life
from contest.domain.audience import FEEDBACKS, Feedback, tells_less
from contest.domain.contests import Contest
from contest.errors import Refusal
from tests.contest.domain.strategies import DRAFT, NEW

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

STEPS: dict[str, Callable[[Contest, datetime], Contest]] = {
    "schedule": life.schedule,
    "start": life.start,
    "pause": lambda contest, now: life.pause(contest, now, NEW, None),
    "resume": life.resume,
    "extend": lambda contest, now: life.extend(contest, 60),
    "reopen": lambda contest, now: life.reopen(contest, now, NEW, 60, 0, None),
    "freeze": life.freeze,
    "thaw": life.thaw,
    "unthaw": lambda contest, now: life.unthaw(contest),
    "end": life.end,
    "finalize": lambda contest, now: life.finalize(contest, now, 0),
}
ALLOWED = {
    "schedule": {"draft"},
    "start": {"draft", "scheduled"},
    "pause": {"ongoing"},
    "resume": {"ongoing"},
    "extend": {"scheduled", "ongoing"},
    "reopen": {"ended"},
    "freeze": {"ongoing"},
    "thaw": {"ended", "finalized"},
    "unthaw": {"ended"},
    "end": {"ongoing"},
    "finalize": {"ended"},
}


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def taken(step: Callable[[Contest, datetime], Contest], contest: Contest, now: datetime) -> tuple[Contest | None, Refusal | None]:
    """The contest after the step, or why it was refused."""
    try:
        return step(contest, now), None
    except Refusal as refusal:
        return None, refusal


def moved_by_clock(contest: Contest, now: datetime, last_end_s: float) -> Contest:
    steps = life.due(contest, now, last_end_s)
    return steps[-1][1] if steps else contest


@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.floats(0, 9000)), max_size=25), st.booleans())
def test_only_allowed_steps_are_taken_and_facts_stay_in_order(steps: list[tuple[str, float]], rehearsal: bool) -> None:
    contest, now = replace(DRAFT, rehearsal=rehearsal), NOON
    for name, wait_s in steps:
        now += timedelta(seconds=wait_s)
        moved, refusal = taken(STEPS[name], contest, now)
        if moved is None:
            assert refusal is not None
            assert refusal.status == 409
            assert (
                contest.state in ALLOWED[name]
                or name == "resume"
                or (refusal.code == "contest.wrong_state" and contest.state in refusal.message)
            )
            continue
        assert contest.state in ALLOWED[name]
        facts = [moved.started_at, moved.ended_at, moved.finalized_at]
        given_facts = [fact for fact in facts if fact is not None]
        assert given_facts == sorted(given_facts)
        assert [fact is None for fact in facts] == sorted(fact is None for fact in facts)
        assert life.told_s(moved, now) >= 0
        contest = moved


@given(st.lists(st.floats(0, 30_000), min_size=1, max_size=6), st.floats(0, 18_600))
def test_the_clock_gives_the_same_however_often_it_is_asked(asked_at_s: list[float], last_end_s: float) -> None:
    """Asking at several moments, or once at the last: the same contest, but for its version."""
    scheduled = replace(DRAFT, state="scheduled", start_at=after(100), end_at=after(18_100))
    stepwise = scheduled
    for at_s in sorted(asked_at_s):
        stepwise = moved_by_clock(stepwise, after(at_s), last_end_s)
    at_once = moved_by_clock(scheduled, after(max(asked_at_s)), last_end_s)
    assert stepwise == at_once
    assert life.due(at_once, after(max(asked_at_s)), last_end_s) == []


def test_the_clock_starts_freezes_and_ends() -> None:
    scheduled = life.schedule(replace(DRAFT, start_at=after(10)), NOON)
    assert scheduled.end_at == after(18_010)
    steps = life.due(scheduled, after(20_000))
    assert [name for name, _ in steps] == ["start", "freeze", "end"]
    ended = steps[-1][1]
    assert (ended.started_at, ended.frozen_at, ended.ended_at) == (after(10), after(14_410), after(18_010))
    assert ended.frozen_from_s == 14_400.0
    assert life.told_s(ended, after(50_000)) == 18_000.0


def test_the_contest_ends_when_the_last_ones_time_is_up() -> None:
    ongoing = life.start(DRAFT, NOON)
    assert [name for name, _ in life.due(ongoing, after(18_599), 18_600)] == ["freeze"]
    assert [name for name, _ in life.due(ongoing, after(18_600), 18_600)] == ["freeze", "end"]


def test_a_rehearsal_is_never_moved_by_the_clock() -> None:
    for contest in (replace(DRAFT, rehearsal=True, state="scheduled", start_at=NOON), life.start(replace(DRAFT, rehearsal=True), NOON)):
        assert life.due(contest, after(1_000_000)) == []


def test_extending_does_not_thaw_and_a_latched_freeze_moves_only_to_hide_more() -> None:
    ((_, frozen),) = life.due(life.start(DRAFT, NOON), after(14_500))
    longer = life.changed(frozen, {"duration_s": 36_000}, after(14_600))
    assert longer.frozen
    assert longer.frozen_from_s == 14_400.0
    assert longer.end_at == after(36_000)
    earlier = life.changed(longer, {"freeze_after_s": 10_000}, after(14_700))
    assert earlier.frozen_from_s == 10_000.0
    assert life.hides_more(longer, earlier)
    assert not life.hides_more(earlier, longer)
    for shows_more in (20_000, None):
        with pytest.raises(Refusal, match="frozen"):
            life.changed(longer, {"freeze_after_s": shows_more}, after(14_700))


def test_freezing_by_hand_hides_from_now_but_never_later_than_planned() -> None:
    ongoing = life.start(DRAFT, NOON)
    assert life.freeze(ongoing, after(600)).frozen_from_s == 600.0
    assert life.freeze(replace(ongoing, rehearsal=True), after(14_405)).frozen_from_s == 14_400.0


def test_an_end_by_hand_stops_the_clock() -> None:
    ended = life.end(life.start(DRAFT, NOON), after(600))
    assert life.told_s(ended, after(9_000)) == 600.0


def test_a_rehearsals_clock_runs_as_told() -> None:
    ongoing = life.start(replace(DRAFT, rehearsal=True), NOON)
    fast = life.set_clock(ongoing, after(10), 1000.0, 120.0)
    assert life.told_s(fast, after(11)) == 1120.0
    with pytest.raises(Refusal, match="rehearsal"):
        life.set_clock(life.start(DRAFT, NOON), NOON, 0.0, 1.0)


@pytest.mark.parametrize(
    ("state", "members", "status"),
    [
        ("ongoing", {"start_at": after(5)}, 409),
        ("ongoing", {"rehearsal": True}, 409),
        ("ended", {"duration_s": 20_000}, 409),
        ("finalized", {"scoring": "ioi"}, 409),
        ("draft", {"freeze_after_s": 18_001}, 422),
        ("draft", {"own_time_s": 18_001}, 422),
        ("ongoing", {"own_time_s": 600}, 409),
        ("scheduled", {"start_at": NOON}, 422),
    ],
)
def test_what_cannot_be_changed_any_more(state: Any, members: dict[str, Any], status: int) -> None:
    at = {"ended": {"ended_at": NOON}, "finalized": {"ended_at": NOON, "finalized_at": NOON}}.get(state, {})
    with pytest.raises(Refusal) as caught:
        life.changed(replace(DRAFT, state=state, **at), members, after(1))
    assert caught.value.status == status
    kept = life.changed(replace(DRAFT, state=state, **at), {"title": "New"}, after(1))
    assert kept.title == "New"


@pytest.mark.parametrize("feedback", FEEDBACKS)
@pytest.mark.parametrize("wished", FEEDBACKS)
def test_what_was_told_is_not_taken_back(feedback: Feedback, wished: Feedback) -> None:
    contest = replace(life.start(DRAFT, NOON), feedback=feedback)
    assert life.changed(contest, {"feedback": wished}, after(1)).feedback == wished
    if not tells_less(feedback, wished):
        assert life.changed(contest, {"feedback": wished}, after(1), verdicts_told=True).feedback == wished
        return
    with pytest.raises(Refusal) as caught:
        life.changed(contest, {"feedback": wished}, after(1), verdicts_told=True)
    assert (caught.value.status, caught.value.code) == (409, "contest.verdicts_told")


def test_a_start_that_has_passed_is_not_scheduled() -> None:
    with pytest.raises(Refusal, match="start_passed"):
        life.schedule(replace(DRAFT, start_at=NOON), NOON)


def test_a_contest_is_not_made_shorter_than_it_has_run() -> None:
    ongoing = life.start(replace(DRAFT, freeze_after_s=None), NOON)
    with pytest.raises(Refusal, match=r"body\.invalid"):
        life.changed(ongoing, {"duration_s": 599}, after(600))
    assert life.changed(ongoing, {"duration_s": 600}, after(600)).end_at == after(600)


def test_the_clock_does_nothing_in_a_pause_and_all_moves_by_its_length() -> None:
    paused = life.pause(life.start(DRAFT, NOON), after(600), NEW, "fire")
    assert life.told_s(paused, after(50_000)) == 600.0
    assert life.due(paused, after(50_000)) == []
    running = life.resume(paused, after(1600))
    assert running.end_at == after(19_000)
    assert [name for name, _ in life.due(running, after(18_999))] == ["freeze"]
    assert [name for name, _ in life.due(running, after(19_000))] == ["freeze", "end"]


def test_a_rehearsals_clock_goes_on_as_fast_as_before() -> None:
    fast = life.set_clock(life.start(replace(DRAFT, rehearsal=True), NOON), NOON, 0.0, 120.0)
    paused = life.pause(fast, after(1), NEW, None)
    with pytest.raises(Refusal, match="paused"):
        life.set_clock(paused, after(2), 0.0, 1.0)
    assert life.told_s(life.resume(paused, after(10)), after(11)) == 240.0


def test_a_reopened_contest_runs_on_from_where_it_stood() -> None:
    ended = life.end(life.start(DRAFT, NOON), after(600))
    again = life.reopen(ended, after(1600), NEW, 0, 0, "too early")
    assert life.told_s(again, after(1600)) == 600.0
    assert again.end_at == after(19_000)
    assert [(pause.since, pause.until) for pause in again.pauses] == [(after(600), after(1600))]


def test_who_reopens_after_the_last_one_was_through_says_for_how_long() -> None:
    """Somebody had 600 s more: the clock stood beyond the duration, and never goes back."""
    ended = life.due(life.start(DRAFT, NOON), after(20_000), 18_600)[-1][1]
    assert ended.clock_contest_s == 18_600.0
    assert life.told_s(ended, after(20_000)) == 18_000.0
    with pytest.raises(Refusal, match="no_time_left"):
        life.reopen(ended, after(20_000), NEW, 0, 18_600, None)
    again = life.reopen(ended, after(20_000), NEW, 300, 18_600, None)
    assert (life.told_s(again, after(20_000)), again.duration_s) == (18_600.0, 18_900)
    thawed = replace(ended, thawed_at=after(19_000))
    with pytest.raises(Refusal, match="thawed"):
        life.reopen(thawed, after(20_000), NEW, 300, 0, None)
