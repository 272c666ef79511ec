"""Tickets for the sockets of staff, whose pages keep their token in a cookie that the contestants' paths never see."""

from functools import partial
from typing import Any

from msgspec import Struct

from contest.edge.answers import Answer, created
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.store import contests
from contest.store.connect import Connection
from contest.tokens import Tickets
from contest.wire.times import from_unix


class Ticket(Struct, frozen=True):
    """`path`: what the ticket opens a socket on."""

    ticket: str
    expires_at: str
    path: str


async def give(tickets: Tickets, call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    ticket, until = tickets.mint(call.person, contest.id, call.role)
    return created(Ticket(ticket, from_unix(until), f"/ws/contest/{contest.id}"))


def routes(tickets: Tickets) -> list[Route]:
    return [
        Route(
            "POST", "/api/v1/admin/contests/{id}/ticket/", roles("organiser", "grader", "proctor"), "read", partial(give, tickets),
            hands_out=True, summary="Give a ticket for a socket of the contest.", answer=Ticket, status=201,
        ),
    ]  # fmt: skip
