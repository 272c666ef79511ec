"""Idempotency-Key: the same request has one effect, however often and however closely together it comes."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from admin.app import forget_keys
from contest.edge.database import Database
from contest.store import idempotency
from contest.telemetry import Telemetry
from tests.rest import ME, Rest, check_refusal, new_id
from tests.support import eventually

pytestmark = pytest.mark.anyio
PATH = "/api/v1/admin/contests/"
BODY = {"title": "Once", "duration_s": 60}


async def count(pool: asyncpg.Pool) -> int:
    found: int = await pool.fetchval("SELECT count(*) FROM contests_contest")
    return found


async def test_the_same_again_gets_the_first_answer(rest: Rest, pool: asyncpg.Pool) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await rest.call("POST", PATH, BODY, headers=key)
    again = await rest.call("POST", PATH, BODY, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(pool) == 1


async def test_another_body_is_refused_and_another_person_or_path_is_another_key(rest: Rest, pool: asyncpg.Pool) -> None:
    key = {"Idempotency-Key": "k-1"}
    contest = (await rest.call("POST", PATH, BODY, headers=key)).json()
    check_refusal(await rest.call("POST", PATH, {**BODY, "title": "Twice"}, headers=key), 422, "idempotency.mismatch")
    other = await rest.call("POST", PATH, BODY, headers=key, token=rest.token(user=new_id()))
    assert other.json()["id"] != contest["id"]
    moved = await rest.call("POST", f"{PATH}{contest['id']}/schedule/", {}, headers=key)
    assert moved.json()["state"] == "scheduled"
    assert await count(pool) == 2


async def test_of_many_at_once_exactly_one_is_executed(rest: Rest, pool: asyncpg.Pool) -> None:
    answers = await asyncio.gather(*(rest.call("POST", PATH, BODY, headers={"Idempotency-Key": "burst"}) for _ in range(30)))
    assert Counter(answer.status_code for answer in answers) == {201: 30}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 29
    assert await count(pool) == 1
    assert await pool.fetchval("SELECT count(*) FROM podium_audit") == 1


async def test_a_refusal_is_not_kept(rest: Rest) -> None:
    contest = await rest.contest()
    path, key = f"{PATH}{contest['id']}/end/", {"Idempotency-Key": "k"}
    check_refusal(await rest.call("POST", path, {}, headers=key), 409, "contest.wrong_state")
    await rest.act(contest["id"], "start")
    assert (await rest.call("POST", path, {}, headers=key)).status_code == 200


async def test_secrets_are_not_kept(rest: Rest, pool: asyncpg.Pool) -> None:
    participant = await rest.participant((await rest.contest())["id"])
    path = f"/api/v1/admin/participants/{participant['id']}/token/"
    tokens = [(await rest.make(path, {}, headers={"Idempotency-Key": "k"}))["token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    assert await pool.fetchval("SELECT count(*) FROM podium_idempotency") == 0


async def test_answers_are_forgotten_after_a_day_a_batch_at_a_time(rest: Rest, pool: asyncpg.Pool) -> None:
    for number in range(6):
        await rest.call("POST", PATH, {**BODY, "title": f"No. {number}"}, headers={"Idempotency-Key": f"k-{number}"})
    await pool.execute("UPDATE podium_idempotency SET created_at = now() - interval '25 hours' WHERE key <> 'k-5'")
    forgotten = []
    async with pool.acquire() as connection:
        while count := await idempotency.forget_old(connection, limit=2):
            forgotten.append(count)
    assert forgotten == [2, 2, 1]
    assert [row["key"] for row in await pool.fetch("SELECT key FROM podium_idempotency")] == ["k-5"]


async def test_the_admin_forgets_all_old_answers_when_it_starts(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "INSERT INTO podium_idempotency (person_id, path, key, body_sha256, status, response, created_at)"
        " SELECT 'p', '/', n::text, '', 200, '', now() - interval '25 hours' FROM generate_series(1, $1) AS n",
        2 * idempotency.FORGET_BATCH + 1,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO podium_idempotency (person_id, path, key, body_sha256, status, response) VALUES ('p', '/', 'new', '', 200, '')"
    )
    forgetting = asyncio.create_task(forget_keys(Database(pool), Telemetry("admin", "warning")))
    try:
        await eventually(lambda: keys(pool, ["new"]))
    finally:
        forgetting.cancel()
        await asyncio.wait([forgetting])


async def keys(pool: asyncpg.Pool, expected: list[str]) -> bool:
    return [row["key"] for row in await pool.fetch("SELECT key FROM podium_idempotency")] == expected


async def test_keys_that_are_none(rest: Rest, pool: asyncpg.Pool) -> None:
    for key in ("", "x" * 101, "\u00e9"):
        headers = {"Idempotency-Key": key.encode("latin-1")}
        answer = await rest.call("POST", PATH, BODY, headers=headers)
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "Idempotency-Key"
    assert await count(pool) == 0


async def test_what_is_kept_goes_with_the_change(rest: Rest, pool: asyncpg.Pool) -> None:
    """Nothing of a request remains when its transaction fails at the last moment."""
    await pool.execute("ALTER TABLE podium_idempotency ADD CONSTRAINT never CHECK (person_id <> $$" + ME + "$$)")
    check_refusal(await rest.call("POST", PATH, BODY, headers={"Idempotency-Key": "k"}), 500, "server.error")
    assert await count(pool) == 0
    assert await pool.fetchval("SELECT count(*) FROM podium_outbox") == 0
