"""Being asked and answering: one answerer at a time, the asker and staff told, to everybody without a name."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from contest.store.clarifications import ASKED_MOST
from tests.rest import ME, Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio

BASE = "/api/v1/admin/clarifications/"


@dataclass
class Hall:
    """A scheduled contest with a question and two contestants; `one`, `two`: their tokens."""

    rest: Rest
    contest: str
    question: str
    one: str
    two: str
    participant: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/api/v1/contest/{self.contest}/clarifications/"

    async def ask(self, text: str = "May n be 0?", token: str | None = None, **members: Any) -> Any:
        return await self.rest.make(self.path, {"text": text, **members}, token=token or self.one)

    async def act(self, clarification: str, action: str, body: Any = None, *, user: str = ME, role: Any = "grader") -> httpx.Response:
        return await self.rest.call("POST", f"{BASE}{clarification}/{action}/", body or {}, token=self.rest.token(role, user=user))

    async def listed(self, **query: str) -> list[Any]:
        answer = await self.rest.call("GET", BASE, params={"contest_id": self.contest, **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


@pytest.fixture
async def hall(rest: Rest) -> Hall:
    contest = (await rest.contest())["id"]
    question = (await rest.question(contest))["id"]
    people = [await rest.participant(contest, name) for name in ("AGH", "UW")]
    await rest.act(contest, "start")
    one, two = (rest.token("contestant", contest, each["user_id"], who=each["id"]) for each in people)
    return Hall(rest, contest, question, one, two, people[0])


async def told(pool: asyncpg.Pool, topic: str) -> list[Any]:
    return [row["body"] for row in await pool.fetch("SELECT body FROM podium_outbox WHERE topic = $1 ORDER BY id", topic)]


async def test_from_the_question_to_the_answer(hall: Hall, pool: asyncpg.Pool) -> None:
    asked = await hall.ask(question_id=hall.question)
    assert (asked["problem"], asked["answer"], asked["to_all"]) == ("A", None, False)
    assert asked["contest_time_s"] >= 0
    assert (await hall.rest.call("GET", hall.path, token=hall.one)).json() == {"total": 1, "items": [asked]}
    assert (await hall.rest.call("GET", hall.path, token=hall.two)).json()["total"] == 0
    (waiting,) = await hall.listed(state="open")
    assert (waiting["participant_name"], waiting["participant_id"], waiting["claimed_by"]) == ("AGH", hall.participant["id"], None)

    check_refusal(await hall.act(asked["id"], "answer", {"text": "No."}), 409, "claim.none")
    claimed = (await hall.act(asked["id"], "claim")).json()
    assert (claimed["state"], claimed["claimed_by"]) == ("claimed", ME)
    assert await hall.listed(state="open") == []
    answered = (await hall.act(asked["id"], "answer", {"text": "No, n is at least 1."})).json()
    assert (answered["state"], answered["answer"], answered["answered_by"], answered["claimed_by"]) == (
        "answered", "No, n is at least 1.", ME, None,
    )  # fmt: skip
    assert (await hall.rest.call("GET", f"{BASE}{asked['id']}/")).json() == answered

    own = (await hall.rest.call("GET", hall.path, token=hall.one)).json()["items"][0]
    assert (own["answer"], own["answered_at"]) == ("No, n is at least 1.", answered["answered_at"])
    inbox = [body for body in await told(pool, "inbox") if "clarification" in body]
    assert [body["type"] for body in inbox] == ["clarification.asked", "clarification.answered"]
    assert inbox[1]["clarification"] == own
    assert "participant_id" not in inbox[1]
    staff = [body for body in await told(pool, "event.organiser") if body["type"].startswith("clarification.")]
    assert [body["type"] for body in staff] == ["clarification.asked", "clarification.claimed", "clarification.answered"]
    assert (staff[2]["participant_id"], staff[2]["answered_by"]) == (hall.participant["id"], ME)


async def test_to_all_is_announced_without_a_name(hall: Hall, pool: asyncpg.Pool) -> None:
    asked = await hall.ask("Is this <b>O(n)</b>?", question_id=hall.question)
    await hall.act(asked["id"], "claim")
    await hall.act(asked["id"], "answer", {"text": "No comment.", "to_all": True})
    (announced,) = [body["announcement"] for body in await told(pool, "event.public") if body["type"] == "announcement.posted"]
    assert announced["text"] == "A\nQ: Is this <b>O(n)</b>?\nA: No comment."
    (own,) = (await hall.rest.call("GET", hall.path, token=hall.one)).json()["items"]
    assert own["to_all"]
    listed = (await hall.rest.call("GET", f"/api/v1/admin/announcements/?contest_id={hall.contest}&to=all")).json()["items"]
    assert [each["id"] for each in listed] == [announced["id"]]


async def test_an_answer_is_mended_and_the_audit_has_both(hall: Hall, pool: asyncpg.Pool) -> None:
    asked = await hall.ask()
    for text in ("Yes.", "No."):
        await hall.act(asked["id"], "claim")
        assert (await hall.act(asked["id"], "answer", {"text": text})).status_code == 200
    row = await pool.fetchrow("SELECT before, after FROM podium_audit WHERE action = 'clarification.answered' ORDER BY id DESC LIMIT 1")
    assert (row["before"]["answer"], row["after"]["answer"]) == ("Yes.", "No.")


async def test_of_many_who_claim_at_once_one_holds_it(hall: Hall, pool: asyncpg.Pool) -> None:
    for _ in range(4):
        asked = await hall.ask()
        await pool.execute("UPDATE podium_clarification SET asked_at = now() - interval '1 hour'")
        people = [new_id() for _ in range(8)]
        answers = await asyncio.gather(*(hall.act(asked["id"], "claim", user=person) for person in people))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
        (holder,) = [person for person, answer in zip(people, answers, strict=True) if answer.status_code == 200]
        given = await asyncio.gather(*(hall.act(asked["id"], "answer", {"text": person}, user=person) for person in people))
        assert Counter(answer.status_code for answer in given) == {200: 1, 409: 7}
        found = (await hall.rest.call("GET", f"{BASE}{asked['id']}/")).json()
        assert (found["answer"], found["answered_by"]) == (holder, holder)


async def test_a_claim_runs_out(hall: Hall, pool: asyncpg.Pool) -> None:
    asked, first, second = await hall.ask(), new_id(), new_id()
    await hall.act(asked["id"], "claim", user=first)
    for action, body in (("claim", {}), ("release", {}), ("answer", {"text": "No."})):
        check_refusal(await hall.act(asked["id"], action, body, user=second), 409, "claim.held")
    before = await pool.fetchval("SELECT until FROM podium_claim")
    assert (await hall.act(asked["id"], "claim", user=first)).status_code == 200
    assert await pool.fetchval("SELECT until FROM podium_claim") > before, "claimed again is held for longer"

    await pool.execute("UPDATE podium_claim SET until = now() - interval '1 second'")
    assert [each["state"] for each in await hall.listed()] == ["open"]
    assert (await hall.act(asked["id"], "claim", user=second)).status_code == 200
    check_refusal(await hall.act(asked["id"], "answer", {"text": "Too late."}, user=first), 409, "claim.held")
    assert (await hall.act(asked["id"], "release", user=second)).status_code == 204
    assert (await hall.act(asked["id"], "release", user=second)).status_code == 204
    check_refusal(await hall.act(asked["id"], "answer", {"text": "No."}, user=second), 409, "claim.none")

    await hall.act(asked["id"], "claim", user=first)
    await pool.execute("UPDATE podium_claim SET until = now() - interval '1 second'")
    assert (await hall.act(asked["id"], "answer", {"text": "No."}, user=first)).status_code == 200, "nobody else took it meanwhile"


async def test_who_asks_too_much_waits(hall: Hall) -> None:
    """Also when all questions come at once, and without holding up anybody else."""
    answers = await asyncio.gather(*(hall.rest.call("POST", hall.path, {"text": "?"}, token=hall.one) for _ in range(ASKED_MOST + 4)))
    assert Counter(answer.status_code for answer in answers) == {201: ASKED_MOST, 429: 4}
    refused = next(answer for answer in answers if answer.status_code == 429)
    check_refusal(refused, 429, "clarification.too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 301
    await hall.ask(token=hall.two)


async def test_what_cannot_be_asked(hall: Hall) -> None:
    for text in ("", "x" * 2_001):
        answer = await hall.rest.call("POST", hall.path, {"text": text}, token=hall.one)
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "text"
    answer = await hall.rest.call("POST", hall.path, {"text": "?", "question_id": new_id()}, token=hall.one)
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "question_id"
    stranger = hall.rest.token("contestant", hall.contest, new_id())
    check_refusal(await hall.rest.call("POST", hall.path, {"text": "?"}, token=stranger), 403, "participant.none")
    draft = (await hall.rest.contest())["id"]
    made = await hall.rest.participant(draft)
    token = hall.rest.token("contestant", draft, made["user_id"], who=made["id"])
    answer = await hall.rest.call("POST", f"/api/v1/contest/{draft}/clarifications/", {"text": "?"}, token=token)
    check_refusal(answer, 409, "contest.wrong_state")


async def test_filters(hall: Hall) -> None:
    one, two, three = await hall.ask("1"), await hall.ask("2", question_id=hall.question), await hall.ask("3", hall.two)
    await hall.act(two["id"], "claim")
    await hall.act(three["id"], "claim")
    await hall.act(three["id"], "answer", {"text": "No."})
    found = {state: [each["text"] for each in await hall.listed(state=state)] for state in ("open", "claimed", "answered")}
    assert found == {"open": ["1"], "claimed": ["2"], "answered": ["3"]}
    assert [each["id"] for each in await hall.listed(question_id=hall.question)] == [two["id"]]
    assert [each["id"] for each in await hall.listed(participant_id=hall.participant["id"])] == [one["id"], two["id"]]
    for query in ({"state": "lost"}, {"question_id": "x"}, {"participant_id": "1"}):
        answer = await hall.rest.call("GET", BASE, params={"contest_id": hall.contest, **query})
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == next(iter(query))


async def test_canned_answers(hall: Hall) -> None:
    path, body = "/api/v1/admin/canned-answers/", {"contest_id": hall.contest, "title": "No comment", "text": "Read the statement."}
    made = await hall.rest.make(path, body)
    check_refusal(await hall.rest.call("POST", path, {**body, "text": "Other."}), 409, "canned_answer.exists")
    grader = hall.rest.token("grader")
    assert (await hall.rest.call("GET", f"{path}?contest_id={hall.contest}", token=grader)).json() == {"total": 1, "items": [made]}
    assert (await hall.rest.call("DELETE", f"{path}{made['id']}/", token=grader)).status_code == 204
    check_refusal(await hall.rest.call("DELETE", f"{path}{made['id']}/"), 404, "canned_answer.not_found")
