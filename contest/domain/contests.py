"""A contest as a value, and its life: draft, scheduled, ongoing, ended, finalized. Every step is a pure function of the contest and the
time; it gives the contest after the step or refuses with 409 and says what state would be needed. Storing it is `store.contests`."""

import math
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from contest.domain.audience import Feedback, tells, tells_less
from contest.domain.boards import Scoring
from contest.domain.schedule import Clock, contest_time_s, moment_of
from contest.errors import Refusal, wrong_field
from contest.ids import ContestId, PauseId

State = Literal["draft", "scheduled", "ongoing", "ended", "finalized"]
Action = Literal["schedule", "start", "pause", "resume", "extend", "freeze", "thaw", "unthaw", "end", "reopen", "finalize"]
NOT_AFTER_START = ("start_at", "rehearsal", "own_time_s", "shuffle")


class Removed(Struct, frozen=True):
    """An interval that is taken out: the clock stood at `contest_time_s`. `until` None: it goes on. `clock_rate`: what it ran at before."""

    id: PauseId
    since: datetime
    until: datetime | None
    contest_time_s: float
    reason: str | None = None
    clock_rate: float = 1.0


class Contest(Struct, frozen=True):
    """The columns of contests_contest and podium_contest. Contest time = clock_contest_s + (now - clock_at) * clock_rate."""

    id: ContestId
    title: str
    state: State
    start_at: datetime | None
    end_at: datetime | None
    version: int
    public: bool
    rehearsal: bool
    scoring: Scoring
    penalty_s: int
    duration_s: int
    freeze_after_s: int | None
    frozen_from_s: float | None
    started_at: datetime | None
    frozen_at: datetime | None
    ended_at: datetime | None
    thawed_at: datetime | None
    finalized_at: datetime | None
    clock_at: datetime | None
    clock_contest_s: float
    clock_rate: float
    theme: dict[str, str] | None
    external_id: str | None
    description: str = ""
    rules: str = ""
    consent: str = ""
    own_time_s: int | None = None
    feedback: Feedback = "at_once"
    shuffle: bool = False
    opinions: int = 1
    pauses: tuple[Removed, ...] = ()

    @property
    def frozen(self) -> bool:
        return self.frozen_at is not None and self.thawed_at is None

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].until is None


def clock(contest: Contest) -> Clock:
    return Clock(contest.clock_at, contest.clock_contest_s, contest.clock_rate)


def told_s(contest: Contest, now: datetime) -> float:
    """Contest seconds at `now`: 0 while the clock has not been set and, once ended, not above the duration."""
    if contest.clock_at is None:
        return 0.0
    return contest_time_s(clock(contest), now, duration_s=float(contest.duration_s) if contest.ended_at else None)


def hidden_from_s(contest: Contest) -> float | None:
    """Contest seconds from which the public knows no verdicts: latched, or as planned; None: nothing is hidden."""
    if contest.thawed_at is not None:
        return None
    return float(contest.freeze_after_s) if contest.frozen_from_s is None and contest.freeze_after_s is not None else contest.frozen_from_s


def hides_more(before: Contest, after: Contest) -> bool:
    """Whether verdicts that the public could know before are hidden after."""
    was_s, is_s = hidden_from_s(before), hidden_from_s(after)
    return is_s is not None and (was_s is None or is_s < was_s)


def tells_verdicts(contest: Contest) -> bool:
    """Whether those who are not staff may know verdicts."""
    return tells(contest.feedback, final=contest.finalized_at is not None)


def wrong_state(contest: Contest, needed: str) -> Refusal:
    return Refusal(409, "contest.wrong_state", f"The contest is {contest.state}; this needs {needed}.")


