"""Answers saved as they are typed: versions, devices, what is refused, and the races with hand-in, end and removal."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from contest.store import answers, attempts
from tests.engine.test_submit import wait_for_a_lock
from tests.rest import Rest, check_refusal, new_id
from tests.sitting import ANSWERS, Contestant, exam, set_terms, show_clock

pytestmark = pytest.mark.anyio


async def test_what_is_saved_is_there_for_podium_and_for_the_old_system(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    check_refusal(await who.saved("numeric"), 404, "answer.not_found")
    for kind, value in ANSWERS.items():
        answer = await who.save(kind, value)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
        assert answer.json() == {"version": 1, "saved_at": answer.json()["saved_at"], "overwritten": None}
        assert (await who.saved(kind)).json() == {
            "question_id": here.questions[kind], "value": value, "version": 1, "saved_at": answer.json()["saved_at"],
        }  # fmt: skip
    rows = await pool.fetch("SELECT question_id, value, saved_at FROM attempts_answer WHERE attempt_id = $1", who.attempt)
    assert {row["question_id"]: row["value"] for row in rows} == {here.questions[kind]: value for kind, value in ANSWERS.items()}
    assert {each["question_id"]: each["value"] for each in (await who.paper())["answers"]} == {
        here.questions[kind]: value for kind, value in ANSWERS.items()
    }
    assert (await who.save("numeric", None, base_version=1)).json()["version"] == 2
    assert (await who.saved("numeric")).json()["value"] is None


async def test_the_last_writer_wins_and_is_told_whose_work_it_replaced(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    first = (await who.save("essay", "At my desk", 0, "desk")).json()
    assert (await who.save("essay", "At my desk.", 1, "desk")).json()["overwritten"] is None
    told = (await who.save("essay", "On my phone", 0, "phone")).json()
    assert told["version"] == 3
    assert told["overwritten"] == {
        "version": 2, "value": "At my desk.", "device": "desk", "saved_at": told["overwritten"]["saved_at"],
    }  # fmt: skip
    assert told["overwritten"]["saved_at"] >= first["saved_at"]
    kept = await pool.fetchrow("SELECT version, value, device FROM podium_answer_overwritten")
    assert tuple(kept) == (2, "At my desk.", "desk")
    assert (await who.save("essay", "On my phone, seen at my desk", 3, "desk")).json()["overwritten"] is None
    assert (await who.saved("essay")).json()["value"] == "On my phone, seen at my desk"
    heard = await pool.fetch("SELECT subject, body FROM podium_outbox WHERE body->>'type' = 'answer.saved' ORDER BY id")
    assert [(row["subject"], row["body"]["device"], row["body"]["version"]) for row in heard] == [
        (who.user, "phone", 3),
        (who.user, "desk", 4),
    ]
    assert heard[0]["body"]["type"] == "answer.saved"
    assert "value" not in heard[0]["body"]


async def test_a_device_that_only_reads_is_told_once_it_said_its_name(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    await who.save("essay", "At my desk", 0, "desk")
    again = await who.start(device="phone")
    assert again.status_code == 200, "the attempt goes on, none is started"
    await who.save("essay", "At my desk, while my phone is read", 1, "desk")
    heard = await pool.fetch("SELECT body FROM podium_outbox WHERE body->>'type' = 'answer.saved'")
    assert [(row["body"]["device"], row["body"]["version"]) for row in heard] == [("desk", 2)]


async def test_a_save_that_is_repeated_makes_no_second_version(rest: Rest, pool: asyncpg.Pool) -> None:
    """The answer to the first was lost on the line; the same device says it again, or more: it is told again whose work it replaced."""
    (who,) = (await exam(rest, kinds=("essay",))).people
    for _ in range(2):
        again = (await who.save("essay", "once", 0, "desk")).json()
        assert (again["version"], again["overwritten"]) == (1, None)
    assert await pool.fetchval("SELECT count(*) FROM podium_answer_overwritten") == 0
    told = [(await who.save("essay", text, 0, "phone")).json() for text in ("on my phone", "on my phone", "on my phone!")]
    assert [each["version"] for each in told] == [2, 2, 3]
    assert [each["overwritten"]["value"] for each in told] == ["once"] * 3
    assert (await who.save("essay", "on my phone!", 3, "phone")).json()["overwritten"] is None
    other = (await who.save("essay", "on my phone!", 0, "desk")).json()
    assert other["version"] > 3, "another device that says the same has not said it before"


async def test_many_saves_at_once_and_in_a_row_lose_nothing(rest: Rest, pool: asyncpg.Pool) -> None:
    """1,000 in a row from one device; then two devices at once: every version was somebody's, and each replaced one is kept."""
    (who,) = (await exam(rest, kinds=("essay",))).people
    for number in range(1000):
        async with pool.acquire() as connection, connection.transaction():
            attempt = await attempts.load(connection, who.attempt, locked=True)
            saved = await answers.save(
                connection, attempt, who.questions["essay"], f"keystroke {number}", number, "desk", datetime.now(UTC)
            )
            assert saved == (number + 1, None)
    assert (await who.saved("essay")).json()["value"] == "keystroke 999"
    assert await pool.fetchval("SELECT count(*) FROM attempts_answer") == 1
    assert await pool.fetchval("SELECT count(*) FROM podium_outbox WHERE body->>'type' = 'answer.saved'") == 0
    both = await asyncio.gather(*(who.save("essay", f"{device} {n}", 1000, device) for n in range(20) for device in ("desk", "phone")))
    told = [answer.json() for answer in both]
    assert sorted(each["version"] for each in told) == list(range(1001, 1041))
    lost = {each["overwritten"]["version"] for each in told if each["overwritten"]}
    assert lost == {row["version"] for row in await pool.fetch("SELECT version FROM podium_answer_overwritten")}


