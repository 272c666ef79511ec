"""Who reads what: the logs of a role, and from when on those who are not staff may know verdicts."""

import pytest

from contest.domain.audience import FEEDBACKS, ROLES, STAFF, Feedback, shared_logs, tells, tells_less


@pytest.mark.parametrize(
    ("feedback", "before_final", "once_final"), [("at_once", True, True), ("after_end", False, True), ("never", False, False)]
)
def test_from_when_on_verdicts_are_known(feedback: Feedback, before_final: bool, once_final: bool) -> None:
    assert (tells(feedback, final=False), tells(feedback, final=True)) == (before_final, once_final)


def test_what_tells_less_never_tells_what_the_other_does_not() -> None:
    assert set(FEEDBACKS) == {"at_once", "after_end", "never"}
    for one in FEEDBACKS:
        assert not tells_less(one, one)
        for other in FEEDBACKS:
            if tells_less(one, other):
                assert not tells_less(other, one)
                assert all(tells(one, final=final) >= tells(other, final=final) for final in (False, True))


def test_verdicts_of_others_are_in_logs_of_staff_alone() -> None:
    """`events:organiser` and `board:full` carry verdicts whatever the contest tells."""
    for role in ROLES:
        assert bool({"events:organiser", "board:full"} & set(shared_logs(role))) == (role in STAFF)
