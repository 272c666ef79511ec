"""Who may come in now: a token bucket over all, counts by person and by address. Decided before anything costly."""

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

from contest.config import Network
from contest.errors import Refusal, overloaded

RETRY_AFTER_S = (1, 5)
"""Those sent away come back spread over this."""


@dataclass(slots=True)
class TokenBucket:
    """`per_s` a second, `depth` at once."""

    per_s: float
    depth: float
    tokens: float
    at: float

    @classmethod
    def full(cls, per_s: float, now: float) -> "TokenBucket":
        return cls(per_s, per_s * 2, per_s * 2, now)

    def take(self, now: float) -> bool:
        self.tokens = min(self.depth, self.tokens + (now - self.at) * self.per_s)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Admission:
    """Counts of open sockets. Owner: the node. Bound: one entry per connected person and address. Rebuilt as clients come back."""

    def __init__(self, connections_max: int, per_address_max: int, per_person_max: int, bucket: TokenBucket) -> None:
        self.count = 0
        self._connections_max = connections_max
        self._per_address_max = per_address_max
        self._per_person_max = per_person_max
        self._bucket = bucket
        self._addresses: Counter[str] = Counter()
        self._persons: Counter[tuple[str, str]] = Counter()

    def check(self, now: float, address: str) -> None:
        """May somebody from `address` try? Raises Refusal 503 or 429 with Retry-After."""
        if self.count >= self._connections_max or not self._bucket.take(now):
            raise overloaded("This server is full at the moment.", random.randint(*RETRY_AFTER_S))
        if self._addresses[address] >= self._per_address_max:
            raise Refusal(429, "limit.address", "Too many connections from this address.", headers={"Retry-After": "10"})

    def enter(self, address: str, person: tuple[str, str] | None) -> None:
        """Count one in. Raises Refusal 429: this person (user, contest) has too many already."""
        if person is not None:
            if self._persons[person] >= self._per_person_max:
                raise Refusal(429, "limit.person", "You have too many connections open.", headers={"Retry-After": "10"})
            self._persons[person] += 1
        self._addresses[address] += 1
        self.count += 1

    def leave(self, address: str, person: tuple[str, str] | None) -> None:
        self.count -= 1
        _less(self._addresses, address)
        if person is not None:
            _less(self._persons, person)


def _less(counter: Counter, key: object) -> None:  # type: ignore[type-arg]
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def client_address(peer: str, forwarded: str, trusted: Collection[Network]) -> str:
    """The address that limits count: the last one of X-Forwarded-For that is not a trusted proxy, if the peer is one; else the peer."""
    found = peer
    for part in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_trusted(found, trusted):
            break
        found = part
    return found if found == peer or _parses(found) else peer


def _parses(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, trusted: Collection[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