def schedule(contest: Contest, now: datetime) -> Contest:
    """The clock will start it at `start_at`; without one it waits for `start`."""
    if contest.state != "draft":
        raise wrong_state(contest, "a draft")
    if contest.start_at is not None and contest.start_at <= now and not contest.rehearsal:
        raise Refusal(409, "contest.start_passed", "start_at has passed: move it, or start the contest now.")
    return replace(contest, state="scheduled", end_at=planned_end(contest, contest.start_at))


def planned_end(contest: Contest, start: datetime | None) -> datetime | None:
    """When the duration is over, if no (further) pause comes."""
    if contest.clock_at is not None and not contest.rehearsal:
        return contest.clock_at + timedelta(seconds=contest.duration_s - contest.clock_contest_s)
    return None if start is None else start + timedelta(seconds=contest.duration_s)


def start(contest: Contest, at: datetime, at_contest_s: float = 0.0) -> Contest:
    """Running since `at`, its clock at `at_contest_s` then."""
    if contest.state not in ("draft", "scheduled"):
        raise wrong_state(contest, "a draft or scheduled contest")
    started = replace(
        contest, state="ongoing", started_at=at, start_at=at if contest.start_at is None or not contest.rehearsal else contest.start_at,
        clock_at=at, clock_contest_s=at_contest_s,
    )  # fmt: skip
    return replace(started, end_at=planned_end(started, at))


def pause(contest: Contest, now: datetime, new: PauseId, reason: str | None) -> Contest:
    """`new` is the id of the pause. The clock stands from now on, for everybody: what is left to each is left to them after it."""
    if contest.state != "ongoing":
        raise wrong_state(contest, "an ongoing contest")
    if contest.paused:
        raise Refusal(409, "contest.already_paused", "The contest is paused already.")
    stands_s = told_s(contest, now)
    taken_out = Removed(new, now, None, stands_s, reason, contest.clock_rate)
    return replace(contest, clock_at=now, clock_contest_s=stands_s, clock_rate=0.0, pauses=(*contest.pauses, taken_out))


def resume(contest: Contest, now: datetime) -> Contest:
    """The clock goes on from where it stood; the end moves by the length of the pause."""
    if not contest.paused:
        raise Refusal(409, "contest.not_paused", "The contest is not paused.")
    running = replace(_pause_over(contest, now), clock_at=now, clock_rate=contest.pauses[-1].clock_rate)
    return replace(running, end_at=planned_end(running, running.started_at))


def _pause_over(contest: Contest, at: datetime) -> Contest:
    if not contest.paused:
        return contest
    last = contest.pauses[-1]
    return replace(contest, pauses=(*contest.pauses[:-1], replace(last, until=max(at, last.since))))


def check_extendable(contest: Contest) -> None:
    """Raises Refusal 409: there is no time any more, or none yet, to which some could be added."""
    if contest.state not in ("scheduled", "ongoing"):
        raise wrong_state(contest, "a scheduled or ongoing contest")


def extend(contest: Contest, seconds: int) -> Contest:
    """More time for everybody. The freeze stays where it is."""
    check_extendable(contest)
    return _longer(contest, contest.duration_s + seconds, seconds)


def _longer(contest: Contest, duration_s: int, own_more_s: int) -> Contest:
    own_time_s = None if contest.own_time_s is None else contest.own_time_s + own_more_s
    longer = replace(contest, duration_s=duration_s, own_time_s=own_time_s)
    return replace(longer, end_at=planned_end(longer, longer.started_at or longer.start_at))


