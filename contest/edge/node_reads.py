"""What the socket nodes answer over HTTP, for the description of the interface: they have tables of their own and no PostgreSQL."""

from typing import Any

from msgspec import Struct

from contest.domain.boards import Group, Problem, Row
from contest.edge.answers import Answer
from contest.edge.calls import Call
from contest.edge.routes import ANYBODY, PAGE, Query, Route
from contest.wire.to_browser import Status


class Leaderboard(Struct, frozen=True):
    """A window of a board at (epoch, seq)."""

    epoch: str
    seq: int
    total: int
    problems: list[Problem]
    groups: list[Group]
    rows: list[Row]


class StatusNow(Struct, frozen=True):
    epoch: str
    seq: int
    status: Status
    server_time: str


async def _by_a_node(_: Call[Any]) -> Answer:
    raise AssertionError("the gateway sends this to the socket nodes")


_AROUND = (*PAGE, Query("around", "rows around this participant instead"))

NODE_READS = [
    Route(
        "GET", "/api/v1/contest/{id}/leaderboard/", ANYBODY, "bare", _by_a_node,
        summary="The public board, or a window of it. A contest that is not public needs a token.", query=_AROUND, answer=Leaderboard,
        also=(304,),
    ),
    Route(
        "GET", "/api/v1/contest/{id}/status/", ANYBODY, "bare", _by_a_node,
        summary="The contest's status and the server's time. A contest that is not public needs a token.", answer=StatusNow, also=(304,),
    ),
]  # fmt: skip
