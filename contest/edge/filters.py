"""Filters of lists: parameters of the query string that leave out what is not asked for; each is checked once."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from contest.edge.bodies import EARLIEST, LATEST
from contest.errors import wrong_field

TEXT_MOST_CHARS = 200
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]


def id_in(query: Mapping[str, str], name: str) -> str | None:
    """A UUID; None if it is not given. Raises Refusal 422."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        raise wrong_field(name, "must be a UUID") from None


def word_in(query: Mapping[str, str], name: str, words: Iterable[str]) -> str | None:
    """One of `words`; None if it is not given. Raises Refusal 422."""
    text = query.get(name)
    if text is not None and text not in words:
        raise wrong_field(name, f"must be one of: {', '.join(words)}")
    return text


def text_in(query: Mapping[str, str], name: str, pattern: re.Pattern[str] | None = None) -> str | None:
    """A text, of `pattern` as a whole if one is given; None if it is not given or empty. Raises Refusal 422."""
    text = query.get(name)
    if not text:
        return None
    if len(text) > TEXT_MOST_CHARS:
        raise wrong_field(name, f"must have at most {TEXT_MOST_CHARS} characters")
    if "\x00" in text:
        raise wrong_field(name, "must not hold the character U+0000")
    if pattern is not None and not pattern.fullmatch(text):
        raise wrong_field(name, f"must have the form {pattern.pattern}")
    return text


def moment_in(query: Mapping[str, str], name: str) -> datetime | None:
    """A moment with its zone (RFC 3339); None if it is not given. Raises Refusal 422."""
    text = query.get(name)
    if text is None:
        return None
    try:
        found = msgspec.convert(text, _MOMENT)
    except msgspec.ValidationError:
        raise wrong_field(name, "must be a moment with its zone, like 2026-11-24T10:00:00Z (a + is written %2B)") from None
    if not EARLIEST <= found < LATEST:
        raise wrong_field(name, f"must be from {EARLIEST.year} to {LATEST.year - 1}")
    return found


def truth_in(query: Mapping[str, str], name: str) -> bool | None:
    """`true` or `false`; None if it is not given. Raises Refusal 422."""
    text = query.get(name)
    if text is not None and text not in ("true", "false"):
        raise wrong_field(name, "must be true or false")
    return None if text is None else text == "true"
