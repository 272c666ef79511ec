"""The audit by who, what, to what and when; each filter is checked, and those that pick few rows use an index."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from contest.store import audit
from contest.store.audit import Actor, Asked
from contest.wire.times import rfc3339
from tests.rest import ME, Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio


async def asked(rest: Rest, contest: str, **query: str) -> Any:
    answer = await rest.client.get(
        rest.url("/api/v1/admin/audit/"), params={"contest_id": contest, **query}, headers={"Authorization": f"Bearer {rest.token()}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_filter_leaves_out_the_rest(rest: Rest, pool: asyncpg.Pool) -> None:
    contest, other = (await rest.contest())["id"], new_id()
    person = await rest.participant(contest)
    path = f"/api/v1/admin/participants/{person['id']}/"
    await rest.call("PUT", path, {"name": "Ada"})
    await rest.call("PUT", path, {"name": "Bob"}, token=rest.token(user=other))
    rows = (await asked(rest, contest))["items"]
    assert [row["action"] for row in rows] == ["participant.updated", "participant.updated", "participant.created", "contest.created"]
    for query, expected in (
        ({"actor_id": other}, rows[:1]),
        ({"actor_id": ME, "action": "participant.updated"}, rows[1:2]),
        ({"subject_id": person["id"]}, rows[:3]),
        ({"action": "contest.created"}, rows[3:]),
        ({"action": "contest.paused"}, []),
        ({"actor_id": "nobody"}, []),
        ({"actor_id": "", "action": ""}, rows),
    ):
        found = await asked(rest, contest, **query)
        assert (found["total"], found["items"]) == (len(expected), expected), query
    assert (await asked(rest, contest, subject_id=person["id"], limit="1", offset="1"))["items"] == rows[1:2]
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    await pool.execute("UPDATE podium_audit SET at = $2 WHERE subject_id = $1", person["id"], moment)
    for query, count in (
        ({"since": rfc3339(moment), "until": rfc3339(moment + timedelta(seconds=1))}, 3),
        ({"since": "2026-01-01T13:00:00+01:00", "until": "2026-01-01T12:00:00.001Z"}, 3),
        ({"until": rfc3339(moment)}, 0),
        ({"since": rfc3339(moment + timedelta(milliseconds=1))}, 1),
    ):
        assert (await asked(rest, contest, **query))["total"] == count, query


async def test_what_is_no_filter_is_refused_by_its_name(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    for query, field in (
        ("action=started", "action"),
        ("action=contest.started%0A", "action"),
        ("actor_id=%00", "actor_id"),
        (f"subject_id={'x' * 201}", "subject_id"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T12:00:00", "since"),
        ("since=2026-01-01T12:00:00+01:00", "since"),
        ("until=", "until"),
        ("until=0001-01-01T00:00:00Z", "until"),
        ("since=2026-01-01T12:00:00Z&until=2026-01-01T12:00:00Z", "until"),
        ("since=2026-01-02T12:00:00Z&until=2026-01-01T12:00:00Z", "until"),
        ("limit=0", "limit"),
    ):
        answer = await rest.call("GET", f"/api/v1/admin/audit/?contest_id={contest}&{query}")
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == field, query


async def test_no_list_fails_on_what_postgresql_cannot_hold(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    for path in (f"participants/?contest_id={contest}&", "contests/?"):
        answer = await rest.call("GET", f"/api/v1/admin/{path}search=%00")
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "search"


async def test_who_and_what_are_found_by_an_index(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    await pool.execute(
        "INSERT INTO podium_audit (actor_id, actor_role, action, contest_id, subject_id, after)"
        " SELECT md5((i % 500)::text), 'contestant', 'submission.received', $1, gen_random_uuid()::text, '{}'"
        " FROM generate_series(1, 20000) i",
        contest,
    )  # fmt: skip
    async with pool.acquire() as connection:
        await audit.write(connection, Actor(ME, "organiser"), "contest.paused", contest, contest, None, {})
    await pool.execute("ANALYZE podium_audit")
    for asked_for, index in ((Asked(actor_id=ME), "podium_audit_actor"), (Asked(subject_id=contest), "podium_audit_subject")):
        query, arguments = audit.query(contest, asked_for)
        for text in (f"{query} ORDER BY id DESC LIMIT 100", f"SELECT count(*) FROM ({query}) AS counted"):
            plan = "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {text}", *arguments))
            assert index in plan, plan
