"""Filters of lists: parameters of the query string that leave out what is not asked for; each is checked once."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from contest.errors import wrong_field


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


def truth_in(query: Mapping[str, str], name: str) -> bool | None:
    """`true` or `false`; None if it is not given. Raises Refusal 422."""
    text = query.get(name)
    if text is not None and text not in ("true", "false"):
        raise wrong_field(name, "must be true or false")
    return None if text is None else text == "true"
