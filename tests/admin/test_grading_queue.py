"""The work of graders: claims with a lease, two people on one answer, second opinions, disputes, overrides, rubrics; and no names."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests.rest import Rest, check_refusal, new_id
from tests.sitting import Exam, exam, set_terms

pytestmark = pytest.mark.anyio
BASE = "/api/v1/admin/grading/"


async def handed_in(rest: Rest, people: int = 3) -> Exam:
    """An essay of each of `people`, waiting."""
    here = await exam(rest, people, kinds=("essay", "numeric"))
    for number, who in enumerate(here.people):
        assert (await who.submit("essay", f"Essay {number}")).status_code == 201
    return here


class Grader:
    def __init__(self, here: Exam, role: Any = "grader") -> None:
        self.here, self.id = here, new_id()
        self.token = here.rest.token(role, here.contest, self.id)

    async def ask(self, path: str, **body: Any) -> httpx.Response:
        return await self.here.rest.call("POST", f"{BASE}{path}/", body, token=self.token)

    async def claim(self, **body: Any) -> httpx.Response:
        return await self.ask("claim", contest_id=self.here.contest, **body)

    async def judge(self, submission_id: str, verdict: str = "AC", **body: Any) -> httpx.Response:
        return await self.ask("manual", submission_id=submission_id, verdict=verdict, **body)

    async def queue(self, state: str = "") -> list[tuple[str, str]]:
        query = f"&state={state}" if state else ""
        answer = await self.here.rest.call("GET", f"{BASE}queue/?contest_id={self.here.contest}{query}", token=self.token)
        assert answer.status_code == 200, answer.text
        return [(item["submission_id"], item["state"]) for item in answer.json()["items"]]


async def test_an_answer_is_claimed_graded_and_done_and_nobody_is_named(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await handed_in(rest, 2)
    ada, bob = Grader(here), Grader(here)
    work = await ada.claim()
    told = work.json()
    assert (told["answer"], told["question"]["rubric"][0]["id"], told["opinions"], told["file"]) == ("Essay 0", "style", 0, None)
    listed = await rest.call("GET", f"{BASE}queue/?contest_id={here.contest}", token=bob.token)
    for who in here.people:
        for name in (who.id, who.user, who.attempt, "Candidate"):
            assert name not in work.text
            assert name not in listed.text
    assert [state for _, state in await bob.queue()] == ["claimed", "waiting"]
    assert (await ada.claim()).json()["submission_id"] == told["submission_id"], "who reloads goes on where they were"
    other = (await bob.claim()).json()["submission_id"]
    assert other != told["submission_id"]
    check_refusal(await bob.judge(told["submission_id"]), 409, "claim.held")
    check_refusal(await bob.claim(submission_id=told["submission_id"]), 409, "claim.held")
    check_refusal(await bob.ask("claim/release", submission_id=told["submission_id"]), 409, "claim.lost")
    judged = await ada.judge(told["submission_id"], "WA", rubric={"style": 3}, comment="<b>Nice</b> style")
    assert (judged.status_code, judged.json()["score"], judged.json()["state"]) == (201, 3.0, "done")
    row = await pool.fetchrow("SELECT kind, rubric, comment FROM podium_judgement WHERE is_current")
    assert tuple(row) == ("manual", {"style": 3.0}, "<b>Nice</b> style")
    assert await bob.queue("done") == [(told["submission_id"], "done")]
    check_refusal(await bob.claim(submission_id=told["submission_id"]), 409, "submission.judged")
    assert (await bob.ask("claim/release", submission_id=other)).status_code == 204
    assert await ada.queue("waiting") == [(other, "waiting")]
    assert (await ada.claim(question_id=here.questions["numeric"])).status_code == 204


async def test_of_many_graders_each_answer_goes_to_exactly_one(rest: Rest) -> None:
    here = await handed_in(rest, 6)
    graders = [Grader(here) for _ in range(8)]
    answers = await asyncio.gather(*(grader.claim() for grader in graders))
    taken = [answer.json()["submission_id"] for answer in answers if answer.status_code == 200]
    assert len(taken) == len(set(taken)), "no answer is held by two"
    assert len(taken) + [answer.status_code for answer in answers].count(204) == 8
    left = [answer.json()["submission_id"] for grader in graders if (answer := await grader.claim()).status_code == 200]
    assert sorted(left) == sorted(submission for submission, _ in await graders[0].queue())


async def test_of_two_on_one_answer_one_gets_it(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await handed_in(rest, 1)
    ((submission, _),) = await Grader(here).queue()
    answers = await asyncio.gather(*(Grader(here).claim(submission_id=submission) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert await pool.fetchval("SELECT count(*) FROM podium_claim") == 1


async def test_a_claim_runs_out_and_can_be_renewed(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await handed_in(rest, 1)
    ada, bob = Grader(here), Grader(here)
    work = (await ada.claim()).json()
    renewed = await ada.ask("claim/renew", submission_id=work["submission_id"])
    assert renewed.json()["until"] >= work["until"]
    assert (await bob.claim()).status_code == 204
    await pool.execute("UPDATE podium_claim SET until = now() - interval '1 second'")
    assert (await bob.claim()).json()["submission_id"] == work["submission_id"]
    check_refusal(await ada.ask("claim/renew", submission_id=work["submission_id"]), 409, "claim.lost")
    check_refusal(await ada.judge(work["submission_id"]), 409, "claim.held")


async def test_with_two_opinions_the_judgement_comes_when_two_people_agree(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await handed_in(rest, 1)
    await set_terms(pool, here.contest, opinions=2)
    ada, bob = Grader(here), Grader(here)
    submission = (await ada.claim()).json()["submission_id"]
    first = await ada.judge(submission, "AC", score=7.1)
    assert (first.status_code, first.json()["state"], first.json()["current"]) == (201, "second", False)
    assert await pool.fetchval("SELECT count(*) FROM podium_judgement") == 0
    check_refusal(await ada.judge(submission, "AC", score=7.1), 409, "opinion.given")
    assert (await ada.claim()).status_code == 204, "the second opinion is another person's"
    assert await bob.queue() == [(submission, "second")]
    assert (await bob.claim()).json()["opinions"] == 1
    assert (await bob.judge(submission, "AC", score=7.1 + 1e-12)).json()["state"] == "done"
    assert await pool.fetchval("SELECT score FROM podium_judgement WHERE is_current") == pytest.approx(7.1)
    check_refusal(await Grader(here).judge(submission, "WA"), 409, "submission.judged")


async def test_who_disagrees_needs_an_organiser(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await handed_in(rest, 1)
    await set_terms(pool, here.contest, opinions=2)
    ada, bob, third = Grader(here), Grader(here), Grader(here)
    ((submission, _),) = await ada.queue()
    await ada.judge(submission, "AC", score=7)
    assert (await bob.judge(submission, "AC", score=6)).json()["state"] == "disputed"
    assert await third.queue("disputed") == [(submission, "disputed")]
    check_refusal(await third.judge(submission, "AC", score=7), 409, "submission.disputed")
    assert (await third.claim()).status_code == 204
    settle = {"submission_id": submission, "verdict": "AC", "score": 6.5}
    check_refusal(await third.ask("override", **settle, reason="so"), 403, "role.forbidden")
    chief = Grader(here, "organiser")
    path = f"/api/v1/admin/submissions/{submission}/"
    told = (await rest.call("GET", path, token=chief.token)).json()
    assert (told["answer"], told["question"]["title"] != "") == ("Essay 0", True)
    assert [(one["person_id"], one["verdict"], one["score"]) for one in told["opinions"]] == [(ada.id, "AC", 7.0), (bob.id, "AC", 6.0)]
    check_refusal(await rest.call("GET", path, token=third.token), 403, "role.forbidden")
    assert check_refusal(await chief.ask("override", **settle), 422, "body.invalid")[0]["field"] == "reason"
    assert (await chief.ask("override", **settle, reason="Between both")).status_code == 201
    assert tuple(await pool.fetchrow("SELECT kind, score, reason FROM podium_judgement WHERE is_current")) == (
        "override",
        6.5,
        "Between both",
    )
    assert (await chief.ask("override", **{**settle, "score": 7}, reason="Read again")).status_code == 201
    audited = await pool.fetchrow(
        "SELECT before, after, reason FROM podium_audit WHERE action = 'judgement.overridden' ORDER BY id DESC LIMIT 1"
    )
    assert (audited["before"]["score"], audited["after"]["score"], audited["reason"]) == (6.5, 7.0, "Read again")


async def test_two_second_opinions_at_once_are_one_second_and_one_refused(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await handed_in(rest, 1)
    await set_terms(pool, here.contest, opinions=2)
    ((submission, _),) = await Grader(here).queue()
    answers = await asyncio.gather(*(Grader(here).judge(submission, "AC", score=5) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
    assert await pool.fetchval("SELECT count(*) FROM podium_judgement") == 1


async def test_points_that_a_rubric_does_not_have(rest: Rest) -> None:
    here = await handed_in(rest, 1)
    ada = Grader(here)
    ((submission, _),) = await ada.queue()
    for rubric in ({"spelling": 1}, {"style": 5}):
        assert check_refusal(await ada.judge(submission, "AC", rubric=rubric), 422, "body.invalid")[0]["field"] == "rubric"
    answer = await rest.call("GET", f"{BASE}queue/?contest_id={here.contest}&state=lost")
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "state"
