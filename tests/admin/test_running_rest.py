"""Running a contest over REST: pausing, extending, reopening, what a preview says, and changes that meet each other."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest

from contest.wire.to_browser import TurnChanged
from tests.rest import Rest, check_refusal

pytestmark = pytest.mark.anyio
CONTESTS, GROUPS, PARTICIPANTS = "/api/v1/admin/contests/", "/api/v1/admin/groups/", "/api/v1/admin/participants/"
WHY = {"reason": "fire alarm"}


async def exam(rest: Rest, people: int = 1, **members: Any) -> tuple[str, list[Any]]:
    """An ongoing contest with people in it."""
    contest = (await rest.contest(**members))["id"]
    taking = [await rest.participant(contest, f"P{number}") for number in range(people)]
    await rest.act(contest, "start")
    return contest, taking


async def ask(rest: Rest, contest: str, action: str, query: str = "", **body: Any) -> Any:
    return await rest.call("POST", f"{CONTESTS}{contest}/{action}/{query}", body)


async def preview(rest: Rest, contest: str, action: str, **body: Any) -> Any:
    answer = await ask(rest, contest, action, "?preview=true", **body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(pool: asyncpg.Pool) -> list[tuple[str, TurnChanged]]:
    rows = await pool.fetch("SELECT subject, body FROM podium_outbox WHERE topic = 'inbox' AND body->>'type' = 'turn.changed' ORDER BY id")
    return [(row["subject"], msgspec.convert(row["body"], TurnChanged)) for row in rows]


async def test_a_paused_contest_stands_still_and_goes_on(rest: Rest) -> None:
    contest, (person,) = await exam(rest)
    question = (await rest.question(contest))["id"]
    token = rest.token("contestant", contest, person["user_id"], who=person["id"])
    paused = await rest.act(contest, "pause", **WHY)
    assert (paused["state"], paused["paused"], paused["clock"]["rate"]) == ("ongoing", True, 0.0)
    assert [(pause["until"], pause["reason"]) for pause in paused["pauses"]] == [(None, "fire alarm")]
    answer = await rest.call("POST", f"/api/v1/contest/{contest}/submit/", {"question_id": question, "answer": "1"}, token=token)
    check_refusal(answer, 409, "contest.not_running")
    assert "paused" in answer.json()["error"]["message"]
    check_refusal(await ask(rest, contest, "pause"), 409, "contest.already_paused")
    running = await rest.act(contest, "resume")
    assert (running["paused"], running["clock"]["rate"]) == (False, 1.0)
    assert running["clock"]["contest_time_s"] == paused["clock"]["contest_time_s"]
    assert running["end_at"] > paused["end_at"]
    assert running["pauses"][0]["until"] == running["clock"]["at"]
    answer = await rest.call("POST", f"/api/v1/contest/{contest}/submit/", {"question_id": question, "answer": "1"}, token=token)
    assert answer.status_code == 201, answer.text
    check_refusal(await ask(rest, contest, "resume"), 409, "contest.not_paused")


async def test_an_end_in_a_pause_closes_it(rest: Rest) -> None:
    contest, _ = await exam(rest)
    await rest.act(contest, "pause")
    ended = await rest.act(contest, "end")
    assert (ended["paused"], ended["pauses"][0]["until"]) == (False, ended["ended_at"])


async def test_more_time_for_all_a_group_or_one(rest: Rest, pool: asyncpg.Pool) -> None:
    contest, (one, other, third) = await exam(rest, 3)
    group = await rest.make(GROUPS, {"contest_id": contest, "name": "Slow"})
    for person in (one, other):
        await rest.call("PUT", f"{PARTICIPANTS}{person['id']}/", {"group_ids": [group["id"]]})
    await pool.execute("DELETE FROM podium_outbox")
    longer = await rest.act(contest, "extend", seconds=600, reason="late")
    assert longer["duration_s"] == 18_600
    assert await told(pool) == []
    await rest.act(contest, "extend", seconds=300, reason="ramp", group_id=group["id"])
    heard = await told(pool)
    assert {user for user, _ in heard} == {one["user_id"], other["user_id"]}
    assert {message.turn.extra_s for _, message in heard} == {300}
    assert (await rest.call("GET", f"{GROUPS}{group['id']}/")).json()["extra_time_s"] == 300
    await rest.act(contest, "extend", seconds=60, reason="nosebleed", participant_id=one["id"])
    assert [(user, message.turn.extra_s) for user, message in (await told(pool))[2:]] == [(one["user_id"], 360)]
    check_refusal(await ask(rest, contest, "extend", seconds=60), 422, "body.invalid")
    assert third["extra_time_s"] == 0
    actions = [row["action"] for row in await pool.fetch("SELECT action FROM podium_audit WHERE reason IS NOT NULL ORDER BY id")]
    assert actions == ["contest.extended", "group.extended", "participant.extended"]


async def test_a_preview_says_it_in_people_and_changes_nothing(rest: Rest, pool: asyncpg.Pool) -> None:
    contest, (one, _, handed_in) = await exam(rest, 3)
    await pool.execute(
        "INSERT INTO attempts_attempt (id, contest_id, participant_id, status, started_at, submitted_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'submitted', now(), now())",
        contest, handed_in["id"],
    )  # fmt: skip
    group = await rest.make(GROUPS, {"contest_id": contest, "name": "Slow"})
    await rest.call("PUT", f"{PARTICIPANTS}{one['id']}/", {"group_ids": [group["id"]]})
    before = (await rest.call("GET", f"{CONTESTS}{contest}/")).json()
    rows = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("podium_audit", "podium_outbox")]
    all_of = await preview(rest, contest, "extend", seconds=600, reason="late")
    assert all_of == {"effect": "adds 10 min for 2 people; 1 has already finished", "people": 2, "already_over": 1}
    assert (await preview(rest, contest, "extend", seconds=600, reason="late", group_id=group["id"]))["people"] == 1
    assert (await preview(rest, contest, "extend", seconds=600, reason="late", participant_id=one["id"]))["people"] == 1
    for action in ("pause", "freeze", "end"):
        assert (await preview(rest, contest, action))["people"] > 0
    check_refusal(await ask(rest, contest, "resume", "?preview=true"), 409, "contest.not_paused")
    check_refusal(await ask(rest, contest, "end", "?preview=maybe"), 422, "body.invalid")
    assert (await rest.call("GET", f"{CONTESTS}{contest}/")).json() == before
    assert rows == [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("podium_audit", "podium_outbox")]


async def test_a_preview_and_the_deed_under_one_key_are_two(rest: Rest) -> None:
    contest, _ = await exam(rest)
    key = {"Idempotency-Key": "one-click"}
    assert "effect" in (await rest.call("POST", f"{CONTESTS}{contest}/end/?preview=true", {}, headers=key)).json()
    assert (await rest.call("POST", f"{CONTESTS}{contest}/end/", {}, headers=key)).json()["state"] == "ended"


async def test_an_ended_contest_is_not_extended_but_reopened(rest: Rest, pool: asyncpg.Pool) -> None:
    contest, (person,) = await exam(rest)
    ended = await rest.act(contest, "end")
    for body in ({}, {"participant_id": person["id"]}):
        check_refusal(await ask(rest, contest, "extend", seconds=60, reason="so", **body), 409, "contest.wrong_state")
    answer = await rest.call("PUT", f"{PARTICIPANTS}{person['id']}/", {"extra_time_s": 60})
    check_refusal(answer, 409, "contest.wrong_state")
    await pool.execute(
        "INSERT INTO attempts_attempt (id, contest_id, participant_id, status, started_at, submitted_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'submitted', now(), now())",
        contest, person["id"],
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO podium_attempt (attempt_id, contest_id, collected_at) SELECT id, contest_id, now() FROM attempts_attempt"
    )
    again = await rest.act(contest, "reopen", reason="too early")
    assert (again["state"], again["ended_at"], again["paused"]) == ("ongoing", None, False)
    assert again["clock"]["contest_time_s"] == ended["clock"]["contest_time_s"]
    assert [(pause["since"], pause["reason"]) for pause in again["pauses"]] == [(ended["ended_at"], "too early")]
    assert await pool.fetchval("SELECT status FROM attempts_attempt") == "ongoing"
    check_refusal(await ask(rest, contest, "reopen"), 409, "contest.wrong_state")


async def test_times_that_cross_are_refused(rest: Rest) -> None:
    contest, _ = await exam(rest, own_time_s=3600, freeze_after_s=14_400)
    for body, field in (
        ({"duration_s": 3000}, "own_time_s"),
        ({"freeze_after_s": 18_001}, "freeze_after_s"),
        ({"duration_s": 14_000}, "freeze_after_s"),
    ):
        answer = await rest.call("PUT", f"{CONTESTS}{contest}/", body)
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == field
    for body in ({"own_time_s": None}, {"shuffle": True}, {"start_at": "2030-01-01T00:00:00Z"}):
        check_refusal(await rest.call("PUT", f"{CONTESTS}{contest}/", body), 409, "contest.wrong_state")


async def test_two_who_change_at_once_do_not_lose_each_others_work(rest: Rest) -> None:
    contest = await rest.contest()
    group = await rest.make(GROUPS, {"contest_id": contest["id"], "name": "Slow"})
    person = await rest.participant(contest["id"])
    for path, body, code in (
        (f"{CONTESTS}{contest['id']}/", {"title": "Mine"}, "contest.changed"),
        (f"{GROUPS}{group['id']}/", {"name": "Mine"}, "group.changed"),
        (f"{PARTICIPANTS}{person['id']}/", {"name": "Mine"}, "participant.changed"),
    ):
        read = await rest.call("GET", path)
        tag = {"If-Match": read.headers["ETag"]}
        assert read.headers["ETag"] == f'"{read.json()["version"]}"'
        answers = await asyncio.gather(*(rest.call("PUT", path, body, headers=tag) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        check_refusal(next(answer for answer in answers if answer.status_code == 412), 412, code)
        good = next(answer for answer in answers if answer.status_code == 200)
        assert good.headers["ETag"] == f'"{good.json()["version"]}"' != read.headers["ETag"]


async def test_of_many_who_pause_at_once_one_does(rest: Rest, pool: asyncpg.Pool) -> None:
    contest, _ = await exam(rest)
    answers = await asyncio.gather(*(ask(rest, contest, "pause") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert await pool.fetchval("SELECT count(*) FROM podium_pause") == 1


async def test_lists_give_what_is_asked_for(rest: Rest) -> None:
    first, second = await rest.contest(title="Spring Open", external_id="s-1"), await rest.contest(title="Autumn 100%")
    await rest.act(second["id"], "start")

    async def titles(query: str) -> list[str]:
        return [item["title"] for item in (await rest.call("GET", f"{CONTESTS}?{query}")).json()["items"]]

    assert await titles("state=draft") == ["Spring Open"]
    assert await titles("search=autumn") == ["Autumn 100%"]
    assert await titles("search=100%25") == ["Autumn 100%"]
    assert await titles("search=s-1") == ["Spring Open"]
    assert check_refusal(await rest.call("GET", f"{CONTESTS}?state=odd"), 422, "body.invalid")[0]["field"] == "state"
    group = await rest.make(GROUPS, {"contest_id": first["id"], "name": "G"})
    await rest.participant(first["id"], "Ada", group_ids=[group["id"]], time_factor=1.25, accommodation="reader", external_id="a")
    await rest.participant(first["id"], "Bob", hidden=True, ranked=False)

    async def names(query: str) -> list[str]:
        path = f"{PARTICIPANTS}?contest_id={first['id']}&{query}"
        return [item["name"] for item in (await rest.call("GET", path)).json()["items"]]

    assert await names("") == ["Ada", "Bob"]
    assert await names("search=AD") == ["Ada"]
    assert await names("search=a") == ["Ada"]
    assert await names(f"group_id={group['id']}") == ["Ada"]
    assert await names("hidden=true") == await names("ranked=false") == ["Bob"]
    path = f"{PARTICIPANTS}?contest_id={first['id']}&hidden=1"
    assert check_refusal(await rest.call("GET", path), 422, "body.invalid")[0]["field"] == "hidden"


@pytest.mark.parametrize("whom", ["all", "group_id", "participant_id"])
async def test_two_who_extend_the_same_at_once_give_it_once(rest: Rest, pool: asyncpg.Pool, whom: str) -> None:
    contest, taking = await exam(rest)
    group = await rest.make(GROUPS, {"contest_id": contest, "name": "Slow"})
    body = {"seconds": 600, **WHY} | {
        "all": {},
        "group_id": {"group_id": group["id"]},
        "participant_id": {"participant_id": taking[0]["id"]},
    }[whom]
    read = await rest.call("GET", f"{CONTESTS}{contest}/")
    tag = {"If-Match": read.headers["ETag"]}
    answers = await asyncio.gather(*(rest.call("POST", f"{CONTESTS}{contest}/extend/", body, headers=tag) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    check_refusal(next(answer for answer in answers if answer.status_code == 412), 412, "contest.changed")
    good = next(answer for answer in answers if answer.status_code == 200)
    assert good.headers["ETag"] == f'"{good.json()["version"]}"' == (await rest.call("GET", f"{CONTESTS}{contest}/")).headers["ETag"]
    given = "SELECT (SELECT max(duration_s) - 18000 FROM podium_contest) + (SELECT max(extra_time_s) FROM podium_group)"
    assert await pool.fetchval(given + " + (SELECT max(extra_time_s) FROM podium_participant)") == 600
    told = await pool.fetch("SELECT body FROM podium_outbox WHERE topic = 'event.public' ORDER BY id")
    assert told[-1]["body"]["status"]["version"] == good.json()["version"], "pages that are open read it again"
