"""When each action of a timeline is due: contest time divided by the speed, quiet stretches cut short. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

QUIET_S = 60.0
"""Contest seconds without any action that are waited out; the rest of a longer stretch is skipped."""


class Due(NamedTuple):
    """`after_s`: real seconds after the start of the play. `jump_to_s`: set the clock to this before waiting; None: nothing is skipped."""

    after_s: float
    jump_to_s: float | None


def dues(times_s: Iterable[float], speed: float, quiet_s: float = QUIET_S) -> Iterator[Due]:
    """For contest times in order, from 0: when each is due at `speed` contest seconds a second. Raises ValueError if they go back."""
    before_s, after_s = 0.0, 0.0
    for at_s in times_s:
        gap_s = at_s - before_s
        if gap_s < 0:
            raise ValueError("times must be in order")
        after_s += min(gap_s, quiet_s) / speed
        yield Due(after_s, at_s - quiet_s if gap_s > quiet_s else None)
        before_s = at_s
