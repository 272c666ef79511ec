"""Submitting answers of each kind, handing in, and what contestants may know of their verdicts."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest

from contest.domain.scoring import fold
from contest.ids import ContestId, UserId
from contest.store import scores, snapshots
from tests.engine.test_submit import wait_for_a_lock
from tests.rest import Rest, check_refusal
from tests.sitting import ANSWERS, QUESTIONS, Contestant, exam, kept, set_terms, show_clock

pytestmark = pytest.mark.anyio


async def own(who: Contestant) -> dict[str, tuple[str | None, float | None]]:
    items = (await who.ask("GET", f"contest/{who.contest}/submissions/")).json()["items"]
    return {item["problem"]: (item["verdict"], item["score"]) for item in items}


async def test_what_a_key_can_judge_is_judged_at_once(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    for kind in ("multiple_choice", "numeric", "short_text", "essay"):
        assert (await who.submit(kind, ANSWERS[kind])).status_code == 201
    assert await own(who) == {"B": ("AC", 10.0), "C": ("AC", 10.0), "D": ("AC", 10.0), "E": (None, None)}
    await who.submit("multiple_choice", ["red", "blue", "green"])
    await who.submit("multiple_choice", "black")
    await who.submit("short_text", "Warszawa")
    assert [row["score"] for row in await pool.fetch("SELECT score FROM podium_judgement ORDER BY id")][3:] == [5.0, 0.0, 0.0]
    kinds = await pool.fetch("SELECT DISTINCT kind, judged_by FROM podium_judgement")
    assert [tuple(row) for row in kinds] == [("automatic", "00000000-0000-0000-0000-000000000000")]
    audited = await pool.fetchval("SELECT count(*) FROM podium_audit WHERE action = 'judgement.posted' AND actor_id = 'podium'")
    assert audited == 6


async def test_a_contest_without_points_gets_verdicts_alone(rest: Rest) -> None:
    (who,) = (await exam(rest, kinds=("numeric",), scoring="icpc")).people
    await who.submit("numeric", 9.81)
    assert await own(who) == {"A": ("AC", None)}


async def test_submitted_answers_are_checked_by_kind(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    for kind, value in (
        ("multiple_choice", ["purple"]),
        ("numeric", "9"),
        ("short_text", "x" * 51),
        ("file", "essay.pdf"),
        ("code", {"file_id": "x"}),
    ):
        assert check_refusal(await who.submit(kind, value), 422, "body.invalid")[0]["field"] == "answer"
    body = {"question_id": here.questions["numeric"], "source": "print(1)", "language": "python"}
    assert check_refusal(await who.ask("POST", f"contest/{here.contest}/submit/", body), 422, "body.invalid")[0]["field"] == "source"
    assert await kept(pool, here.contest) == []


async def test_handing_in_submits_what_is_saved_and_ends_it(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    for kind, value in ANSWERS.items():
        await who.save(kind, {"source": value, "language": "c"} if kind == "code" else value)
    await who.submit("numeric", ANSWERS["numeric"])
    await who.save("essay", None, 1)
    path = f"attempt/{who.attempt}/hand-in/"
    answer = await who.ask("POST", path, {})
    assert (answer.status_code, answer.json()["submissions"]) == (200, 3)
    assert sorted(await kept(pool, here.contest)) == [
        ("A", ANSWERS["code"]), ("B", ANSWERS["multiple_choice"]), ("C", ANSWERS["numeric"]), ("D", ANSWERS["short_text"]),
    ]  # fmt: skip
    assert await own(who) == {"A": (None, None), "B": ("AC", 10.0), "C": ("AC", 10.0), "D": ("AC", 10.0)}
    check_refusal(await who.ask("POST", path, {}), 409, "attempt.handed_in")
    check_refusal(await who.save("numeric", 1), 409, "attempt.handed_in")
    check_refusal(await who.submit("numeric", 1), 409, "contest.not_running")
    paper = await who.paper()
    assert paper["attempt"]["handed_in_at"] == paper["turn"]["handed_in_at"] == answer.json()["handed_in_at"]
    query = "SELECT body FROM podium_outbox WHERE topic = 'inbox' AND subject = $1 ORDER BY id"
    pushed = [row["body"] for row in await pool.fetch(query, who.user)]
    assert pushed[-1] == {"type": "turn.changed", "turn": paper["turn"]}, "the last that the hand-in tells, so that other devices close"
    assert [body["turn"]["handed_in_at"] for body in pushed if body["type"] == "turn.changed"][:-1] == [None]
    row = await pool.fetchrow("SELECT status, submitted_at IS NOT NULL AS at FROM attempts_attempt")
    assert tuple(row) == ("submitted", True)


async def test_a_program_is_no_try_in_a_contest_that_counts_tries(rest: Rest, pool: asyncpg.Pool) -> None:
    (who,) = (await exam(rest, kinds=("code",), scoring="icpc")).people
    await who.save("code", {"source": "half a program", "language": "c"})
    assert (await who.ask("POST", f"attempt/{who.attempt}/hand-in/", {})).json()["submissions"] == 0


async def test_saved_answers_count_from_when_they_were_saved(rest: Rest, pool: asyncpg.Pool) -> None:
    (who,) = (await exam(rest, kinds=("numeric",))).people
    await show_clock(pool, who.contest, 100)
    await who.save("numeric", 9.81)
    await show_clock(pool, who.contest, 900)
    await who.ask("POST", f"attempt/{who.attempt}/hand-in/", {})
    assert await pool.fetchval("SELECT contest_time_s FROM podium_submission") == pytest.approx(100, abs=5)


async def test_hand_ins_saves_and_submissions_race_and_what_was_taken_is_there(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, kinds=("essay",))
    (who,) = here.people
    await who.save("essay", "before")

    async def hand_in() -> int:
        return (await who.ask("POST", f"attempt/{who.attempt}/hand-in/", {})).status_code

    async def save(number: int) -> int:
        return (await who.save("essay", f"text {number}", number, f"device {number % 3}")).status_code

    async def submit(number: int) -> int:
        return (await who.submit("essay", f"submitted {number}")).status_code

    answers = await asyncio.gather(*(save(n) for n in range(15)), hand_in(), hand_in(), *(submit(n) for n in range(15)))
    assert Counter(answers[15:17]) == {200: 1, 409: 1}
    assert set(answers[:15]) <= {200, 409}
    assert set(answers[17:]) <= {201, 409}
    texts = [answer for _, answer in await kept(pool, here.contest)]
    assert sum(text.startswith("submitted") for text in texts) == answers[17:].count(201)
    last = await pool.fetchval("SELECT value FROM attempts_answer")
    assert texts.count(last) == 1, "the last answer that was taken is the one that was submitted"


@pytest.mark.parametrize("statement", ["status = 'submitted', submitted_at = now()"])
async def test_a_submission_waits_for_a_hand_in_under_way_and_is_then_refused(rest: Rest, pool: asyncpg.Pool, statement: str) -> None:
    (who,) = (await exam(rest, kinds=("essay",))).people
    async with pool.acquire() as connection:
        under_way = connection.transaction()
        await under_way.start()
        await connection.execute(f"UPDATE attempts_attempt SET {statement} WHERE id = $1", who.attempt)
        waiting = asyncio.create_task(who.submit("essay", "too late"))
        await wait_for_a_lock(pool)
        await under_way.commit()
    check_refusal(await waiting, 409, "contest.not_running")
    assert await kept(pool, who.contest) == []


async def everything_known(pool: asyncpg.Pool, who: Contestant) -> tuple[Any, ...]:
    """What reaches a contestant of verdicts: own list, inbox events, inbox snapshot, and what the public board makes of them."""
    events = await pool.fetch("SELECT body FROM podium_outbox WHERE topic = 'inbox' AND subject = $1 ORDER BY id", who.user)
    async with pool.acquire() as connection:
        kept_inbox = (await snapshots.of_inboxes(connection, ContestId(who.contest), [UserId(who.user)]))[UserId(who.user)]
        score = await scores.load(connection, ContestId(who.contest))
    assert score is not None
    public = fold(score.rules, score.questions, score.groups, score.entrants, score.submissions, "public")
    cells = {label: cell.points for row in public.rows for label, cell in row.cells.items()}
    inbox = [row["body"]["submission"]["verdict"] for row in events if row["body"]["type"] == "verdict.reached"]
    return await own(who), inbox, [note.verdict for note in kept_inbox.submissions], cells


@pytest.mark.parametrize(("feedback", "told_at_last"), [("after_end", True), ("never", False)])
async def test_verdicts_are_withheld_until_they_may_be_known(rest: Rest, pool: asyncpg.Pool, feedback: str, told_at_last: bool) -> None:
    here = await exam(rest, kinds=("numeric", "essay"))
    (who,) = here.people
    await set_terms(pool, here.contest, feedback=feedback)
    await who.submit("numeric", 9.81)
    essay = (await who.submit("essay", "once")).json()["submission_id"]
    await rest.make("/api/v1/admin/grading/manual/", {"submission_id": essay, "verdict": "WA", "score": 3, "comment": "Too short"})
    nothing = ({"A": (None, None), "B": (None, None)}, [], [None, None], {"A": None, "B": None})
    assert await everything_known(pool, who) == nothing
    await rest.act(here.contest, "end")
    assert await everything_known(pool, who) == nothing
    await rest.act(here.contest, "finalize")
    known = {"A": ("AC", 10.0), "B": ("WA", 3.0)}
    assert await everything_known(pool, who) == ((known, ["AC", "WA"], ["AC", "WA"], {"A": 10.0, "B": 3.0}) if told_at_last else nothing)
    shown = (await who.ask("GET", f"contest/{who.contest}/submissions/")).text
    assert ("Too short" in shown) == told_at_last
    staff = (await rest.call("GET", f"/api/v1/admin/submissions/?contest_id={here.contest}")).json()["items"]
    assert {item["verdict"] for item in staff} == {"AC", "WA"}


async def test_scripts_in_every_text_stay_texts(rest: Rest, pool: asyncpg.Pool) -> None:
    script = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    contest = (await rest.contest(scoring="ioi"))["id"]
    members = {
        "kind": "multiple_choice", "statement": script, "title": script, "rubric": [{"id": "a", "text": script, "points": 1}],
        "body": {"options": [{"id": script[:50], "text": script}, {"id": "b", "text": "b"}]}, "answer_key": {"right": [script[:50]]},
    }  # fmt: skip
    made = await rest.question(contest, "A", **members)
    assert {name: made[name] for name in ("statement", "title", "rubric")} == {
        name: members[name] for name in ("statement", "title", "rubric")
    }
    here = await exam(rest, kinds=("essay",))
    (who,) = here.people
    answer = await who.save("essay", script, 0, script)
    assert answer.headers["content-type"] == "application/json"
    assert (await who.saved("essay")).json()["value"] == script
    assert await pool.fetchval("SELECT value FROM attempts_answer") == script


def test_a_question_of_each_kind_is_tried() -> None:
    assert {QUESTIONS[name].get("kind", name) for name in QUESTIONS} == {"code", "multiple_choice", "numeric", "short_text", "file"}
