"""What a contestant is shown, when, in which order; and that keys are in none of it."""

from typing import Any

import asyncpg
import pytest

from tests.rest import Rest, check_refusal, new_id
from tests.sitting import QUESTIONS, exam, set_terms, show_clock

pytestmark = pytest.mark.anyio


async def test_the_waiting_room_knows_who_one_is_and_the_paper_waits_for_the_start(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, started=False)
    (who,) = here.people
    me, paper = f"contest/{here.contest}/me/", f"contest/{here.contest}/paper/"
    check_refusal(await who.ask("GET", me), 404, "contest.not_found")
    await rest.act(here.contest, "schedule")
    await set_terms(pool, here.contest, rules="No talking.", consent="I agree.")
    shown = (await who.ask("GET", me)).json()
    assert (shown["rules"], shown["consent"], shown["attempt"]) == ("No talking.", "I agree.", None)
    assert shown["participant"] == {"id": who.id, "name": "Candidate 0", "groups": []}
    assert shown["contest"]["state"] == "scheduled"
    assert shown["turn"] == {"delay_s": 0, "extra_s": 0, "factor": 1.0, "started_s": None, "handed_in_at": None}
    check_refusal(await who.ask("GET", paper), 409, "contest.not_running")
    await rest.act(here.contest, "start")
    check_refusal(await who.ask("GET", paper), 409, "consent.needed")
    check_refusal(await who.start(), 409, "consent.needed")
    check_refusal(await who.start(consent=False, device="desk"), 409, "consent.needed")
    assert await pool.fetchval("SELECT count(*) FROM attempts_attempt") == 0
    started = await who.start(consent=True, device="desk")
    assert started.status_code == 201
    assert (await who.start()).status_code == 200, "agreed once is agreed"
    told = await who.paper()
    assert told["attempt"] == {"id": who.attempt, "started_at": started.json()["started_at"], "handed_in_at": None}
    assert told["turn"]["started_s"] >= 0
    row = await pool.fetchrow("SELECT consented_at IS NOT NULL AS consented, devices FROM podium_attempt")
    assert tuple(row) == (True, ["desk"])
    stranger = rest.token("contestant", here.contest, new_id())
    check_refusal(await rest.call("GET", f"/api/v1/{me}", token=stranger), 403, "participant.none")


async def test_with_own_time_the_questions_come_with_the_start(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, kinds=("numeric",), started=False)
    (who,) = here.people
    await set_terms(pool, here.contest, own_time_s=600)
    await rest.act(here.contest, "start")
    check_refusal(await who.ask("GET", f"contest/{here.contest}/paper/"), 409, "attempt.not_started")
    await show_clock(pool, here.contest, 100)
    await who.start()
    assert (await who.paper())["turn"]["started_s"] == pytest.approx(100, abs=5)


async def test_who_is_delayed_sees_the_questions_when_it_is_their_turn(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, kinds=("numeric",), started=False)
    late = await here.contestant("late", delay_s=600)
    await rest.act(here.contest, "start")
    check_refusal(await late.ask("GET", f"contest/{here.contest}/paper/"), 409, "contest.not_running")
    await show_clock(pool, here.contest, 601)
    assert (await late.paper())["attempt"] is None


async def test_the_paper_holds_every_kind_in_full_and_no_key(rest: Rest) -> None:
    here = await exam(rest)
    (who,) = here.people
    asked = {question["id"]: question for question in (await who.paper())["questions"]}
    assert set(asked) == set(here.questions.values())
    for name, id_ in here.questions.items():
        question = asked[id_]
        assert question.keys() == {"id", "label", "title", "kind", "points", "statement", "body", "color", "position"}
        assert (question["kind"], question["points"]) == (QUESTIONS[name].get("kind", name), 10)
        if name == "multiple_choice":
            assert sorted(option["id"] for option in question["body"]["options"]) == ["black", "blue", "green", "red"]
        else:
            assert QUESTIONS[name]["body"].items() <= question["body"].items()


async def test_everybody_has_an_order_of_their_own_that_stays(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, 12)
    await set_terms(pool, here.contest, shuffle=True)

    def order(paper: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        choice = next(question for question in paper["questions"] if question["kind"] == "multiple_choice")
        assert [question["position"] for question in paper["questions"]] == list(range(1, 7))
        return tuple(question["id"] for question in paper["questions"]), tuple(option["id"] for option in choice["body"]["options"])

    orders = [order(await who.paper()) for who in here.people]
    assert [order(await who.paper()) for who in here.people] == orders
    assert len({questions for questions, _ in orders}) > 6
    assert len({options for _, options in orders}) > 4
