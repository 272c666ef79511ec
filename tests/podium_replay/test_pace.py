"""The pace of a replay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.replay.pace import QUIET_S, dues

times = st.lists(st.floats(0, 40_000, allow_nan=False), max_size=30).map(sorted)


@given(times, st.floats(0.1, 1000))
def test_nothing_waits_longer_than_the_quiet_that_is_kept(times_s: list[float], speed: float) -> None:
    before_s = at_s = 0.0
    for time_s, due in zip(times_s, dues(times_s, speed), strict=True):
        waited_s = due.after_s - before_s
        assert waited_s <= QUIET_S / speed + 1e-6
        assert waited_s == pytest.approx(min(time_s - at_s, QUIET_S) / speed, abs=1e-6)
        assert (due.jump_to_s is not None) == (time_s - at_s > QUIET_S)
        if due.jump_to_s is not None:
            assert at_s < due.jump_to_s <= time_s
        before_s, at_s = due.after_s, time_s


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="order"):
        list(dues([5, 4], 1))