WRONG: list[tuple[str, Any]] = [
    ("multiple_choice", ["purple"]), ("multiple_choice", ["red", "red"]), ("multiple_choice", "purple"), ("multiple_choice", 4),
    ("numeric", "nine"), ("numeric", ["9"]), ("short_text", "x" * 51), ("short_text", 5), ("short_text", ["red"]),
    ("code", 4), ("code", {"source": "x", "language": "cobol"}), ("code", {"source": "x"}), ("code", "\u00e9" * 40_000),
    ("file", "essay.pdf"), ("file", {"file_id": new_id()}), ("file", {"file_id": "../../etc/passwd"}),
    ("file", {"file_id": "x", "language": "c"}),
    ("numeric", True), ("numeric", {"file_id": "x"}), ("essay", "a\x00b"),
]  # fmt: skip


async def test_what_is_no_answer_to_the_question_is_refused(rest: Rest, pool: asyncpg.Pool) -> None:
    here, other = await exam(rest), await exam(rest, kinds=("numeric",))
    (who,) = here.people
    for kind, value in WRONG:
        assert check_refusal(await who.save(kind, value), 422, "body.invalid")[0]["field"] == "value", (kind, value)
    body = {"question_id": other.questions["numeric"], "value": 1, "device": "desk"}
    details = check_refusal(await who.ask("POST", f"attempt/{who.attempt}/answer/", body), 422, "body.invalid")
    assert details[0]["field"] == "question_id"
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 400):
        raw = b'{"question_id":"%s","device":"desk","value":%s}' % (here.questions["numeric"].encode(), number)
        answer = await who.ask("POST", f"attempt/{who.attempt}/answer/", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), (number, answer.text)
    huge = {"question_id": here.questions["essay"], "device": "desk", "value": "x" * 10_000_000}
    check_refusal(await who.ask("POST", f"attempt/{who.attempt}/answer/", huge), 413, "body.too_large")
    assert await pool.fetchval("SELECT count(*) FROM attempts_answer") == 0


async def test_an_attempt_is_its_contestants_own(rest: Rest) -> None:
    one, two = (await exam(rest, 2, kinds=("numeric",))).people
    await one.save("numeric", 1.5)
    thief = Contestant(rest, two.contest, two.id, two.user, two.token, two.questions, one.attempt)
    check_refusal(await thief.save("numeric", 2), 404, "attempt.not_found")
    check_refusal(await thief.saved("numeric"), 404, "attempt.not_found")
    elsewhere = Contestant(rest, one.contest, one.id, one.user, rest.token("contestant", new_id(), one.user), one.questions, one.attempt)
    check_refusal(await elsewhere.save("numeric", 2), 404, "attempt.not_found")
    assert (await one.saved("numeric")).json()["value"] == 1.5


