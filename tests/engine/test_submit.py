"""Submitting: the way from an empty database to a verdict, what is refused on it, and the race with the end."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from tests.rest import ME, Rest, check_refusal, new_id
from tests.support import eventually

pytestmark = pytest.mark.anyio


@dataclass
class Running:
    """An ongoing contest with one question and one contestant."""

    contest: str
    question: str
    participant: dict[str, Any]
    token: str

    @property
    def path(self) -> str:
        return f"/api/v1/contest/{self.contest}/submit/"

    @property
    def body(self) -> dict[str, Any]:
        return {"question_id": self.question, "language": "c", "source": "int main(){}"}


async def running_contest(rest: Rest, **members: Any) -> Running:
    contest = (await rest.contest(**members))["id"]
    question, participant = (await rest.question(contest))["id"], await rest.participant(contest)
    token = (await rest.make(f"/api/v1/admin/participants/{participant['id']}/token/", {}))["token"]
    assert (await rest.act(contest, "start"))["state"] == "ongoing"
    return Running(contest, question, participant, token)


async def test_from_nothing_to_a_verdict(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await running_contest(rest)
    start = f"/api/v1/contest/{here.contest}/start/"
    attempt = await rest.call("POST", start, {}, token=here.token)
    again = await rest.call("POST", start, {}, token=here.token)
    assert (attempt.status_code, again.status_code) == (201, 200)
    assert attempt.json() == again.json()
    sent = await rest.make(here.path, here.body, token=here.token)
    await rest.make("/api/v1/admin/grading/manual/", {"submission_id": sent["submission_id"], "verdict": "AC"})
    own = (await rest.call("GET", f"/api/v1/contest/{here.contest}/submissions/", token=here.token)).json()
    note = {"id": sent["submission_id"], "problem": "A", "contest_time_s": sent["contest_time_s"], "verdict": "AC", "score": None}
    assert own == {"total": 1, "items": [note]}
    topics = [row["topic"] for row in await pool.fetch("SELECT topic FROM podium_outbox ORDER BY id")]
    assert topics[-6:] == ["score.changed", "inbox", "event.organiser"] * 2
    row = await pool.fetchrow("SELECT source, submitted_by FROM podium_submission")
    assert (row["source"], row["submitted_by"]) == ("int main(){}", here.participant["user_id"])


async def test_who_is_not_running_cannot_submit(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    question, person = await rest.question(contest), await rest.participant(contest)
    token = rest.token("contestant", contest, person["user_id"])
    path, body = f"/api/v1/contest/{contest}/submit/", {"question_id": question["id"], "answer": "x"}
    check_refusal(await rest.call("POST", path, body, token=token), 409, "contest.not_running")
    await rest.act(contest, "start")
    stranger = rest.token("contestant", contest, new_id())
    check_refusal(await rest.call("POST", path, body, token=stranger), 403, "participant.none")
    odd = rest.token("contestant", contest, "not-a-uuid")
    check_refusal(await rest.call("POST", path, body, token=odd), 403, "person.no_uuid")
    await rest.make(path, body, token=token)
    await rest.act(contest, "end")
    check_refusal(await rest.call("POST", path, body, token=token), 409, "contest.not_running")
    check_refusal(await rest.call("POST", f"/api/v1/contest/{contest}/start/", {}, token=token), 409, "contest.not_running")
    assert await pool.fetchval("SELECT count(*) FROM podium_submission") == 1


async def test_delay_and_extra_time_are_ones_own(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await running_contest(rest, duration_s=1000)
    late = await rest.participant(here.contest, "late", delay_s=600)
    longer = await rest.participant(here.contest, "longer", extra_time_s=600)
    body = {"question_id": here.question, "answer": "x"}

    async def status_of(user: str) -> int:
        return (await rest.call("POST", here.path, body, token=rest.token("contestant", here.contest, user))).status_code

    people = (here.participant, late, longer)
    for minute, allowed in ((5, (201, 409, 201)), (15, (201, 201, 201)), (20, (409, 201, 201)), (27, (409, 409, 409))):
        await pool.execute("UPDATE podium_contest SET clock_at = now() - make_interval(mins => $1)", minute)
        assert tuple([await status_of(who["user_id"]) for who in people]) == allowed, minute


async def test_contents_that_are_wrong(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await running_contest(rest)
    other = await running_contest(rest)
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"question_id": here.question}, 422, "source"),
        ({**here.body, "answer": "x"}, 422, "answer"),
        ({**here.body, "source": "x" * (256 * 1024 + 1)}, 422, "source"),
        ({**here.body, "source": "\u00e9" * (128 * 1024 + 1)}, 422, "source"),
        ({**here.body, "question_id": other.question}, 422, "question_id"),
        ({**here.body, "participant_id": here.participant["id"]}, 422, "participant_id"),
        ({**here.body, "contest_time_s": 1}, 422, "contest_time_s"),
        ({**here.body, "external_id": "x"}, 422, "external_id"),
        ({"question_id": here.question, "answer": {"a": 1}}, 422, "answer.a"),
        ({"question_id": here.question, "answer": "a\x00b"}, 422, "answer"),
    ]
    for body, status, field in wrong:
        details = check_refusal(await rest.call("POST", here.path, body, token=here.token), status, "body.invalid")
        assert details[0]["field"] == field
    missing = {**here.body, "question_id": new_id()}
    check_refusal(await rest.call("POST", here.path, missing, token=here.token), 404, "question.not_found")
    check_refusal(await rest.call("POST", other.path, here.body, token=here.token), 404, "contest.not_found")
    assert await pool.fetchval("SELECT count(*) FROM podium_submission") == 0
    for answer in ("text", 4.5, True, ["a", "b"]):
        await rest.make(here.path, {"question_id": here.question, "answer": answer}, token=here.token)
    stored = [row["answer"] for row in await pool.fetch("SELECT answer FROM podium_submission ORDER BY arrival")]
    assert stored == ["text", 4.5, True, ["a", "b"]]
    await rest.make(here.path, {**here.body, "source": "x" * (256 * 1024)}, token=here.token)


async def test_by_proxy_the_time_is_the_one_given_and_it_is_audited(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await running_contest(rest)
    body = {
        "question_id": here.question,
        "participant_id": here.participant["id"],
        "contest_time_s": 288.183,
        "external_id": "s7",
        "reason": "paper",
    }
    sent = await rest.make(here.path, body)
    assert sent["contest_time_s"] == 288.183
    row = await pool.fetchrow("SELECT actor_id, reason, after FROM podium_audit WHERE action = 'submission.proxied'")
    assert (row["actor_id"], row["reason"], row["after"]["contest_time_s"]) == (ME, "paper", 288.183)
    assert await pool.fetchval("SELECT submitted_by FROM podium_submission") == ME
    for member in ("participant_id", "contest_time_s"):
        without = {name: value for name, value in body.items() if name != member}
        assert check_refusal(await rest.call("POST", here.path, without), 422, "body.invalid")[0]["field"] == member
    foreign = {**body, "participant_id": (await running_contest(rest)).participant["id"]}
    assert check_refusal(await rest.call("POST", here.path, foreign), 422, "body.invalid")[0]["field"] == "participant_id"
    draft = (await rest.contest())["id"]
    new = {**body, "question_id": (await rest.question(draft))["id"], "participant_id": (await rest.participant(draft))["id"]}
    check_refusal(await rest.call("POST", f"/api/v1/contest/{draft}/submit/", new), 409, "contest.wrong_state")
    await rest.act(here.contest, "end")
    await rest.make(here.path, {**body, "external_id": "s8"})


async def test_nothing_is_stored_after_a_committed_end(rest: Rest, pool: asyncpg.Pool) -> None:
    """Submissions race with the end: whatever was acknowledged had begun before it, and is there."""
    here = await running_contest(rest)

    async def submit() -> int:
        return (await rest.call("POST", here.path, here.body, token=here.token)).status_code

    async def end() -> int:
        return (await rest.call("POST", f"/api/v1/admin/contests/{here.contest}/end/", {})).status_code

    *answers, ended = await asyncio.gather(*(submit() for _ in range(40)), end())
    assert ended == 200
    counted = Counter(answers)
    assert set(counted) <= {201, 409}
    assert await pool.fetchval("SELECT count(*) FROM podium_submission") == counted[201]
    order = [row["action"] for row in await pool.fetch("SELECT action FROM podium_audit ORDER BY id")]
    assert await submit() == 409
    assert order.count("submission.received") == counted[201]


async def test_a_submission_waits_for_an_end_under_way_and_is_then_refused(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await running_contest(rest)
    async with pool.acquire() as connection:
        ending = connection.transaction()
        await ending.start()
        await connection.execute("UPDATE podium_contest SET ended_at = now() WHERE contest_id = $1", here.contest)
        waiting = asyncio.create_task(rest.call("POST", here.path, here.body, token=here.token))
        await wait_for_a_lock(pool)
        await ending.commit()
    check_refusal(await waiting, 409, "contest.not_running")
    assert await pool.fetchval("SELECT count(*) FROM podium_submission") == 0


@pytest.mark.parametrize("by_proxy", [False, True])
async def test_a_submission_waits_for_a_removal_under_way_and_is_then_refused(rest: Rest, pool: asyncpg.Pool, by_proxy: bool) -> None:
    """Else it would stand there unjudged, of somebody who is not there."""
    here = await running_contest(rest)
    body = here.body | ({"participant_id": here.participant["id"], "contest_time_s": 1} if by_proxy else {})
    async with pool.acquire() as connection:
        removing = connection.transaction()
        await removing.start()
        await connection.execute("UPDATE podium_participant SET removed_at = now() WHERE participant_id = $1", here.participant["id"])
        waiting = asyncio.create_task(rest.call("POST", here.path, body, token=None if by_proxy else here.token))
        await wait_for_a_lock(pool)
        await removing.commit()
    check_refusal(await waiting, 409, "contest.not_running")
    assert await pool.fetchval("SELECT count(*) FROM podium_submission") == 0


async def wait_for_a_lock(pool: asyncpg.Pool) -> None:
    async def somebody_waits() -> bool:
        found: bool = await pool.fetchval(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return found

    await eventually(somebody_waits)
