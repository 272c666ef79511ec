"""A contest that fails is asked for ever more seldom, and one that is gone is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from contest.ids import ContestId
from ranker.patience import WORST_WAIT_S, Patience

A, B = ContestId("a"), ContestId("b")


@given(st.integers(1, 40))
def test_it_waits_longer_each_time_and_never_longer_than_the_worst(failures: int) -> None:
    patience, waited = Patience(), []
    for _ in range(failures):
        patience.ended(A, 100.0, failed=True)
        waited.append(next(tenth / 10 for tenth in range(101) if patience.may_ask(A, 100.0 + tenth / 10)))
    assert waited == sorted(waited)
    assert waited[0] > 0
    assert waited[-1] <= WORST_WAIT_S
    assert patience.may_ask(B, 0.0)


def test_a_lead_that_ended_well_is_asked_for_at_once() -> None:
    patience = Patience()
    patience.ended(A, 0.0, failed=True)
    assert not patience.may_ask(A, 0.0)
    patience.ended(A, 0.0, failed=False)
    assert patience.may_ask(A, 0.0)
    assert len(patience) == 0


def test_what_is_gone_is_forgotten() -> None:
    patience = Patience()
    for contest in (A, B):
        patience.ended(contest, 0.0, failed=True)
    patience.keep_only({B})
    assert len(patience) == 1
    assert not patience.may_ask(B, 0.0)