async def test_saving_goes_by_ones_own_time(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, kinds=("numeric",), started=False, duration_s=1000)
    plain, delayed = await here.contestant("plain"), await here.contestant("delayed", delay_s=300)
    longer, slower = await here.contestant("longer", extra_time_s=200), await here.contestant("slower")
    group = (await rest.make("/api/v1/admin/groups/", {"contest_id": here.contest, "name": "Hall B"}))["id"]
    grouped = await here.contestant("grouped", group_ids=[group])
    await pool.execute("UPDATE podium_group SET delay_s = 100, extra_time_s = 50 WHERE id = $1", group)
    await pool.execute("UPDATE podium_participant SET time_factor = 1.5 WHERE participant_id = $1", slower.id)
    await rest.act(here.contest, "start")
    for who in here.people:
        await pool.execute(
            "INSERT INTO attempts_attempt (id, contest_id, participant_id, started_at) VALUES ($1, $2, $3, now())",
            new_id(), who.contest, who.id,
        )  # fmt: skip
        who.attempt = await pool.fetchval("SELECT id FROM attempts_attempt WHERE participant_id = $1", who.id)

    async def who_may() -> set[str]:
        names = {"plain": plain, "delayed": delayed, "longer": longer, "slower": slower, "grouped": grouped}
        return {name for name, who in names.items() if (await who.save("numeric", 1)).status_code == 200}

    everybody = {"plain", "delayed", "longer", "slower", "grouped"}
    for clock_s, may in (
        (10, {"plain", "longer", "slower"}), (150, {"plain", "longer", "slower", "grouped"}), (990, everybody),
        (1100, {"delayed", "longer", "slower", "grouped"}), (1160, {"delayed", "longer", "slower"}), (1250, {"delayed", "slower"}),
        (1310, {"slower"}), (1510, set()),
    ):  # fmt: skip
        await show_clock(pool, here.contest, clock_s)
        assert await who_may() == may, clock_s


async def test_own_time_runs_from_ones_own_start(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, 2, kinds=("numeric",), started=False, duration_s=1000)
    early, late = here.people
    await set_terms(pool, here.contest, own_time_s=300)
    await rest.act(here.contest, "start")
    await show_clock(pool, here.contest, 100)
    assert (await early.start()).status_code == 201
    await show_clock(pool, here.contest, 900)
    assert (await late.start()).status_code == 201
    assert (await early.save("numeric", 1)).status_code == 409
    assert (await late.save("numeric", 1)).status_code == 200
    await show_clock(pool, here.contest, 390)
    assert (await early.save("numeric", 1)).status_code == 200


async def test_during_a_pause_answers_are_saved(rest: Rest, pool: asyncpg.Pool) -> None:
    (who,) = (await exam(rest, kinds=("essay",))).people
    await pool.execute(
        "UPDATE podium_contest SET clock_rate = 0, clock_at = now(), clock_contest_s = 60 WHERE contest_id = $1", who.contest
    )
    assert (await who.save("essay", "typed while the lights were out")).status_code == 200
    check_refusal(await who.submit("essay", "x"), 409, "contest.not_running")


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE podium_contest SET ended_at = now() WHERE contest_id = (SELECT contest_id FROM attempts_attempt WHERE id = $1)",
        "UPDATE podium_participant SET removed_at = now()"
        " WHERE participant_id = (SELECT participant_id FROM attempts_attempt WHERE id = $1)",
        "UPDATE attempts_attempt SET status = 'submitted', submitted_at = now() WHERE id = $1",
    ],
    ids=["end", "removal", "hand-in"],
)
async def test_a_save_waits_for_what_ends_it_and_is_then_refused(rest: Rest, pool: asyncpg.Pool, ending: str) -> None:
    (who,) = (await exam(rest, kinds=("essay",))).people
    async with pool.acquire() as connection:
        under_way = connection.transaction()
        await under_way.start()
        await connection.execute(ending, who.attempt)
        waiting = asyncio.create_task(who.save("essay", "too late"))
        await wait_for_a_lock(pool)
        await under_way.commit()
    assert (await waiting).status_code in (404, 409)
    assert await pool.fetchval("SELECT count(*) FROM attempts_answer") == 0
