"""Tickets: what a socket is opened with. Short-lived and for one contest, so that a taken socket node can mint no access token."""

from functools import partial
from typing import Any

from msgspec import Struct

from contest.domain.audience import ROLES
from contest.edge.answers import Answer, created
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.store import contests, participants
from contest.store.connect import Connection
from contest.tokens import Tickets
from contest.wire.times import from_unix


class TicketGiven(Struct, frozen=True):
    """`path`: where the socket is opened with it, by `expires_at`."""

    ticket: str
    expires_at: str
    path: str


async def give(tickets: Tickets, call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    if call.role == "contestant":
        await participants.of_user(connection, contest.id, call.person_uuid)
    ticket, until = tickets.mint(call.person, contest.id, call.role)
    return created({"ticket": ticket, "expires_at": from_unix(until), "path": f"/ws/contest/{contest.id}"})


def routes(tickets: Tickets) -> list[Route]:
    return [
        Route(
            "POST", "/api/v1/contest/{id}/ticket/", roles(*ROLES), "read", partial(give, tickets), hands_out=True,
            summary="Give a ticket for a socket of the contest.", answer=TicketGiven, status=201,
        )
    ]  # fmt: skip
