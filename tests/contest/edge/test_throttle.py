"""Token buckets: the law of what they let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.edge.throttle import Throttle


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5), st.floats(0.5, 10))
def test_never_more_than_the_burst_and_what_time_gives_back(waits_s: list[float], burst: int, every_s: float) -> None:
    throttle, now_s, passed_at = Throttle(burst, every_s), 0.0, list[float]()
    for wait_s in waits_s:
        now_s += wait_s
        told_s = throttle.ask("one", now_s)
        if told_s == 0:
            passed_at.append(now_s)
        else:
            assert told_s >= 1
            assert throttle.ask("one", now_s) == told_s
    for first, since_s in enumerate(passed_at):
        for last in range(first, len(passed_at)):
            assert last - first + 1 <= burst + (passed_at[last] - since_s) / every_s + 1e-6


def test_waiting_as_told_is_enough() -> None:
    throttle = Throttle(burst=3, every_s=12)
    assert [throttle.ask("x", 0.0) for _ in range(4)] == [0, 0, 0, 12]
    assert throttle.ask("x", 12.0) == 0
    assert throttle.ask("x", 12.0) > 0
    assert throttle.ask("y", 12.0) == 0


def test_it_remembers_no_more_names_than_it_says() -> None:
    throttle = Throttle(burst=1, every_s=100, names_most=2)
    assert throttle.ask("a", 0.0) == 0
    assert throttle.ask("b", 0.0) == 0
    assert throttle.ask("a", 0.0) == pytest.approx(100)
    assert throttle.ask("c", 0.0) == 0
    assert throttle.ask("a", 0.0) > 0
