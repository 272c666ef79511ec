"""Laws of an order of one's own."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from contest.domain.shuffling import shuffled
from contest.ids import uuid7

NAMES = st.lists(st.text(min_size=1, max_size=12), max_size=30, unique=True)


def plain(name: str) -> str:
    return name


@given(st.text(), NAMES)
def test_it_is_a_permutation(of: str, names: list[str]) -> None:
    assert sorted(shuffled(of, names, plain)) == sorted(names)


@given(st.text(), NAMES, st.randoms())
def test_it_is_the_same_from_whatever_order(of: str, names: list[str], chance: object) -> None:
    again = list(names)
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert shuffled(of, again, plain) == shuffled(of, names, plain)


@given(st.text(), NAMES, st.text(min_size=13, max_size=20))
def test_one_more_moves_none_of_the_others(of: str, names: list[str], new: str) -> None:
    assert [name for name in shuffled(of, [*names, new], plain) if name != new] == shuffled(of, names, plain)


def test_no_place_is_anybodys_favourite() -> None:
    """Each of four stands first for about a quarter of 4,000 people (five standard deviations: 137)."""
    first = Counter(shuffled(uuid7(), "abcd", plain)[0] for _ in range(4_000))
    assert all(abs(first[name] - 1_000) < 137 for name in "abcd")
