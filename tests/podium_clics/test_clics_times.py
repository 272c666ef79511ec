"""CLICS times and penalties, as sloppy as feeds in the wild are, and no sloppier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.clics.times import penalty_s, reltime_s, time


@given(st.integers(0, 400 * 3_600_000), st.booleans())
def test_reltime_comes_back_to_the_millisecond(ms: int, negative: bool) -> None:
    text = f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
    assert reltime_s(f"-{text}" if negative else text) == (-1 if negative else 1) * ms / 1000


@pytest.mark.parametrize("text", ["", "17", 17, None, "1:60:00", "1:00", "1:00:60", "+1:00:00", "1:00:00.", "one", "1:0:0", ["1:00:00"]])
def test_what_is_no_reltime_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="RELTIME"):
        reltime_s(text)


@pytest.mark.parametrize("text", ["2025-03-02T09:30:00.000Z", "2025-03-02T10:30:00+01", "2025-03-02T15:00:00.000+05:30"])
def test_times_in_any_zone_are_the_same_moment(text: str) -> None:
    assert time(text) == time("2025-03-02T09:30:00Z")


@pytest.mark.parametrize("text", ["2025-03-02T09:30:00", "yesterday", 3, None])
def test_a_time_without_a_zone_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        time(text)


@pytest.mark.parametrize(("value", "seconds"), [(20, 1200), (0, 0), ("0:20:00", 1200), ("0:00:30.000", 30)])
def test_penalty_is_minutes_or_reltime(value: object, seconds: int) -> None:
    assert penalty_s(value) == seconds


@pytest.mark.parametrize("value", [True, -1, "20", 1.5, None])
def test_other_penalties_are_refused(value: object) -> None:
    with pytest.raises(ValueError):
        penalty_s(value)
