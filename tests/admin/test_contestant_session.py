"""Contestants: codes, once and unreadable later; logging in with one, however it is typed; guessing; logging out."""

import asyncpg
import pytest

from contest.codes import new_code, plain
from tests.doors import code_of, contestant_page, opened, staff_page
from tests.doors import person as somebody
from tests.rest import Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio
CODES = "/api/v1/admin/participants/codes/"


def session(contest: str) -> str:
    return f"/api/v1/contest/{contest}/session/"


def test_a_code_is_read_however_it_is_typed() -> None:
    code = new_code()
    bare = code.replace("-", "")
    for typed in (
        code,
        code.lower(),
        bare,
        f"  {bare[:3]} {bare[3:]} ",
        code.replace("-", "\u2013"),
        code.replace("0", "O"),
        code.replace("1", "l"),
    ):
        assert plain(typed) == bare
    for typed in ("", "x", bare + "A", bare[:-1], bare[:-1] + "U", bare[:-1] + "\u0661", "-" * 12):
        assert plain(typed) is None
    assert len({new_code() for _ in range(1000)}) == 1000


async def test_a_contestant_logs_in_with_a_code_and_takes_part(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest(title="Spring"))["id"]
    question, who = await rest.question(contest), await rest.participant(contest, "Ann")
    page = await contestant_page(rest, contest, who["id"])
    assert page.told["participant"] == {"id": who["id"], "name": "Ann"}
    assert page.told["contest"] == {"id": contest, "title": "Spring"}
    assert page.cookie.startswith("podium_contestant=")
    told = (await page.call("GET", session(contest))).json()
    assert told == page.told
    await rest.act(contest, "start")
    body = {"question_id": question["id"], "answer": "42"}
    submit = f"/api/v1/contest/{contest}/submit/"
    check_refusal(await page.call("POST", submit, body, csrf=False), 403, "csrf.missing")
    assert (await page.call("POST", submit, body)).status_code == 201
    assert (await page.call("GET", f"/api/v1/contest/{contest}/submissions/")).json()["total"] == 1
    assert (await page.call("POST", f"/api/v1/contest/{contest}/ticket/", {})).status_code == 201
    check_refusal(await page.call("GET", f"/api/v1/admin/contests/{contest}/"), 401, "token.missing")
    other = (await rest.contest())["id"]
    check_refusal(await page.call("GET", session(other)), 404, "contest.not_found")
    stored = await pool.fetchrow("SELECT kind, contest_id, user_id FROM podium_session")
    assert tuple(stored) == ("code", contest, who["user_id"])


async def test_both_cookies_in_one_browser_stay_two_people(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    staff = await staff_page(rest, await somebody(pool))
    taking = await contestant_page(rest, contest, (await rest.participant(contest))["id"])
    both = {"Cookie": f"{staff.cookie}; {taking.cookie}"}
    assert (await staff.call("GET", f"/api/v1/admin/contests/{contest}/", headers=both)).status_code == 200
    told = (await taking.call("GET", session(contest), headers=both)).json()
    assert told["participant"] == taking.told["participant"]


async def test_codes_are_told_once_and_a_new_one_ends_the_old(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    people = [await rest.participant(contest, name, external_id=name) for name in ("Ann", "Ben", "Cem")]
    given = (await rest.make(CODES, {"contest_id": contest}))["items"]
    assert [(one["name"], one["external_id"], one["participant_id"]) for one in given] == [(p["name"], p["name"], p["id"]) for p in people]
    assert all(one["link"] == f"/take/{contest}#code={one['code']}" for one in given)
    assert (await rest.make(CODES, {"contest_id": contest}))["items"] == []
    everything = str([dict(row) for row in await pool.fetch("SELECT * FROM podium_participant")])
    everything += str([dict(row) for row in await pool.fetch("SELECT * FROM podium_audit")])
    assert not any(one["code"] in everything or plain(one["code"]) in everything for one in given)
    page = opened(rest, await rest.call("POST", session(contest), {"code": given[0]["code"], "cookie": True}, token=""))
    fresh = await code_of(rest, contest, people[0]["id"])
    check_refusal(await rest.call("POST", session(contest), {"code": given[0]["code"]}, token=""), 401, "session.refused")
    check_refusal(await page.call("GET", session(contest)), 401, "token.missing" if not page.cookie else "session.ended")
    assert (await rest.call("POST", session(contest), {"code": fresh}, token="")).status_code == 200
    other = (await rest.contest())["id"]
    check_refusal(await rest.call("POST", session(other), {"code": fresh}, token=""), 401, "session.refused")
    wrong = await rest.call("POST", CODES, {"contest_id": contest, "participant_ids": [people[0]["id"], new_id()]})
    assert check_refusal(wrong, 422, "body.invalid")[0]["field"] == "participant_ids"


async def test_a_code_of_one_who_was_removed_opens_nothing(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    who = await rest.participant(contest)
    code = await code_of(rest, contest, who["id"])
    await rest.call("DELETE", f"/api/v1/admin/participants/{who['id']}/")
    check_refusal(await rest.call("POST", session(contest), {"code": code}, token=""), 401, "session.refused")


async def test_guessing_is_slow_and_locks_nobody_out(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    code = await code_of(rest, contest, (await rest.participant(contest))["id"])
    wrong = [(await rest.call("POST", session(contest), {"code": new_code()}, token="", headers=at("203.0.113.1"))) for _ in range(31)]
    assert [answer.status_code for answer in wrong] == [401] * 30 + [429]
    assert int(wrong[-1].headers["retry-after"]) >= 1
    check_refusal(await rest.call("POST", session(contest), {"code": code}, token="", headers=at("203.0.113.1")), 429, "session.too_often")
    for _ in range(5):  # who is right is not counted
        assert (await rest.call("POST", session(contest), {"code": code}, token="", headers=at("203.0.113.2"))).status_code == 200


def at(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def test_who_logs_out_is_out(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    page = await contestant_page(rest, contest, (await rest.participant(contest))["id"])
    left = await page.call("DELETE", session(contest))
    assert left.status_code == 204
    assert left.headers["set-cookie"].startswith("podium_contestant=; Path=/api/v1/; Max-Age=0")
    check_refusal(await page.call("GET", session(contest)), 401, "session.ended")
    check_refusal(await rest.call("DELETE", session(contest), token=rest.token("contestant", contest)), 409, "session.none")
