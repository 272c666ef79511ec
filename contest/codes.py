"""Personal codes of contestants: `XXXX-XXXX-XXXX`, 60 random bits, kept only as an HMAC under a key that is not in the database."""

import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from contest.errors import Refusal
from contest.keys import CODE_KEY

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing in it is taken for something else when it is read from paper."""
_MEANT = str.maketrans("OIL", "011", " -\u2010\u2011\u2012\u2013\u2014")
LENGTH = 12


def new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[begin : begin + 4] for begin in range(0, LENGTH, 4))


def plain(typed: str) -> str | None:
    """The code that somebody meant who typed this: whatever case, spaces and dashes, O for 0, I and L for 1. None: it can be none."""
    found = typed.upper().translate(_MEANT)
    return found if len(found) == LENGTH and set(found) <= set(_ALPHABET) else None


@dataclass(frozen=True, slots=True)
class Codes:
    """Turns codes into what is stored. `key` None: this installation has no key for codes (yet)."""

    key: bytes | None

    @classmethod
    def of(cls, folder: Path) -> "Codes":
        path = folder / CODE_KEY
        return cls(path.read_bytes() if path.exists() else None)

    def digest(self, plain_code: str, contest_id: str) -> bytes:
        """Raises Refusal 503: there is no key."""
        if self.key is None:
            message = "This installation has no key for codes: `podium keys rotate` makes it."
            raise Refusal(503, "code.no_key", message, headers={"Retry-After": "60"})
        return hmac.digest(self.key, f"{contest_id} {plain_code}".encode(), "sha256")
