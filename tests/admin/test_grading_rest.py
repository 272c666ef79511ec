"""Judgements: which one counts, who hears of it, and identities that are taken."""

from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from tests.rest import Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio
PATH = "/api/v1/admin/grading/manual/"


@dataclass
class Judged:
    contest: str
    submission: str
    participant: dict[str, Any]


async def submitted(rest: Rest) -> Judged:
    contest = (await rest.contest())["id"]
    question, participant = await rest.question(contest), await rest.participant(contest)
    await rest.act(contest, "start")
    body = {"question_id": question["id"], "participant_id": participant["id"], "contest_time_s": 61.5, "external_id": "s1"}
    sent = await rest.make(f"/api/v1/contest/{contest}/submit/", body)
    return Judged(contest, sent["submission_id"], participant)


async def verdict(rest: Rest, judged: Judged) -> str | None:
    (item,) = (await rest.call("GET", f"/api/v1/admin/submissions/?contest_id={judged.contest}", token=rest.token("grader"))).json()[
        "items"
    ]
    found: str | None = item["verdict"]
    return found


async def test_one_judgement_counts_and_the_newest_left_comes_back(rest: Rest, pool: asyncpg.Pool) -> None:
    judged = await submitted(rest)
    assert await verdict(rest, judged) is None

    async def post(word: str, judged_at: str, **members: Any) -> str:
        body = {"submission_id": judged.submission, "verdict": word, "judged_at": judged_at, **members}
        found: str = (await rest.make(PATH, body))["id"]
        return found

    first = await post("WA", "2026-11-24T12:00:00Z")
    aside = await post("TLE", "2026-11-24T12:05:00Z", current=False)
    assert await verdict(rest, judged) == "WA"
    second = await post("AC", "2026-11-24T12:03:00Z")
    assert await verdict(rest, judged) == "AC"
    assert await pool.fetchval("SELECT count(*) FROM podium_judgement WHERE is_current") == 1
    for gone, left in ((second, "TLE"), (first, "TLE"), (aside, None)):
        assert (await rest.call("DELETE", f"{PATH}{gone}/")).status_code == 204
        assert await verdict(rest, judged) == left
        check_refusal(await rest.call("DELETE", f"{PATH}{gone}/"), 404, "judgement.not_found")


async def test_who_hears_of_a_verdict(rest: Rest, pool: asyncpg.Pool) -> None:
    judged = await submitted(rest)
    await pool.execute("DELETE FROM podium_outbox")
    await rest.make(PATH, {"submission_id": judged.submission, "verdict": "AC", "score": 42.5})
    await rest.make(PATH, {"submission_id": judged.submission, "verdict": "WA", "current": False})
    rows = {row["topic"]: row for row in await pool.fetch("SELECT topic, subject, body FROM podium_outbox")}
    assert len(rows) == await pool.fetchval("SELECT count(*) FROM podium_outbox") == 3
    assert rows["score.changed"]["subject"] == judged.submission
    note = {"id": judged.submission, "problem": "A", "contest_time_s": 61.5, "verdict": "AC", "score": 42.5}
    assert rows["inbox"]["subject"] == judged.participant["user_id"]
    assert rows["inbox"]["body"] == {"type": "verdict.reached", "submission": note}
    assert rows["event.organiser"]["body"] == {
        "type": "verdict.reached",
        "submission": note,
        "participant_id": judged.participant["id"],
    }


async def test_external_ids_are_taken_once(rest: Rest) -> None:
    judged = await submitted(rest)
    body = {"submission_id": judged.submission, "verdict": "AC", "external_id": "j1"}
    await rest.make(PATH, body)
    details = check_refusal(await rest.call("POST", PATH, body), 409, "judgement.exists")
    assert details == [{"field": "external_id", "message": "is taken"}]
    again = {
        "question_id": (await rest.question(judged.contest, "B"))["id"],
        "participant_id": judged.participant["id"],
        "contest_time_s": 1,
        "external_id": "s1",
    }
    check_refusal(await rest.call("POST", f"/api/v1/contest/{judged.contest}/submit/", again), 409, "submission.exists")
    check_refusal(
        await rest.call("POST", "/api/v1/admin/questions/", {"contest_id": judged.contest, "label": "A", "title": "x"}),
        409,
        "question.exists",
    )
    assert await verdict(rest, judged) == "AC"


async def test_a_deleted_submission_no_longer_counts(rest: Rest, pool: asyncpg.Pool) -> None:
    judged = await submitted(rest)
    assert (await rest.call("DELETE", f"/api/v1/admin/submissions/{judged.submission}/")).status_code == 204
    assert (await rest.call("GET", f"/api/v1/admin/contests/{judged.contest}/")).json()["counts"]["submissions"] == 0
    check_refusal(await rest.call("POST", PATH, {"submission_id": judged.submission, "verdict": "AC"}), 404, "submission.not_found")
    check_refusal(await rest.call("DELETE", f"/api/v1/admin/submissions/{judged.submission}/"), 404, "submission.not_found")
    last = await pool.fetchrow("SELECT topic, subject FROM podium_outbox WHERE topic = 'score.changed' ORDER BY id DESC LIMIT 1")
    assert last["subject"] == judged.submission


async def test_a_grader_of_another_contest_finds_nothing(rest: Rest) -> None:
    judged = await submitted(rest)
    other = rest.token("grader", (await rest.contest())["id"])
    body = {"submission_id": judged.submission, "verdict": "AC"}
    check_refusal(await rest.call("POST", PATH, body, token=other), 404, "submission.not_found")
    made = await rest.make(PATH, body, token=rest.token("grader", judged.contest))
    check_refusal(await rest.call("DELETE", f"{PATH}{made['id']}/", token=other), 404, "judgement.not_found")
    assert await verdict(rest, judged) == "AC"
    foreign = rest.token("grader", user="not-a-uuid")
    check_refusal(await rest.call("POST", PATH, body, token=foreign), 403, "person.no_uuid")


async def test_words_that_are_no_verdicts(rest: Rest) -> None:
    for wrong in ("ac", "", "ACCEPTED-BY-ME", "A C", 1, None):
        answer = await rest.call("POST", PATH, {"submission_id": new_id(), "verdict": wrong})
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "verdict"