def reopen(contest: Contest, now: datetime, new: PauseId, seconds: int, last_end_s: float, reason: str | None) -> Contest:
    """An ended contest runs on from where its clock stood; the time between is taken out like a pause.

    `seconds`: what everybody has from now on at least; 0: what was left to each. `last_end_s`: when the last one's own time is up.
    """
    if contest.state != "ended":
        raise wrong_state(contest, "an ended contest that is not finalized")
    if contest.thawed_at is not None:
        raise Refusal(409, "contest.thawed", "The contest has been thawed: undo that first.")
    assert contest.ended_at is not None, "an ended contest has ended"
    stood_s = contest.clock_contest_s
    if not seconds and max(last_end_s, contest.duration_s) <= stood_s:
        raise Refusal(409, "contest.no_time_left", "Nobody has time left: say how many seconds there shall be.")
    between = Removed(new, contest.ended_at, now, stood_s, reason or "ended")
    running = replace(
        contest, state="ongoing", ended_at=None, clock_at=now, clock_rate=1.0, pauses=(*contest.pauses, between),
    )  # fmt: skip
    return _longer(running, max(running.duration_s, math.ceil(stood_s)) + seconds if seconds else running.duration_s, seconds)


def freeze(contest: Contest, now: datetime, at_contest_s: float | None = None) -> Contest:
    """Hide from the public what is submitted from now (`at_contest_s` in a rehearsal) on, or from the plan if that has passed."""
    if contest.state != "ongoing":
        raise wrong_state(contest, "an ongoing contest")
    if contest.frozen_at is not None:
        raise Refusal(409, "contest.already_frozen", "The contest is frozen already.")
    frozen_from_s = told_s(contest, now) if at_contest_s is None else at_contest_s
    if contest.freeze_after_s is not None:
        frozen_from_s = min(frozen_from_s, float(contest.freeze_after_s))
    return replace(contest, frozen_at=now, frozen_from_s=frozen_from_s)


def thaw(contest: Contest, now: datetime) -> Contest:
    if contest.state not in ("ended", "finalized"):
        raise wrong_state(contest, "an ended contest")
    if not contest.frozen:
        raise Refusal(409, "contest.not_frozen", "The contest is not frozen: there is nothing to thaw.")
    return replace(contest, thawed_at=now)


def unthaw(contest: Contest) -> Contest:
    """Take a thaw back: the frozen hour is hidden again (who has seen it has seen it)."""
    if contest.state != "ended":
        raise wrong_state(contest, "an ended contest that is not finalized")
    if contest.thawed_at is None:
        raise Refusal(409, "contest.not_thawed", "The contest has not been thawed.")
    return replace(contest, thawed_at=None)


def end(contest: Contest, at: datetime, at_contest_s: float | None = None) -> Contest:
    """Over since `at`; the clock stands from then on. It may stand beyond the duration: somebody had extra time."""
    if contest.state != "ongoing":
        raise wrong_state(contest, "an ongoing contest")
    stands_s = told_s(contest, at) if at_contest_s is None else at_contest_s
    return replace(
        _pause_over(contest, at), state="ended", ended_at=at, end_at=at, clock_at=at, clock_contest_s=stands_s, clock_rate=0.0,
    )  # fmt: skip


def finalize(contest: Contest, now: datetime, unjudged_count: int, uncollected_count: int = 0) -> Contest:
    """The result is final. Refused while a submission has no current judgement, or saved answers have not become submissions."""
    if contest.state != "ended":
        raise wrong_state(contest, "an ended contest")
    if uncollected_count:
        raise Refusal(409, "contest.uncollected", f"Saved answers are still being collected: {uncollected_count} people's. Try again soon.")
    if unjudged_count:
        raise Refusal(409, "contest.unjudged", f"Submissions without a current judgement: {unjudged_count}.")
    return replace(contest, state="finalized", finalized_at=now)


def set_clock(contest: Contest, now: datetime, at_contest_s: float, rate: float) -> Contest:
    """A rehearsal's clock: it shows `at_contest_s` now and runs `rate` contest seconds a second."""
    if not contest.rehearsal:
        raise Refusal(409, "contest.no_rehearsal", "Only a rehearsal's clock can be set.")
    if contest.state in ("ended", "finalized"):
        raise wrong_state(contest, "a rehearsal that has not ended")
    if contest.paused and rate > 0:
        raise Refusal(409, "contest.paused", "The contest is paused: let it go on first.")
    at = now if contest.state == "ongoing" else contest.clock_at
    return replace(contest, clock_at=at, clock_contest_s=at_contest_s, clock_rate=rate)


