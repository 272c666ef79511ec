"""Staff: roles in several contests, the page's cookie and its CSRF token, logging out, the own password, tickets."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from contest.ids import ContestId
from contest.tokens import Tickets
from tests.doors import PASSWORD, SESSION, person, staff, staff_page
from tests.rest import Rest, check_refusal
from tests.support import eventually

pytestmark = pytest.mark.anyio
CONTESTS = "/api/v1/admin/contests/"


async def test_a_page_keeps_its_token_in_a_cookie_that_scripts_and_other_sites_do_not_reach(rest: Rest, pool: asyncpg.Pool) -> None:
    someone = await person(pool)
    body = {"login": someone.login, "password": PASSWORD, "cookie": True}
    plain = await rest.call("POST", SESSION, body, token="")
    behind_tls = await rest.call("POST", SESSION, body, token="", headers={"X-Forwarded-Proto": "https"})
    for answer, secure in ((plain, False), (behind_tls, True)):
        rest.client.cookies.clear()
        assert answer.json()["token"] is None
        kept, *flags = answer.headers["set-cookie"].split("; ")
        assert kept.startswith("podium_staff=ey")
        assert set(flags) == {"Path=/api/v1/admin/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"} | ({"Secure"} if secure else set())
        assert kept.removeprefix("podium_staff=") not in answer.text


async def test_a_change_by_cookie_needs_the_token_of_the_page(rest: Rest, pool: asyncpg.Pool) -> None:
    page = await staff_page(rest, await person(pool))
    body = {"title": "Spring", "duration_s": 60}
    assert (await page.call("GET", CONTESTS, csrf=False)).status_code == 200
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": page.csrf[:-1]}, {"X-CSRF-Token": "\u00e9".encode()}):
        check_refusal(await page.call("POST", CONTESTS, body, csrf=False, headers=headers), 403, "csrf.missing")
    other = await staff_page(rest, await person(pool))
    check_refusal(await page.call("POST", CONTESTS, body, csrf=False, headers={"X-CSRF-Token": other.csrf}), 403, "csrf.missing")
    assert (await page.call("POST", CONTESTS, body)).status_code == 201
    told = (await page.call("GET", SESSION)).json()
    assert (told["csrf"], told["token"], told["person"]["login"]) == (page.csrf, None, page.told["person"]["login"])


async def test_the_staffs_cookie_counts_in_the_administration_alone(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    page = await staff_page(rest, await person(pool))
    check_refusal(await page.call("POST", f"/api/v1/contest/{contest}/ticket/", {}), 401, "token.missing")
    headers = {"Authorization": "Bearer nonsense"}
    check_refusal(await page.call("GET", CONTESTS, headers=headers), 401, "token.invalid")


async def test_roles_count_where_they_were_given(rest: Rest, keys: Path) -> None:
    mine, graded, other = [(await rest.contest())["id"] for _ in range(3)]
    token, someone = await staff(rest, ("organiser", mine), ("grader", graded), ("proctor", mine))
    told = (await rest.call("GET", SESSION, token=token)).json()
    assert told["grants"] == [
        {"role": "organiser", "contest_id": mine},
        {"role": "grader", "contest_id": graded},
        {"role": "proctor", "contest_id": mine},
    ]
    listed = (await rest.call("GET", CONTESTS, token=token)).json()["items"]
    assert [one["id"] for one in listed] == [mine]
    assert (await rest.call("PUT", f"{CONTESTS}{mine}/", {"title": "T"}, token=token)).status_code == 200
    check_refusal(await rest.call("PUT", f"{CONTESTS}{graded}/", {"title": "T"}, token=token), 403, "role.forbidden")
    check_refusal(await rest.call("PUT", f"{CONTESTS}{other}/", {"title": "T"}, token=token), 404, "contest.not_found")
    check_refusal(await rest.call("POST", CONTESTS, {"title": "T", "duration_s": 60}, token=token), 403, "role.forbidden")
    for contest, role in ((mine, "organiser"), (graded, "grader")):
        assert (await rest.call("GET", f"/api/v1/admin/submissions/?contest_id={contest}", token=token)).status_code == 200
        given = await rest.make(f"{CONTESTS}{contest}/ticket/", {}, token=token)
        ticket = Tickets.of(keys).verify(given["ticket"], ContestId(contest))
        assert (ticket.role, ticket.user, ticket.session is not None) == (role, someone.id, True)
    check_refusal(await rest.call("POST", f"{CONTESTS}{other}/ticket/", {}, token=token), 404, "contest.not_found")
    check_refusal(await rest.call("POST", f"{CONTESTS}{mine}/ticket/", {}, token=rest.token("viewer", mine)), 403, "role.forbidden")


async def test_the_audit_says_with_which_role_somebody_acted(rest: Rest, pool: asyncpg.Pool) -> None:
    one = await rest.contest()
    contest, question = one["id"], await rest.question(one["id"])
    participant = await rest.participant(contest)
    await rest.act(contest, "start")
    proxied = {"question_id": question["id"], "participant_id": participant["id"], "contest_time_s": 1}
    token, someone = await staff(rest, ("organiser", (await rest.contest())["id"]), ("grader", contest))
    submission = (await rest.make(f"/api/v1/contest/{contest}/submit/", proxied))["submission_id"]
    await rest.make("/api/v1/admin/grading/manual/", {"submission_id": submission, "verdict": "AC"}, token=token)
    row = await pool.fetchrow("SELECT actor_id, actor_role FROM podium_audit WHERE action = 'judgement.posted'")
    assert tuple(row) == (someone.id, "grader")


async def test_who_logs_out_is_out_at_once_here_and_soon_in_every_process(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    someone = await person(pool)
    page, other = await staff_page(rest, someone), await staff_page(rest, someone)
    token = {"Authorization": "Bearer " + page.cookie.removeprefix("podium_staff=")}
    path = f"/api/v1/contest/{contest}/ticket/"
    assert (await rest.call("POST", path, {}, token="", headers=token)).status_code == 201
    left = await page.call("DELETE", SESSION)
    assert left.status_code == 204
    assert left.headers["set-cookie"].startswith("podium_staff=; Path=/api/v1/admin/; Max-Age=0")
    check_refusal(await page.call("GET", CONTESTS), 401, "session.ended")

    async def out() -> bool:
        return (await rest.call("POST", path, {}, token="", headers=token)).status_code == 401

    await eventually(out, 3)
    assert (await other.call("GET", CONTESTS)).status_code == 200


async def test_a_token_made_by_hand_has_no_session(rest: Rest) -> None:
    told = (await rest.call("GET", SESSION)).json()
    assert (told["person"]["login"], told["csrf"], told["role"]) == (None, "", "organiser")
    check_refusal(await rest.call("DELETE", SESSION), 409, "session.none")
    body = {"old_password": "x", "new_password": "long enough it is"}
    check_refusal(await rest.call("POST", SESSION + "password/", body), 409, "session.none")


async def test_a_new_password_ends_the_other_sessions(rest: Rest, pool: asyncpg.Pool) -> None:
    someone = await person(pool)
    page, other = await staff_page(rest, someone), await staff_page(rest, someone)
    path = SESSION + "password/"
    wrong = await page.call("POST", path, {"old_password": "x", "new_password": "long enough it is"})
    assert check_refusal(wrong, 422, "body.invalid")[0]["field"] == "old_password"
    short = await page.call("POST", path, {"old_password": PASSWORD, "new_password": "short"})
    assert check_refusal(short, 422, "body.invalid")[0]["field"] == "new_password"
    assert (await page.call("POST", path, {"old_password": PASSWORD, "new_password": "long enough it is"})).status_code == 200
    assert (await page.call("GET", CONTESTS)).status_code == 200
    check_refusal(await other.call("GET", CONTESTS), 401, "session.ended")
    credentials = {"login": someone.login, "password": PASSWORD}
    check_refusal(await rest.call("POST", SESSION, credentials, token=""), 401, "session.refused")
    await rest.make(SESSION, {**credentials, "password": "long enough it is"}, token="")
    noted = await pool.fetch("SELECT action FROM podium_audit WHERE subject_id = $1 ORDER BY id", str(someone.id))
    assert "person.password_changed" in [row["action"] for row in noted]


async def test_one_who_is_disabled_while_they_log_in_stays_out(rest: Rest, pool: asyncpg.Pool) -> None:
    someone = await person(pool)
    await pool.execute("UPDATE podium_person SET disabled_at = now() WHERE id = $1", someone.id)
    credentials = {"login": someone.login, "password": PASSWORD}
    check_refusal(await rest.call("POST", SESSION, credentials, token=""), 403, "person.disabled")
    await pool.execute("UPDATE podium_person SET disabled_at = NULL WHERE id = $1", someone.id)
    await pool.execute("DELETE FROM podium_role WHERE person_id = $1", someone.id)
    check_refusal(await rest.call("POST", SESSION, credentials, token=""), 403, "person.no_role")


async def test_many_log_in_at_once_and_each_session_is_its_own(rest: Rest, pool: asyncpg.Pool) -> None:
    someone = await person(pool)
    pages = await asyncio.gather(*(staff_page(rest, someone) for _ in range(8)))
    assert len({page.csrf for page in pages}) == len({page.cookie for page in pages}) == 8
    assert await pool.fetchval("SELECT count(*) FROM podium_session WHERE user_id = $1 AND ended_at IS NULL", someone.id) == 8
