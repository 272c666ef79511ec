"""Participants and groups: hiding begins the board afresh, removing closes sockets, tokens are the contestant's."""

from pathlib import Path

import asyncpg
import pytest

from contest.tokens import AccessVerifier
from tests.rest import Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio
PARTICIPANTS, GROUPS = "/api/v1/admin/participants/", "/api/v1/admin/groups/"


async def last_fresh(pool: asyncpg.Pool) -> bool:
    found: bool = await pool.fetchval(
        "SELECT (body->>'fresh')::bool FROM podium_outbox WHERE topic = 'board.changed' ORDER BY id DESC LIMIT 1"
    )
    return found


async def test_hiding_and_showing_begins_the_board_afresh(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    shown = await rest.make(GROUPS, {"contest_id": contest, "name": "Europe"})
    hidden = await rest.make(GROUPS, {"contest_id": contest, "name": "Staff", "hidden": True})
    person = await rest.participant(contest, group_ids=[shown["id"]])
    assert await last_fresh(pool) is False
    steps = [
        (PARTICIPANTS + person["id"], {"name": "Other"}, False),
        (PARTICIPANTS + person["id"], {"hidden": True}, True),
        (PARTICIPANTS + person["id"], {"hidden": True}, False),
        (PARTICIPANTS + person["id"], {"hidden": False}, True),
        (PARTICIPANTS + person["id"], {"group_ids": [hidden["id"]]}, True),
        (PARTICIPANTS + person["id"], {"group_ids": [hidden["id"], shown["id"]]}, True),
        (GROUPS + shown["id"], {"name": "EU"}, False),
        (GROUPS + shown["id"], {"hidden": True}, True),
    ]
    for path, body, fresh in steps:
        answer = await rest.call("PUT", f"{path}/", body)
        assert answer.status_code == 200, answer.text
        assert {name: answer.json()[name] for name in body} == body
        assert await last_fresh(pool) is fresh, (path, body)


async def test_one_who_is_removed_is_out(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    person = await rest.participant(contest)
    token = (await rest.make(f"{PARTICIPANTS}{person['id']}/token/", {}))["token"]
    assert (await rest.call("POST", f"/api/v1/contest/{contest}/ticket/", {}, token=token)).status_code == 201
    assert (await rest.call("DELETE", f"{PARTICIPANTS}{person['id']}/")).status_code == 204
    row = await pool.fetchrow("SELECT subject, body FROM podium_outbox WHERE topic = 'session.revoked'")
    assert (row["subject"], row["body"]) == (person["user_id"], {"reason": "removed"})
    assert (await rest.call("POST", f"/api/v1/contest/{contest}/ticket/", {}, token=token)).status_code in (401, 403)
    check_refusal(await rest.call("GET", f"{PARTICIPANTS}{person['id']}/"), 404, "participant.not_found")
    assert (await rest.call("GET", f"{PARTICIPANTS}?contest_id={contest}")).json() == {"total": 0, "items": []}


async def test_a_token_is_the_contestants_for_this_contest_alone(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    contest, other = (await rest.contest())["id"], (await rest.contest())["id"]
    user = new_id()
    person = await rest.participant(contest, user_id=user)
    given = await rest.make(f"{PARTICIPANTS}{person['id']}/token/", {"ttl_s": 60})
    found = AccessVerifier.of(keys).verify(given["token"])
    assert (found.user, found.role, found.contest, found.participant) == (user, "contestant", contest, person["id"])
    check_refusal(await rest.call("POST", f"/api/v1/contest/{other}/ticket/", {}, token=given["token"]), 404, "contest.not_found")
    noted = await pool.fetchval("SELECT after::text FROM podium_audit WHERE action = 'participant.token_given'")
    assert given["token"] not in str(noted)


async def test_groups_of_another_contest_and_users_twice_are_refused(rest: Rest) -> None:
    contest, other = (await rest.contest())["id"], (await rest.contest())["id"]
    foreign = await rest.make(GROUPS, {"contest_id": other, "name": "Theirs"})
    body = {"contest_id": contest, "name": "x", "group_ids": [foreign["id"]]}
    assert check_refusal(await rest.call("POST", PARTICIPANTS, body), 422, "body.invalid")[0]["field"] == "group_ids"
    person = await rest.participant(contest)
    answer = await rest.call("PUT", f"{PARTICIPANTS}{person['id']}/", {"group_ids": [foreign["id"]]})
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "group_ids"
    twice = {"contest_id": contest, "name": "x", "user_id": person["user_id"]}
    assert check_refusal(await rest.call("POST", PARTICIPANTS, twice), 409, "participant.exists")[0]["field"] == "user_id"
    await rest.participant(other, user_id=person["user_id"])


async def test_a_question_that_was_answered_stays(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    question, person = await rest.question(contest), await rest.participant(contest)
    await rest.act(contest, "start")
    body = {"question_id": question["id"], "participant_id": person["id"], "contest_time_s": 1}
    await rest.make(f"/api/v1/contest/{contest}/submit/", body)
    path = f"/api/v1/admin/questions/{question['id']}/"
    check_refusal(await rest.call("DELETE", path), 409, "question.in_use")
    changed = (await rest.call("PUT", path, {"color": "#800080", "points": 2.5})).json()
    assert changed == {**question, "color": "#800080", "points": 2.5, "version": 2}
    assert (await rest.call("GET", path)).json() == changed