def due(contest: Contest, now: datetime, last_end_s: float = 0.0) -> list[tuple[Action, Contest]]:
    """What the clock does to the contest by `now`, step by step: start, freeze, end. A rehearsal is never moved by the clock.

    `last_end_s`: when, on the contest's clock, the last one's own time is up. The contest does not end before.
    """
    steps: list[tuple[Action, Contest]] = []
    if contest.rehearsal:
        return steps
    if contest.state == "scheduled" and contest.start_at is not None and contest.start_at <= now:
        contest = start(contest, contest.start_at)
        steps.append(("start", contest))
    if contest.state != "ongoing":
        return steps
    freeze_at = None if contest.freeze_after_s is None else moment_of(clock(contest), contest.freeze_after_s)
    if contest.frozen_at is None and contest.freeze_after_s is not None and freeze_at is not None and freeze_at <= now:
        contest = replace(contest, frozen_at=freeze_at, frozen_from_s=float(contest.freeze_after_s))
        steps.append(("freeze", contest))
    end_s = max(float(contest.duration_s), last_end_s)
    end_at = moment_of(clock(contest), end_s)
    if end_at is not None and end_at <= now:
        contest = end(contest, end_at, end_s)
        steps.append(("end", contest))
    return steps


def changed(contest: Contest, members: dict[str, Any], now: datetime, *, verdicts_told: bool = False) -> Contest:
    """The contest with `members` changed as far as its state allows. Raises Refusal 409 or 422 (a member that does not fit the others).

    `verdicts_told`: somebody who is not staff may know one already. What was told cannot be taken back.
    """
    for name in NOT_AFTER_START:
        if members.get(name, getattr(contest, name)) != getattr(contest, name) and contest.state not in ("draft", "scheduled"):
            raise Refusal(409, "contest.wrong_state", f"The contest is {contest.state}; {name} can be changed only before it starts.")
    if "duration_s" in members and contest.ended_at is not None:
        raise wrong_state(contest, "a contest that has not ended")
    if contest.finalized_at is not None and members.keys() & {"scoring", "penalty_s", "freeze_after_s"}:
        raise wrong_state(contest, "a contest that is not finalized")
    after = replace(contest, **members)
    if verdicts_told and tells_less(contest.feedback, after.feedback):
        raise Refusal(409, "contest.verdicts_told", "Verdicts have been told: the contest cannot tell less than it did.")
    if "duration_s" in members and contest.state == "ongoing" and after.duration_s < min(contest.duration_s, told_s(contest, now)):
        raise wrong_field("duration_s", "must not be smaller than what has passed already; end the contest instead")
    if after.own_time_s is not None and after.own_time_s > after.duration_s:
        raise wrong_field("own_time_s", "must not be larger than duration_s")
    if after.freeze_after_s is not None and after.freeze_after_s > after.duration_s:
        raise wrong_field("freeze_after_s", "must not be larger than duration_s")
    if after.state == "scheduled" and not after.rehearsal and "start_at" in members and after.start_at and after.start_at <= now:
        raise wrong_field("start_at", "must be in the future")
    if after.frozen and after.freeze_after_s != contest.freeze_after_s:
        if after.freeze_after_s is None:
            raise Refusal(409, "contest.frozen", "The contest is frozen: thaw it instead.")
        if contest.frozen_from_s is not None and after.freeze_after_s > contest.frozen_from_s:
            raise Refusal(409, "contest.frozen", "The contest is frozen: a later freeze would show what is hidden. Thaw it instead.")
        after = replace(after, frozen_from_s=float(after.freeze_after_s))
    if after.ended_at is None:
        after = replace(after, end_at=planned_end(after, after.started_at or after.start_at))
    return after
