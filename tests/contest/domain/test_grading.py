"""Laws of judging by a key."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.domain.grading import Grade, grade
from contest.domain.questions import Choices, Code, MultipleChoice, Number, Numeric, Option, ShortText, Texts, checked_answer
from contest.errors import Refusal

IDS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5), min_size=2, max_size=8, unique=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TOLERANCES = st.none() | st.floats(min_value=0, max_value=1e6)


@st.composite
def choices(draw: st.DrawFn) -> tuple[list[str], Choices, list[str]]:
    """Options, a key, what was chosen."""
    options = draw(IDS)
    right = draw(st.lists(st.sampled_from(options), min_size=1, unique=True))
    chosen = draw(st.lists(st.sampled_from(options), unique=True))
    return options, Choices(tuple(right), draw(st.booleans())), chosen


def share(key: Choices | Number | Texts, answer: object) -> float:
    found = grade(key, answer)
    assert found is not None
    return found.share


@given(choices())
def test_a_choice_is_worth_all_only_when_it_is_right(case: tuple[list[str], Choices, list[str]]) -> None:
    _, key, chosen = case
    found = share(key, chosen)
    assert 0 <= found <= 1
    assert (found == 1) == (set(chosen) == set(key.right))
    assert key.partial or found in (0, 1)


@given(choices(), st.randoms())
def test_the_order_of_choosing_is_nothing(case: tuple[list[str], Choices, list[str]], chance: object) -> None:
    _, key, chosen = case
    again = list(chosen)
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert share(key, again) == share(key, chosen)


@given(choices())
def test_choosing_everything_is_no_way_to_points(case: tuple[list[str], Choices, list[str]]) -> None:
    """Partial or not: a wrong one takes what a right one gives."""
    options, key, _ = case
    wrong = len(options) - len(key.right)
    expected = max(0, (len(key.right) - wrong) / len(key.right)) if key.partial else 0.0
    assert share(key, options) == (1 if wrong == 0 else pytest.approx(expected))


@given(choices())
def test_one_more_right_is_never_worth_less(case: tuple[list[str], Choices, list[str]]) -> None:
    _, key, chosen = case
    missing = [option for option in key.right if option not in chosen]
    if missing:
        assert share(key, [*chosen, missing[0]]) >= share(key, chosen)


@given(NUMBERS, TOLERANCES, TOLERANCES)
def test_the_value_itself_is_right_whatever_the_tolerance(value: float, absolute: float | None, relative: float | None) -> None:
    assert share(Number(value, absolute, relative), value) == 1


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.integers(-(10**7), 10**7), st.integers(0, 6))
def test_within_the_tolerance_in_decimals(value: int, tolerance: int, away: int, places: int) -> None:
    """The oracle counts in whole units of the last place; binary neighbours of the decimals must not matter."""
    unit = 10**places
    key = Number(value / unit, absolute=tolerance / unit)
    assert share(key, (value + away) / unit) == float(abs(away) <= tolerance)


@given(NUMBERS, NUMBERS, st.floats(min_value=0, max_value=1e3), st.floats(min_value=0, max_value=1e3))
def test_a_larger_tolerance_never_takes_away(value: float, answer: float, one: float, more: float) -> None:
    for kind in ("absolute", "relative"):
        narrow = share(Number(value, **{kind: one}), answer)
        assert share(Number(value, **{kind: one + more}), answer) >= narrow


@pytest.mark.parametrize(("value", "absolute", "answer"), [(0.3, 0.1, 0.4), (9.81, 0.02, 9.79), (1.1, 0.1, 1.0), (0.1 + 0.2, 1e-9, 0.3)])
def test_a_teachers_decimals(value: float, absolute: float, answer: float) -> None:
    assert share(Number(value, absolute), answer) == 1


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_right(answer: float) -> None:
    assert share(Number(1.0, absolute=1e300, relative=1e300), answer) == 0
    with pytest.raises(Refusal):
        checked_answer(Numeric(), answer)
    with pytest.raises(Refusal):
        checked_answer(Numeric(), 10**400)


@given(st.text(max_size=30), st.booleans())
def test_a_text_is_itself_with_any_white_space_around(text: str, case_sensitive: bool) -> None:
    key = Texts((text or "x",), case_sensitive)
    assert share(key, f"  {text or 'x'}\n\t") == 1


@given(st.text(st.characters(categories=["Ll"], max_codepoint=0xFF), min_size=1, max_size=10))
def test_case_counts_only_when_it_is_said(text: str) -> None:
    assert share(Texts((text,)), text.upper()) == 1
    assert share(Texts((text,), case_sensitive=True), text.upper()) == float(text.upper() == text)


def test_accents_in_two_spellings_are_one() -> None:
    assert share(Texts(("Kraków",)), "krako\u0301w") == 1
    assert share(Texts(("Kraków",)), "Krakow") == 0


def test_what_has_no_key_waits_for_a_person() -> None:
    assert grade(None, "anything") is None


def test_a_grade_in_points() -> None:
    assert (Grade(1.0).verdict, Grade(0.5).verdict) == ("AC", "WA")
    assert (Grade(1.0).score(7), Grade(0.5).score(7)) == (7, 3.5)


@given(choices())
def test_what_is_checked_is_what_was_chosen(case: tuple[list[str], Choices, list[str]]) -> None:
    options, _, chosen = case
    body = MultipleChoice(tuple(Option(each, "x") for each in options), multiple=True)
    assert checked_answer(body, chosen) == chosen
    with pytest.raises(Refusal):
        checked_answer(body, [*chosen, "no option has this id"])


def test_lengths_are_held() -> None:
    assert checked_answer(ShortText(max_length=3), "abc") == "abc"
    for body, value in (
        (ShortText(max_length=3), "abcd"),
        (Code(), "x" * 65_537),
        (Code(languages=("c",)), {"source": "x", "language": "py"}),
    ):
        with pytest.raises(Refusal):
            checked_answer(body, value)
