"""A route as a value: what it is, who may, what body, and who handles it. The tables of the processes are lists of these."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec

from contest.domain.activity import Doing
from contest.domain.audience import Role
from contest.edge.answers import Answer
from contest.edge.bodies import LIMIT_BYTES, Body
from contest.edge.calls import Call
from contest.store.connect import Connection

Handler = Callable[[Call[Any], Connection], Awaitable[Answer]]
BareHandler = Callable[[Call[Any]], Awaitable[Answer]]
Reader = Callable[[Call[Any]], Awaitable[Any]]

Work = Literal["read", "change", "bare"]
"""`read` and `change` get a connection, `change` inside a transaction; `bare` gets none (hashing, other processes)."""

ANYBODY: frozenset[Role] | None = None


class Nothing(Body, frozen=True):
    """The body of a request that says nothing."""


class Why(Body, frozen=True):
    """The body of a change that takes a reason and nothing else."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter of the query string, for the interface's description; the handler checks it. `type`: `str`, `int`, `bool`, `UUID`, ..."""

    name: str
    says: str
    type: Any = str
    required: bool = False


PAGE = (Query("offset", "rows to leave out", int), Query("limit", "rows to give, at most 1,000", int))
OF_CONTEST = (Query("contest_id", "of which contest", UUID, required=True),)


@dataclass(frozen=True, slots=True)
class Route:
    """`roles` None: anybody, no token looked at. `hands_out`: a secret is in the answer, which is therefore never kept for a
    repeated Idempotency-Key. `with_given`: open to who logged in with a password that somebody else gave. `takes`: media types of a body
    that is no JSON object; the handler reads `Call.raw` itself, or `reads` makes `Call.body` of it before a connection is taken.
    `within_s`: its own time limit. `counted`: as what it shows in the live picture of its contest. `files`: media types of an answer that
    is no JSON.

    `summary`, `query`, `answer` (the type of a successful answer's body), `or_answer` (another that it may have: a preview's) and `also`
    (success statuses beside the first) describe it.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    roles: frozenset[Role] | None
    work: Work
    handle: Handler | BareHandler
    body: type[Body] = Nothing
    hands_out: bool = False
    with_given: bool = False
    takes: tuple[str, ...] = ()
    limit_bytes: int = LIMIT_BYTES
    reads: Reader | None = None
    within_s: float | None = None
    counted: Doing | None = None
    files: tuple[str, ...] = ()
    summary: str = ""
    query: tuple[Query, ...] = ()
    answer: Any = None
    or_answer: Any = None
    status: int = 200
    also: tuple[int, ...] = ()


def list_of(item: type[Any]) -> Any:
    """The type of a list's answer: what `paged` makes of rows that look like `item`."""
    return msgspec.defstruct(f"{item.__name__}List", [("total", int), ("items", list[item])], module=item.__module__, frozen=True)  # type: ignore[valid-type]


def roles(*names: Role) -> frozenset[Role]:
    return frozenset(names)
