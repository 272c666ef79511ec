"""Judges what a key can judge: multiple choice, numbers, short texts. Pure; what a person has to read gets no grade here.

Numbers are compared as the decimals that were written, not as their binary neighbours: 0.4 is within 0.1 of 0.3.
"""

import unicodedata
from decimal import Context, Decimal
from typing import Any

from msgspec import Struct

from contest.domain.questions import Choices, Key, Number, Texts

_EXACT = Context(prec=60)


class Grade(Struct, frozen=True):
    """`share`: of the question's points, 0 to 1. Solved only at 1."""

    share: float

    @property
    def verdict(self) -> str:
        return "AC" if self.share >= 1 else "WA"

    def score(self, points: float) -> float:
        return points if self.share >= 1 else self.share * points


def grade(key: Key | None, answer: Any) -> Grade | None:
    """What `answer` (as `questions.checked_answer` gives it) is worth; None: there is no key, a person has to look."""
    match key:
        case None:
            return None
        case Choices():
            return Grade(_chosen(key, answer))
        case Number():
            return Grade(float(_within(key, answer)))
        case Texts():
            return Grade(float(_accepted(key, answer)))


def _chosen(key: Choices, answer: list[str]) -> float:
    right, chosen = set(key.right), set(answer)
    if chosen == right:
        return 1.0
    if not key.partial:
        return 0.0
    return max(0.0, (len(chosen & right) - len(chosen - right)) / len(right))


def _within(key: Number, answer: float) -> bool:
    given, value = Decimal(repr(float(answer))), Decimal(repr(float(key.value)))
    if not given.is_finite():
        return False
    away = _EXACT.abs(_EXACT.subtract(given, value))
    allowed = [Decimal(0)]
    if key.absolute is not None:
        allowed.append(Decimal(repr(float(key.absolute))))
    if key.relative is not None:
        allowed.append(_EXACT.multiply(Decimal(repr(float(key.relative))), abs(value)))
    return away <= max(allowed)


def _accepted(key: Texts, answer: str) -> bool:
    return plain(answer, key.case_sensitive) in {plain(text, key.case_sensitive) for text in key.accepted}


def plain(text: str, case_sensitive: bool) -> str:
    """The text as it is compared: one form of each character (NFKC), single spaces, and by default no case."""
    found = " ".join(unicodedata.normalize("NFKC", text).split())
    return found if case_sensitive else unicodedata.normalize("NFKC", found.casefold())
