"""An order of one's own: the same for the same participant on every reload, device and process, and another for the next one.

A keyed hash of the ids sorts them, so that nothing has to be stored and a question that is added moves none of the others.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def shuffled(of: str, items: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """`items` in the order of `of` (a participant, or a participant and a question). `name`: what tells an item from the others."""
    key = blake2b(of.encode(), digest_size=32).digest()

    def place(item: T) -> tuple[bytes, str]:
        known = name(item)
        return blake2b(known.encode(), key=key, digest_size=16).digest(), known

    return sorted(items, key=place)
