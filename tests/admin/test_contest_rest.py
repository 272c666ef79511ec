"""Contests over REST: from draft to final, what the outbox says on the way, and when the public board has to begin afresh."""

from typing import Any

import asyncpg
import pytest

from tests.rest import Rest, check_refusal

pytestmark = pytest.mark.anyio


async def fresh_flags(pool: asyncpg.Pool, contest_id: str) -> list[bool]:
    rows = await pool.fetch("SELECT body FROM podium_outbox WHERE topic = 'board.changed' AND contest_id = $1 ORDER BY id", contest_id)
    return [row["body"]["fresh"] for row in rows]


async def refused(rest: Rest, contest_id: str, action: str, code: str = "contest.wrong_state", **body: Any) -> None:
    check_refusal(await rest.call("POST", f"/api/v1/admin/contests/{contest_id}/{action}/", body), 409, code)


async def test_a_contest_is_what_was_asked_for(rest: Rest) -> None:
    members = {
        "title": "Finals",
        "duration_s": 18_000,
        "start_at": "2030-01-01T12:00:00+02:00",
        "freeze_after_s": 14_400,
        "scoring": "ioi",
        "penalty_s": 600,
        "public": False,
        "rehearsal": True,
        "theme": {"accent": "#0a6cff", "logo_url": "https://example.org/a.svg"},
        "external_id": "finals-1",
    }
    made = await rest.contest(**members)
    got = (await rest.call("GET", f"/api/v1/admin/contests/{made['id']}/")).json()
    assert got == made
    assert {name: got[name] for name in members if name != "start_at"} == {k: v for k, v in members.items() if k != "start_at"}
    assert (got["state"], got["version"], got["start_at"]) == ("draft", 1, "2030-01-01T10:00:00.000Z")
    assert got["end_at"] == "2030-01-01T15:00:00.000Z"
    assert got["counts"] == {"participants": 0, "questions": 0, "submissions": 0, "unjudged": 0}
    (listed,) = (await rest.call("GET", "/api/v1/admin/contests/")).json()["items"]
    assert listed == got


WRONG = [
    ("duration_s", 0, "duration_s"),
    ("duration_s", "5h", "duration_s"),
    ("title", "", "title"),
    ("title", "x" * 201, "title"),
    ("start_at", "2030-01-01T12:00:00", "start_at"),
    ("freeze_after_s", 18_001, "freeze_after_s"),
    ("scoring", "golf", "scoring"),
    ("theme", {"accent": "red;} body{display:none"}, "theme.accent"),
    ("theme", {"logo_url": "javascript:alert(1)"}, "theme.logo_url"),
    ("theme", {"script": "x"}, "theme.script"),
]


async def test_members_that_are_wrong(rest: Rest) -> None:
    contest = await rest.contest()
    for member, value, field in WRONG:
        body = {"title": "T", "duration_s": 18_000, member: value}
        details = check_refusal(await rest.call("POST", "/api/v1/admin/contests/", body), 422, "body.invalid")
        assert details[0]["field"] == field
        details = check_refusal(await rest.call("PUT", f"/api/v1/admin/contests/{contest['id']}/", {member: value}), 422, "body.invalid")
        assert details[0]["field"] == field
    assert (await rest.call("GET", "/api/v1/admin/contests/")).json()["items"] == [contest]


