"""Submitting: the thin path from an empty database to a verdict, and what is refused on the way."""

from pathlib import Path

import asyncpg
import pytest

from contest.ids import ContestId
from contest.tokens import Tickets
from tests.rest import Rest

pytestmark = pytest.mark.anyio


async def test_from_nothing_to_a_verdict(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    contest = await rest.contest()
    question = await rest.question(contest["id"])
    participant = await rest.participant(contest["id"])
    token = (await rest.make(f"/api/v1/admin/participants/{participant['id']}/token/", {}))["token"]
    assert (await rest.act(contest["id"], "start"))["state"] == "ongoing"

    attempt = await rest.make(f"/api/v1/contest/{contest['id']}/start/", {}, token=token)
    sent = await rest.make(
        f"/api/v1/contest/{contest['id']}/submit/",
        {"question_id": question["id"], "language": "c", "source": "int main(){}"},
        token=token,
    )
    judged = await rest.make("/api/v1/admin/grading/manual/", {"submission_id": sent["submission_id"], "verdict": "AC"})
    own = (await rest.call("GET", f"/api/v1/contest/{contest['id']}/submissions/", token=token)).json()
    ticket = await rest.make(f"/api/v1/contest/{contest['id']}/ticket/", {}, token=token)

    assert attempt["attempt_id"]
    assert judged["verdict"] == "AC"
    assert own["total"] == 1
    assert own["items"][0]["verdict"] == "AC"
    verified = Tickets.of(keys).verify(ticket["ticket"], ContestId(contest["id"]))
    assert verified.participant == participant["id"]
    topics = [row["topic"] for row in await pool.fetch("SELECT topic FROM podium_outbox ORDER BY id")]
    assert topics[-6:] == ["score.changed", "inbox", "event.organiser"] * 2
