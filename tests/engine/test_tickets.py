"""Tickets: for whom, for what, and that REST never takes one."""

from pathlib import Path

import pytest

from contest.domain.audience import ROLES
from contest.ids import ContestId
from contest.tokens import Tickets
from tests.rest import Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio


async def test_every_role_gets_a_ticket_of_its_own_role_and_contest(rest: Rest, keys: Path) -> None:
    contest = ContestId((await rest.contest())["id"])
    person = await rest.participant(contest)
    for role in ROLES:
        user = person["user_id"] if role == "contestant" else new_id()
        given = await rest.make(f"/api/v1/contest/{contest}/ticket/", {}, token=rest.token(role, contest, user))
        assert given["path"] == f"/ws/contest/{contest}"
        ticket = Tickets.of(keys).verify(given["ticket"], contest)
        assert (ticket.user, ticket.role, ticket.contest) == (user, role, contest)
        check_refusal(await rest.call("POST", f"/api/v1/contest/{contest}/ticket/", {}, token=given["ticket"]), 401, "token.invalid")


async def test_no_ticket_for_others_contests_or_none(rest: Rest) -> None:
    contest, other = (await rest.contest())["id"], (await rest.contest())["id"]
    token = rest.token("viewer", contest)
    check_refusal(await rest.call("POST", f"/api/v1/contest/{other}/ticket/", {}, token=token), 404, "contest.not_found")
    check_refusal(await rest.call("POST", f"/api/v1/contest/{new_id()}/ticket/", {}), 404, "contest.not_found")
    stranger = rest.token("contestant", contest)
    check_refusal(await rest.call("POST", f"/api/v1/contest/{contest}/ticket/", {}, token=stranger), 403, "participant.none")