async def test_the_whole_life(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest(freeze_after_s=14_400))["id"]
    question, participant = (await rest.question(contest))["id"], (await rest.participant(contest))["id"]
    for action in ("freeze", "end", "thaw", "finalize", "unthaw"):
        await refused(rest, contest, action)
    assert (await rest.act(contest, "schedule"))["state"] == "scheduled"
    await refused(rest, contest, "schedule")
    assert (await rest.act(contest, "start"))["state"] == "ongoing"
    frozen = await rest.act(contest, "freeze")
    assert frozen["frozen"] is True
    assert 0 <= frozen["frozen_from_s"] < 60
    await refused(rest, contest, "freeze", "contest.already_frozen")
    body = {"question_id": question, "participant_id": participant, "contest_time_s": 5000, "language": "c"}
    submission = (await rest.make(f"/api/v1/contest/{contest}/submit/", body))["submission_id"]
    ended = await rest.act(contest, "end")
    assert (ended["state"], ended["clock"]["rate"], ended["counts"]["unjudged"]) == ("ended", 0.0, 1)
    await refused(rest, contest, "finalize", "contest.unjudged")
    judgement = await rest.make("/api/v1/admin/grading/manual/", {"submission_id": submission, "verdict": "AC"})
    assert (await rest.act(contest, "thaw"))["frozen"] is False
    assert (await rest.act(contest, "unthaw"))["frozen"] is True
    await rest.act(contest, "thaw")
    final = await rest.act(contest, "finalize")
    assert final["state"] == "finalized"
    await refused(rest, contest, "unthaw")
    path = f"/api/v1/admin/grading/manual/{judgement['id']}/"
    check_refusal(await rest.call("DELETE", path), 409, "contest.wrong_state")
    check_refusal(await rest.call("POST", f"/api/v1/contest/{contest}/submit/", body), 409, "contest.not_running")
    check_refusal(await rest.call("DELETE", f"/api/v1/admin/submissions/{submission}/"), 409, "contest.wrong_state")
    versions = [
        row["body"]["status"]["version"]
        for row in await pool.fetch("SELECT body FROM podium_outbox WHERE topic = 'event.public' ORDER BY id")
    ]
    assert versions == list(range(1, final["version"] + 1))
    # Created, question, participant, schedule, start, freeze, end, thaw, unthaw (the only one that must forget), thaw, finalize.
    assert await fresh_flags(pool, contest) == [False] * 8 + [True] + [False] * 2


async def test_the_board_forgets_when_a_shown_verdict_gets_hidden(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest(rehearsal=True))["id"]
    question, participant = (await rest.question(contest))["id"], (await rest.participant(contest))["id"]
    await rest.act(contest, "start")
    body = {"question_id": question, "participant_id": participant, "contest_time_s": 700}
    submission = (await rest.make(f"/api/v1/contest/{contest}/submit/", body))["submission_id"]
    await rest.make("/api/v1/admin/grading/manual/", {"submission_id": submission, "verdict": "AC"})
    frozen = await rest.act(contest, "freeze", contest_time_s=600)
    assert frozen["frozen_from_s"] == 600.0
    assert (await fresh_flags(pool, contest))[-1] is True
    await rest.call("PUT", f"/api/v1/admin/contests/{contest}/", {"title": "Other"})
    assert (await fresh_flags(pool, contest))[-1] is False
    moved = (await rest.call("PUT", f"/api/v1/admin/contests/{contest}/", {"freeze_after_s": 550})).json()
    assert moved["frozen_from_s"] == 550.0
    assert (await fresh_flags(pool, contest))[-1] is True


async def test_a_rehearsals_clock_is_told(rest: Rest) -> None:
    contest = (await rest.contest(rehearsal=True, freeze_after_s=14_400))["id"]
    await rest.act(contest, "start")
    told = await rest.act(contest, "clock", contest_time_s=14_000, rate=120)
    assert (told["clock"]["contest_time_s"], told["clock"]["rate"]) == (14_000.0, 120.0)
    assert (await rest.act(contest, "freeze", contest_time_s=14_400.5))["frozen_from_s"] == 14_400.0
    ended = await rest.act(contest, "end", contest_time_s=18_000)
    assert ended["clock"]["contest_time_s"] == 18_000.0
    real = (await rest.contest())["id"]
    await rest.act(real, "start")
    await refused(rest, real, "clock", "contest.no_rehearsal", contest_time_s=1, rate=1)
    answer = await rest.call("POST", f"/api/v1/admin/contests/{real}/freeze/", {"contest_time_s": 1})
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "contest_time_s"
