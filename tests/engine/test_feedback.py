"""Changing when contestants learn their verdicts: what was told is not taken back, what was kept is told once and in order."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests.rest import Rest, check_refusal
from tests.sitting import Exam, exam
from tests.support import eventually

pytestmark = pytest.mark.anyio
KINDS = ("numeric", "essay")


async def set_feedback(rest: Rest, here: Exam, feedback: str) -> httpx.Response:
    return await rest.call("PUT", f"/api/v1/admin/contests/{here.contest}/", {"feedback": feedback})


async def work(rest: Rest, here: Exam) -> list[str]:
    """Everybody answers, in turns, so that their submissions lie among each other; the essays are judged last first. The ids in order."""
    essays: list[str] = []
    ids: list[str] = []
    for value in (9.81, 1.5):
        for who in here.people:
            ids.append((await who.submit("numeric", value)).json()["submission_id"])
            essays.append((await who.submit("essay", "once")).json()["submission_id"])
            ids.append(essays[-1])
    for essay in reversed(essays):
        await rest.make("/api/v1/admin/grading/manual/", {"submission_id": essay, "verdict": "WA", "score": 3, "comment": "Too short"})
    return ids


async def heard(pool: asyncpg.Pool, here: Exam, kind: str = "verdict.reached") -> list[dict[str, Any]]:
    """What inboxes were told, in order."""
    rows = await pool.fetch("SELECT body, subject FROM podium_outbox WHERE contest_id = $1 AND topic = 'inbox' ORDER BY id", here.contest)
    return [{**row["body"], "to": row["subject"]} for row in rows if row["body"]["type"] == kind]


async def all_rows(pool: asyncpg.Pool, here: Exam) -> list[Any]:
    counted = ("podium_audit", "podium_outbox")
    counts = [await pool.fetchval(f"SELECT count(*) FROM {table} WHERE contest_id = $1", here.contest) for table in counted]
    return [await pool.fetchrow("SELECT * FROM podium_contest WHERE contest_id = $1", here.contest), *counts]


@pytest.mark.parametrize(("feedback", "final", "wishes"), [("at_once", False, ("after_end", "never")), ("after_end", True, ("never",))])
async def test_what_was_told_is_not_taken_back(rest: Rest, pool: asyncpg.Pool, feedback: str, final: bool, wishes: tuple[str, ...]) -> None:
    here = await exam(rest, kinds=("numeric",), feedback=feedback)
    for wish in wishes:
        assert (await set_feedback(rest, here, wish)).json()["feedback"] == wish, "nothing was told yet"
        if not final:
            assert (await set_feedback(rest, here, feedback)).status_code == 200
    assert (await set_feedback(rest, here, feedback)).status_code == 200
    await here.people[0].submit("numeric", 9.81)
    if final:
        await rest.act(here.contest, "end")
        assert (await set_feedback(rest, here, "never")).status_code == 200
        assert (await set_feedback(rest, here, feedback)).status_code == 200
        await rest.act(here.contest, "finalize")
    before = await all_rows(pool, here)
    for wish in wishes:
        check_refusal(await set_feedback(rest, here, wish), 409, "contest.verdicts_told")
    assert await all_rows(pool, here) == before


@pytest.mark.parametrize(("kept", "told"), [("never", "at_once"), ("after_end", "at_once"), ("never", "after_end")])
async def test_what_was_kept_is_told_once_and_in_order(rest: Rest, pool: asyncpg.Pool, kept: str, told: str) -> None:
    """However many ask for it at once; of a contest that tells after its end, when it is final."""
    here = await exam(rest, 2, kinds=KINDS, feedback=kept)
    ids = await work(rest, here)
    if told == "after_end":
        assert (await set_feedback(rest, here, told)).status_code == 200
        await rest.act(here.contest, "end")
        assert await heard(pool, here) == []
        before = await pool.fetchval("SELECT max(id) FROM podium_outbox")
        finalized = await asyncio.gather(*(rest.call("POST", f"/api/v1/admin/contests/{here.contest}/finalize/", {}) for _ in range(3)))
        assert sorted(answer.status_code for answer in finalized) == [200, 409, 409]
    else:
        assert await heard(pool, here) == []
        before = await pool.fetchval("SELECT max(id) FROM podium_outbox")
        assert {answer.status_code for answer in await asyncio.gather(*(set_feedback(rest, here, told) for _ in range(3)))} == {200}
    verdicts = await heard(pool, here)
    assert [each["submission"]["id"] for each in verdicts] == ids
    assert [each["submission"]["verdict"] for each in verdicts] == ["AC", "WA", "AC", "WA", "WA", "WA", "WA", "WA"]
    assert [each["submission"].get("comment") for each in verdicts] == [None, "Too short"] * 4
    assert [each["to"] for each in verdicts] == [here.people[n].user for n in (0, 0, 1, 1, 0, 0, 1, 1)]
    topics = [row["topic"] for row in await pool.fetch("SELECT topic FROM podium_outbox WHERE id > $1 ORDER BY id", before)]
    assert topics[:2] == ["event.public", "board.changed"], "the status says first that verdicts are told now"
    await set_feedback(rest, here, "at_once")
    assert len(await heard(pool, here)) == len(ids)


async def test_a_deleted_submission_tells_nothing_of_its_verdict(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, kinds=("numeric",), feedback="never")
    judged = (await here.people[0].submit("numeric", 9.81)).json()["submission_id"]
    await rest.call("DELETE", f"/api/v1/admin/submissions/{judged}/")
    assert await heard(pool, here) == []


async def test_a_change_waits_for_a_judge_and_a_judge_for_a_change(rest: Rest, pool: asyncpg.Pool) -> None:
    """Either the verdict came first and the contest goes on telling, or the change did and the verdict is kept."""
    for first, second in (("judge", "change"), ("change", "judge")):
        here = await exam(rest, kinds=("essay",))
        essay = (await here.people[0].submit("essay", "once")).json()["submission_id"]
        verdict = {"submission_id": essay, "verdict": "WA", "score": 3}
        doing = {
            "change": lambda here=here: set_feedback(rest, here, "never"),
            "judge": lambda verdict=verdict: rest.call("POST", "/api/v1/admin/grading/manual/", verdict),
        }
        async with pool.acquire() as connection:
            held = connection.transaction()
            await held.start()
            await connection.execute("SELECT 1 FROM podium_contest WHERE contest_id = $1 FOR UPDATE", here.contest)
            one = asyncio.create_task(doing[first]())
            await waiting_for_a_lock(pool, 1)
            other = asyncio.create_task(doing[second]())
            await waiting_for_a_lock(pool, 2)
            await held.commit()
        assert ((await one).status_code, (await other).status_code) == ((201, 409) if first == "judge" else (200, 201))
        assert len(await heard(pool, here)) == (first == "judge")


async def waiting_for_a_lock(pool: asyncpg.Pool, count: int) -> None:
    async def wait() -> bool:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(await pool.fetchval(query) == count)

    await eventually(wait)
