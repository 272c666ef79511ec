"""Whose turn it is: one pure function gives one person's own time on the contest's clock, and what follows from it (may they submit).

After the timing model of CMS (Detailed timing configuration). All is contest time: it stands in pauses and jumps over what was taken out,
so pauses move what comes after them and cost nobody anything. The same function is in both clients (sdk/js/src/turns.ts,
podium_client.turns), with shared cases; as SQL it is in `store.turns`. What the contest as a whole goes through is `contests.py`.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

Phase = Literal["early", "waiting", "running", "paused", "spent", "over"]
"""early: the contest has not begun. waiting: it has, but one's own time has not (delay, or not started). running. paused: the clock
stands. spent: one's own time is used up while the contest goes on. over: there is nothing left to start either."""


class Turn(Struct, frozen=True):
    """What of one's time is one's own, in contest seconds: delay and extra time with the largest of the groups', and how much slower
    one's time runs. `started_s` None: not started. `handed_in_at`: RFC 3339."""

    delay_s: int = 0
    extra_s: int = 0
    factor: float = 1.0
    started_s: float | None = None
    handed_in_at: str | None = None


class OwnWindow(NamedTuple):
    """`begins_s` belongs to it, `ends_s` does not. Both None: one has to start first."""

    begins_s: float | None
    ends_s: float | None


class Clock(Struct, frozen=True):
    """Contest time = contest_time_s + (now - at) * rate. `rate` 0: it stands. `at` None: never set."""

    at: datetime | None
    contest_time_s: float = 0.0
    rate: float = 1.0


def own_window(duration_s: float, own_time_s: float | None, turn: Turn) -> OwnWindow:
    """When one's own time begins and ends on the contest's clock. `own_time_s`: what everybody has from their own start, as far as the
    contest's duration leaves room for it; None: all have the whole duration."""
    if own_time_s is None:
        start_s, total_s = 0.0, float(duration_s)
    elif turn.started_s is None:
        return OwnWindow(None, None)
    else:
        start_s, total_s = turn.started_s, max(0.0, min(own_time_s, duration_s - turn.started_s))
    begins_s = start_s + turn.delay_s
    return OwnWindow(begins_s, begins_s + total_s * turn.factor + turn.extra_s)


def phase(window: OwnWindow, now_s: float, duration_s: float, *, stands: bool = False) -> Phase:
    """Whose turn when the contest's clock shows `now_s`. `stands`: the clock does, in a pause."""
    if now_s < 0:
        return "early"
    if window.begins_s is None or window.ends_s is None:
        return "waiting" if now_s < duration_s else "over"
    if now_s < window.begins_s:
        return "waiting"
    if now_s < window.ends_s:
        return "paused" if stands else "running"
    return "spent" if now_s < duration_s else "over"


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
