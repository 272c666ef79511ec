"""The table of judgement types: what solves, what costs, and what nobody has heard of."""

from hypothesis import given
from hypothesis import strategies as st

from contest.domain.verdicts import JUDGEMENT_TYPES, judgement_type

CLICS = ("AC", "WA", "TLE", "WTL", "ILE", "RTE", "MLE", "OLE", "PE", "NO", "CE", "CTL", "SV", "JE", "IE")


def test_accepted_alone_solves_and_costs_nothing() -> None:
    assert [known.id for known in JUDGEMENT_TYPES.values() if known.solved] == ["AC"]
    assert not judgement_type("AC").penalty


def test_what_is_not_the_contestants_doing_costs_nothing() -> None:
    free = {known.id for known in JUDGEMENT_TYPES.values() if not known.penalty and not known.solved}
    assert free == {"CE", "CTL", "JE", "IE", "SE", "CS"}


def test_the_words_of_real_feeds_are_known() -> None:
    assert set(CLICS) <= set(JUDGEMENT_TYPES)


@given(st.text().filter(lambda verdict: verdict not in JUDGEMENT_TYPES))
def test_an_unknown_word_is_a_rejection_that_costs(verdict: str) -> None:
    assert judgement_type(verdict)[2:] == (False, True)
