"""A route as a value: what it is, who may, what body, and who handles it. The tables of the processes are lists of these."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from contest.domain.audience import Role
from contest.edge.answers import Answer
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.store.connect import Connection

Handler = Callable[[Call[Any], Connection], Awaitable[Answer]]
BareHandler = Callable[[Call[Any]], Awaitable[Answer]]

Work = Literal["read", "change", "bare"]
"""`read` and `change` get a connection, `change` inside a transaction; `bare` gets none (hashing, other processes)."""

ANYBODY: frozenset[Role] | None = None


class Nothing(Body, frozen=True):
    """The body of a request that says nothing."""


class Why(Body, frozen=True):
    """The body of a change that takes a reason and nothing else."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """`roles` None: anybody, no token looked at. `hands_out`: a secret is in the answer, which is therefore never kept for a
    repeated Idempotency-Key."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    roles: frozenset[Role] | None
    work: Work
    handle: Handler | BareHandler
    body: type[Body] = Nothing
    hands_out: bool = False


def roles(*names: Role) -> frozenset[Role]:
    return frozenset(names)
