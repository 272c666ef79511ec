"""Whose turn it is: one pure function gives the phase of one person now, and what follows from it (may they submit, how long have they).

After the timing model of CMS (Detailed timing configuration), with pauses: an interval taken out moves all that comes after it. Times are
aware datetimes in UTC. What the contest as a whole goes through (start, freeze, end) is `contests.py`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

Phase = Literal["early", "waiting", "running", "paused", "spent", "over"]
"""early: the window is not open. waiting: it is, but one's own time has not begun (delay, or not started). running. paused: one's own
time stands. spent: one's own time is used up while the window is open. over: the window is closed as well."""


class Window(Struct, frozen=True):
    """`opens_at` belongs to it, `closes_at` does not. As planned: pauses move the end."""

    opens_at: datetime
    closes_at: datetime


class Pause(Struct, frozen=True):
    """`until` None: it goes on."""

    since: datetime
    until: datetime | None = None


class Timing(Struct, frozen=True):
    """A contest's. `own_time_s`: how long one has from one's own start; None: all have the window. `rate`: contest seconds a second."""

    window: Window
    own_time_s: float | None = None
    pauses: tuple[Pause, ...] = ()
    rate: float = 1.0


class Person(Struct, frozen=True):
    """A participant's. `window`: their group's, in place of the contest's. Delay and extra time are contest seconds, not below 0."""

    window: Window | None = None
    started_at: datetime | None = None
    delay_s: float = 0.0
    extra_time_s: float = 0.0


class Turn(Struct, frozen=True):
    """One person now. `begins_at` None: not started. `ends_at` None: not started, or a pause goes on. `left_s`: seconds of running time."""

    phase: Phase
    begins_at: datetime | None
    ends_at: datetime | None
    left_s: float

    @property
    def may_submit(self) -> bool:
        return self.phase == "running"


class Clock(Struct, frozen=True):
    """Contest time = contest_time_s + (now - at) * rate. `rate` 0: it stands. `at` None: never set."""

    at: datetime | None
    contest_time_s: float = 0.0
    rate: float = 1.0


def later(start: datetime, running_s: float, pauses: Iterable[Pause]) -> datetime | None:
    """When `running_s` of running time have passed since `start`; None if a pause that goes on comes first."""
    at, left = start, timedelta(seconds=running_s)
    for pause in sorted(pauses, key=lambda each: each.since):
        if pause.until is not None and pause.until <= at:
            continue
        if left <= pause.since - at:
            break
        if pause.until is None:
            return None
        left -= max(pause.since - at, timedelta())
        at = pause.until
    return at + left


def running_s(start: datetime, end: datetime, pauses: Iterable[Pause]) -> float:
    """Seconds from `start` to `end` that no pause takes out; 0 if `end` is not after `start`. The inverse of `later`."""
    total, at = timedelta(), start
    for pause in sorted(pauses, key=lambda each: each.since):
        total += max(min(pause.since, end) - at, timedelta())
        at = max(at, end if pause.until is None else min(pause.until, end))
    return (total + max(end - at, timedelta())).total_seconds()


def phase(timing: Timing, person: Person, now: datetime) -> Turn:
    """Whose turn: as `now` grows, phases only go forward (running and paused may alternate)."""
    window, pauses = person.window or timing.window, timing.pauses
    window_s = (window.closes_at - window.opens_at).total_seconds()
    closes_at = later(window.opens_at, window_s, pauses)
    start = window.opens_at
    if timing.own_time_s is not None:
        if person.started_at is None:
            return _not_started(timing, person, window, closes_at, now)
        start = max(start, person.started_at)
    total_s = _own_s(timing, window_s - running_s(window.opens_at, start, pauses)) + person.extra_time_s / timing.rate
    begins_at = later(start, person.delay_s / timing.rate, pauses)
    ends_at = None if begins_at is None else later(begins_at, total_s, pauses)
    used_s = 0.0 if begins_at is None else running_s(begins_at, now, pauses)
    left_s = max(0.0, total_s - used_s)
    return Turn(_phase(window, pauses, now, begins_at, ends_at, closes_at), begins_at, ends_at, left_s)


def _phase(
    window: Window,
    pauses: Iterable[Pause],
    now: datetime,
    begins_at: datetime | None,
    ends_at: datetime | None,
    closes_at: datetime | None,
) -> Phase:
    if now < window.opens_at:
        return "early"
    if begins_at is None or now < begins_at:
        return "waiting"
    if ends_at is None or now < ends_at:
        return "paused" if is_paused(pauses, now) else "running"
    return "spent" if closes_at is None or now < closes_at else "over"


def _not_started(timing: Timing, person: Person, window: Window, closes_at: datetime | None, now: datetime) -> Turn:
    """`left_s`: what one would have if one started now."""
    if closes_at is not None and now >= closes_at:
        return Turn("over", None, None, 0.0)
    from_now = max(now, window.opens_at)
    window_s = (window.closes_at - window.opens_at).total_seconds()
    own_s = _own_s(timing, window_s - running_s(window.opens_at, from_now, timing.pauses))
    return Turn("early" if now < window.opens_at else "waiting", None, None, own_s + person.extra_time_s / timing.rate)


def _own_s(timing: Timing, window_left_s: float) -> float:
    """One's own time, cut by the window: who starts late has less."""
    open_s = max(0.0, window_left_s)
    return open_s if timing.own_time_s is None else min(timing.own_time_s / timing.rate, open_s)


def is_paused(pauses: Iterable[Pause], now: datetime) -> bool:
    return any(pause.since <= now and (pause.until is None or now < pause.until) for pause in pauses)


def contest_time_s(clock: Clock, now: datetime, *, duration_s: float | None = None) -> float:
    """Contest seconds now, not below 0 and not above `duration_s` if given (protocol.md, events.snapshot). 0 if the clock was never set."""
    told = clock.contest_time_s
    if clock.at is not None:
        told += (now - clock.at).total_seconds() * clock.rate
    return max(0.0, told if duration_s is None else min(told, duration_s))


def moment_of(clock: Clock, contest_time_s: float) -> datetime | None:
    """When the clock shows this; None if it stands or was never set."""
    if clock.at is None or clock.rate <= 0:
        return None
    return clock.at + timedelta(seconds=(contest_time_s - clock.contest_time_s) / clock.rate)


def by_clock(clock: Clock, duration_s: float, *, ended_at: datetime | None = None, own_time_s: float | None = None) -> Timing | None:
    """The timing of a contest whose clock this is; None before it was set. A clock that stands is a pause, until the contest has ended.

    Pauses that are over are in the clock already: its window lies as if the contest had begun that much later.
    """
    if clock.at is None:
        return None
    rate = clock.rate if clock.rate > 0 else 1.0
    opens_at = clock.at - timedelta(seconds=clock.contest_time_s / rate)
    closes_at = opens_at + timedelta(seconds=duration_s / rate)
    if ended_at is not None:
        closes_at = max(opens_at, min(closes_at, ended_at))
    stands = clock.rate <= 0 and ended_at is None
    return Timing(Window(opens_at, closes_at), own_time_s, (Pause(clock.at),) if stands else (), rate)
