"""People with power: made, changed, sent away; what an organiser of one contest may do to whom."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.doors import PASSWORD, SESSION, person, staff, staff_page
from tests.rest import Rest, all_routes, check_refusal, new_id
from tests.support import eventually

pytestmark = pytest.mark.anyio
PEOPLE, CONTESTS = "/api/v1/admin/people/", "/api/v1/admin/contests/"


async def refused_soon(rest: Rest, path: str, token: str, code: str) -> None:
    """In the engine, which was not the one that was asked."""

    async def out() -> bool:
        answer = await rest.call("POST", path, {}, token=token)
        return answer.status_code == 401 and answer.json()["error"]["code"] == code

    await eventually(out, 3)


async def test_somebody_is_made_logs_in_and_has_to_change_the_password_first(rest: Rest, keys: Path) -> None:
    contest = (await rest.contest())["id"]
    wish = {"login": "ada", "name": "Ada", "roles": [{"role": "grader", "contest_id": contest}, {"role": "proctor"}]}
    made = await rest.make(PEOPLE, wish)
    assert made["roles"] == [{"role": "proctor", "contest_id": None}, {"role": "grader", "contest_id": contest}]
    credentials = {"login": "ada", "password": made["password"]}
    told = await rest.make(SESSION, credentials, token="")
    assert (told["must_change_password"], told["person"]) == (True, {"id": made["id"], "name": "Ada", "login": "ada"})
    change = {"old_password": made["password"], "new_password": "quite long enough"}
    for route in all_routes(keys):
        if route.roles is not None and not route.path.startswith(SESSION):
            body = {} if route.method in ("POST", "PUT") else None
            answer = await rest.call(route.method, route.path.replace("{id}", new_id()), body, token=told["token"])
            check_refusal(answer, 403, "password.must_change")
    check_refusal(await rest.call("GET", "/api/v1/monitoring/metrics/", token=told["token"]), 403, "password.must_change")
    assert (await rest.call("GET", SESSION, token=told["token"])).json()["must_change_password"] is True
    page = await rest.call("POST", SESSION, credentials | {"cookie": True}, token="")
    cookie = {"Cookie": page.headers["set-cookie"].partition(";")[0], "X-CSRF-Token": page.json()["csrf"]}
    rest.client.cookies.clear()
    changed = await rest.call("POST", SESSION + "password/", change, token="", headers=cookie)
    assert (changed.json()["token"], changed.json()["csrf"]) == (None, page.json()["csrf"])
    rest.client.cookies.clear()
    cookie["Cookie"] = changed.headers["set-cookie"].partition(";")[0]
    assert (await rest.call("POST", f"{CONTESTS}{contest}/ticket/", {}, token="", headers=cookie)).status_code == 201
    check_refusal(await rest.call("GET", SESSION, token=told["token"]), 401, "session.ended")
    told = await rest.make(SESSION, {"login": "ada", "password": "quite long enough"}, token="")
    assert told["must_change_password"] is False
    change = {"old_password": "quite long enough", "new_password": "another long one"}
    told = await rest.make(SESSION + "password/", change, token=told["token"])
    assert (await rest.call("POST", f"{CONTESTS}{contest}/ticket/", {}, token=told["token"])).status_code == 201
    shown = (await rest.call("GET", f"{PEOPLE}{made['id']}/")).json()
    assert shown == {name: value for name, value in made.items() if name != "password"} | {"must_change_password": False, "version": 3}
    assert check_refusal(await rest.call("POST", PEOPLE, wish), 409, "person.exists")[0]["field"] == "login"


async def test_who_is_disabled_is_out_everywhere_and_stays_out(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    token, someone = await staff(rest, ("grader", contest))
    by_hand = rest.token("grader", contest, user=someone.id)
    answer = await rest.call("PUT", f"{PEOPLE}{someone.id}/", {"disabled": True})
    assert answer.json()["disabled"] is True
    check_refusal(await rest.call("GET", SESSION, token=token), 401, "session.ended")
    check_refusal(await rest.call("GET", SESSION, token=by_hand), 401, "token.revoked")
    await refused_soon(rest, f"/api/v1/contest/{contest}/ticket/", by_hand, "token.revoked")
    credentials = {"login": someone.login, "password": PASSWORD}
    check_refusal(await rest.call("POST", SESSION, credentials, token=""), 403, "person.disabled")
    assert (await rest.call("PUT", f"{PEOPLE}{someone.id}/", {"disabled": False})).status_code == 200
    told = await rest.make(SESSION, credentials, token="")
    assert (await rest.call("GET", SESSION, token=told["token"])).status_code == 200


async def test_a_role_that_was_taken_counts_no_more_and_the_others_do(rest: Rest, pool: asyncpg.Pool) -> None:
    lost, kept, new = [(await rest.contest())["id"] for _ in range(3)]
    someone = await person(pool, ("organiser", lost), ("organiser", kept))
    page = await staff_page(rest, someone)
    before = (await rest.call("GET", f"{PEOPLE}{someone.id}/")).headers["etag"]
    change = {"roles": [{"role": "organiser", "contest_id": kept}, {"role": "organiser", "contest_id": new}]}
    changed = await rest.call("PUT", f"{PEOPLE}{someone.id}/", change, headers={"If-Match": before})
    assert [one["contest_id"] for one in changed.json()["roles"]] == [kept, new] or changed.status_code == 200
    check_refusal(await rest.call("PUT", f"{PEOPLE}{someone.id}/", change, headers={"If-Match": before}), 412, "person.changed")
    check_refusal(await page.call("GET", f"{CONTESTS}{lost}/"), 404, "contest.not_found")
    assert (await page.call("GET", f"{CONTESTS}{kept}/")).status_code == 200
    check_refusal(await page.call("GET", f"{CONTESTS}{new}/"), 404, "contest.not_found")
    renewed = await page.call("GET", SESSION)
    assert {one["contest_id"] for one in renewed.json()["grants"]} == {kept, new}
    assert renewed.json()["csrf"] == page.csrf
    page.cookie = renewed.headers["set-cookie"].partition(";")[0]
    rest.client.cookies.clear()
    for contest in (kept, new):
        assert (await page.call("PUT", f"{CONTESTS}{contest}/", {"title": "T"})).status_code == 200
    check_refusal(await page.call("GET", f"{CONTESTS}{lost}/"), 404, "contest.not_found")


async def test_a_reset_password_and_a_log_out_by_an_organiser_end_the_sessions(rest: Rest) -> None:
    token, someone = await staff(rest)
    given = await rest.make(f"{PEOPLE}{someone.id}/password/", {})
    check_refusal(await rest.call("GET", SESSION, token=token), 401, "session.ended")
    check_refusal(await rest.call("POST", SESSION, {"login": someone.login, "password": PASSWORD}, token=""), 401, "session.refused")
    told = await rest.make(SESSION, {"login": someone.login, "password": given["password"]}, token="")
    assert told["must_change_password"] is True
    assert (await rest.make(f"{PEOPLE}{someone.id}/log-out/", {})) == {"sessions_ended": 1}
    check_refusal(await rest.call("GET", SESSION, token=told["token"]), 401, "session.ended")


async def test_an_organiser_of_one_contest_sees_and_gives_roles_there_alone(rest: Rest, pool: asyncpg.Pool) -> None:
    mine, other = (await rest.contest())["id"], (await rest.contest())["id"]
    token, me = await staff(rest, ("organiser", mine))
    wholly, partly = await person(pool, ("grader", mine)), await person(pool, ("grader", mine), ("organiser", other))
    stranger, everywhere = await person(pool, ("grader", other)), await person(pool)
    seen = (await rest.call("GET", PEOPLE, token=token)).json()["items"]
    assert {one["id"] for one in seen} == {me.id, wholly.id, partly.id}
    assert {held["contest_id"] for one in seen for held in one["roles"]} == {mine}
    for hidden in (stranger, everywhere):
        for method, what in (("GET", ""), ("PUT", ""), ("POST", "password/"), ("POST", "log-out/")):
            body = None if method == "GET" else {}
            check_refusal(await rest.call(method, f"{PEOPLE}{hidden.id}/{what}", body, token=token), 404, "person.not_found")
    for method, what, body in (
        ("POST", "password/", {}),
        ("POST", "log-out/", {}),
        ("PUT", "", {"name": "X"}),
        ("PUT", "", {"disabled": True}),
    ):
        check_refusal(await rest.call(method, f"{PEOPLE}{partly.id}/{what}", body, token=token), 403, "role.forbidden")
    assert (await rest.call("PUT", f"{PEOPLE}{partly.id}/", {"roles": []}, token=token)).status_code == 200
    kept = await pool.fetch("SELECT role, contest_id FROM podium_role WHERE person_id = $1", partly.id)
    assert [tuple(row) for row in kept] == [("organiser", other)]
    for roles, status, code in (
        ([{"role": "grader"}], 403, "role.forbidden"),
        ([{"role": "grader", "contest_id": other}], 404, "contest.not_found"),
        ([{"role": "contestant", "contest_id": mine}], 422, "body.invalid"),
        ([{"role": "grader", "contest_id": mine}] * 51, 422, "body.invalid"),
        ([], 422, "body.invalid"),
    ):
        check_refusal(await rest.call("POST", PEOPLE, {"login": new_id(), "name": "N", "roles": roles}, token=token), status, code)
    await rest.make(f"{PEOPLE}{wholly.id}/password/", {}, token=token)
    for role in ("grader", "proctor"):
        check_refusal(await rest.call("GET", PEOPLE, token=rest.token(role)), 403, "role.forbidden")  # type: ignore[arg-type]


async def test_one_who_organises_every_contest_is_always_left(rest: Rest, pool: asyncpg.Pool) -> None:
    one, two = await person(pool), await person(pool)
    answers = await asyncio.gather(
        rest.call("PUT", f"{PEOPLE}{one.id}/", {"disabled": True}), rest.call("PUT", f"{PEOPLE}{two.id}/", {"roles": [{"role": "grader"}]})
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    check_refusal(next(answer for answer in answers if answer.status_code == 409), 409, "person.last_organiser")


async def test_as_many_roles_as_there_may_be_fit_into_the_cookie(rest: Rest, pool: asyncpg.Pool) -> None:
    contests = [(await rest.contest())["id"] for _ in range(50)]
    someone = await person(pool, *(("organiser", contest) for contest in contests))  # type: ignore[misc]
    page = await staff_page(rest, someone)
    assert len(page.cookie) < 4096 - 200
    assert (await page.call("GET", CONTESTS)).json()["total"] == 50


async def test_a_removed_participants_token_opens_nothing_and_a_later_one_does(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    user = new_id()
    who = await rest.participant(contest, user_id=user)
    token = (await rest.make(f"/api/v1/admin/participants/{who['id']}/token/", {}))["token"]
    assert (await rest.call("DELETE", f"/api/v1/admin/participants/{who['id']}/")).status_code == 204
    check_refusal(await rest.call("GET", f"/api/v1/contest/{contest}/session/", token=token), 401, "token.revoked")
    await refused_soon(rest, f"/api/v1/contest/{contest}/ticket/", token, "token.revoked")
