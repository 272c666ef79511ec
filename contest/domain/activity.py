"""How much goes on in a contest, minute by minute."""

from collections.abc import Mapping
from typing import Literal, get_args

Doing = Literal["answers", "submissions"]
"""Answers saved, submissions stored."""
DOINGS: tuple[Doing, ...] = get_args(Doing)
MINUTES = 60
"""What is shown: this minute and those before it."""


def minute_of(unix_s: float) -> int:
    """Minutes since 1970."""
    return int(unix_s // 60)


def last_hour(counts: Mapping[int, int], now: int) -> list[int]:
    """MINUTES numbers, the newest last, of counts by minute."""
    return [counts.get(minute, 0) for minute in range(now - MINUTES + 1, now + 1)]
