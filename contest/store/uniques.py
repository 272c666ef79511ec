"""Turns a violated uniqueness into the refusal that names what is taken."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from contest.errors import Detail, Refusal

_FIELDS = ("external_id", "label", "user_id", "login", "title")


@contextmanager
def taken(noun: str) -> Iterator[None]:
    """UniqueViolationError inside becomes 409 `<noun>.exists`, with the member that is taken. The transaction is lost either way."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        field = next((name for name in _FIELDS if name in (error.constraint_name or "") or name in (error.detail or "")), "id")
        raise Refusal(409, f"{noun}.exists", f"There is a {noun} with this {field} already.", (Detail(field, "is taken"),)) from None
