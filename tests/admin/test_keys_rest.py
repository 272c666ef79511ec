"""API keys: told once, opened by their scopes alone, no people, and worth nothing once revoked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from contest.domain.audience import ROLES
from tests.rest import Rest, all_routes, check_refusal, new_id
from tests.support import eventually

pytestmark = pytest.mark.anyio
KEYS = "/api/v1/admin/keys/"


async def make(rest: Rest, *scopes: str, role: str = "organiser", **members: Any) -> Any:
    return await rest.make(KEYS, {"name": "CI", "role": role, "scopes": scopes, **members})


async def test_a_key_opens_what_its_scopes_say_and_nothing_else(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    made = await make(rest, "questions:read", "questions:write", "groups:read", contest_id=contest)
    key, lists = made["key"], f"/?contest_id={contest}"
    question = {"contest_id": contest, "label": "A", "title": "T"}
    assert (await rest.call("POST", "/api/v1/admin/questions/", question, token=key)).status_code == 201
    for noun in ("questions", "groups"):
        assert (await rest.call("GET", f"/api/v1/admin/{noun}{lists}", token=key)).status_code == 200
    for method, path in (
        ("POST", "/api/v1/admin/groups/"), ("GET", f"/api/v1/admin/participants{lists}"), ("GET", f"/api/v1/admin/contests/{contest}/"),
        ("POST", f"/api/v1/contest/{contest}/submit/"), ("POST", f"/api/v1/contest/{contest}/ticket/"), ("GET", KEYS),
    ):  # fmt: skip
        check_refusal(await rest.call(method, path, {} if method == "POST" else None, token=key), 403, "key.scope")
    other = (await rest.contest())["id"]
    check_refusal(await rest.call("GET", f"/api/v1/admin/questions/?contest_id={other}", token=key), 404, "contest.not_found")
    row = await pool.fetchrow("SELECT actor_id, actor_role FROM podium_audit WHERE action = 'question.created'")
    assert tuple(row) == (made["id"], "organiser")


async def test_a_key_is_told_once_and_kept_as_a_hash(rest: Rest, pool: asyncpg.Pool) -> None:
    made = await make(rest, "*:read")
    secret = made["key"].rpartition("_")[2]
    listed = await rest.call("GET", KEYS)
    stored = str([dict(row) for table in ("podium_api_key", "podium_audit") for row in await pool.fetch(f"SELECT * FROM {table}")])
    assert secret not in listed.text + stored
    assert listed.json()["items"] == [{name: value for name, value in made.items() if name != "key"}]


async def test_a_key_is_no_person(rest: Rest) -> None:
    key = (await make(rest, "*:read", "*:write"))["key"]
    for method, path, body in (
        ("GET", "/api/v1/admin/session/", None), ("DELETE", "/api/v1/admin/session/", None),
        ("POST", KEYS, {"name": "N", "role": "viewer", "scopes": ["*:read"]}),
        ("DELETE", f"{KEYS}{new_id()}/", None),
        ("POST", "/api/v1/admin/people/", {"login": "x", "name": "X", "roles": [{"role": "organiser"}]}),
        ("PUT", f"/api/v1/admin/people/{new_id()}/", {}),
        ("POST", f"/api/v1/admin/people/{new_id()}/password/", {}),
        ("POST", f"/api/v1/admin/people/{new_id()}/log-out/", {}),
    ):  # fmt: skip
        check_refusal(await rest.call(method, path, body, token=key), 403, "key.no_person")


async def test_a_revoked_key_opens_nothing_here_at_once_and_elsewhere_soon(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    made = await make(rest, "*:read", "*:write")
    path = f"/api/v1/contest/{contest}/ticket/"
    assert (await rest.call("POST", path, {}, token=made["key"])).status_code == 201
    assert (await rest.call("GET", "/api/v1/admin/contests/", token=made["key"])).status_code == 200
    assert (await rest.call("DELETE", f"{KEYS}{made['id']}/")).status_code == 204
    check_refusal(await rest.call("GET", "/api/v1/admin/contests/", token=made["key"]), 401, "key.invalid")

    async def out() -> bool:
        return (await rest.call("POST", path, {}, token=made["key"])).status_code == 401

    await eventually(out, 3)
    check_refusal(await rest.call("DELETE", f"{KEYS}{made['id']}/"), 404, "key.not_found")


async def test_what_is_no_key(rest: Rest, pool: asyncpg.Pool) -> None:
    made = await make(rest, "*:read", expires_at=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    key = made["key"]
    for wrong in (
        "pk_",
        "pk_x_y",
        key[:-1],
        key + "0",
        key[:-1] + ("0" if key[-1] != "0" else "1"),
        key.upper(),
        "pk_" + "0" * 32 + key[35:],
    ):
        check_refusal(
            await rest.call("GET", "/api/v1/admin/contests/", token=wrong), 401, "key.invalid" if wrong[:3] == "pk_" else "token.invalid"
        )
    await pool.execute("UPDATE podium_api_key SET expires_at = now() - interval '1 s'")

    async def expired() -> bool:
        answer = await rest.call("GET", "/api/v1/admin/contests/", token=key)
        return answer.status_code == 401 and answer.json()["error"]["code"] == "key.expired"

    await eventually(expired, 3)
    for member, value in (("scopes", []), ("scopes", ["questions"]), ("scopes", ["questions:delete"]), ("role", "contestant")):
        body = {"name": "CI", "role": "grader", "scopes": ["*:read"], member: value}
        check_refusal(await rest.call("POST", KEYS, body), 422, "body.invalid")


async def test_that_it_was_used_is_noted_once_a_minute(rest: Rest, pool: asyncpg.Pool) -> None:
    key = (await make(rest, "*:read"))["key"]
    await rest.call("GET", "/api/v1/admin/contests/", token=key)
    first = await pool.fetchval("SELECT last_used_at FROM podium_api_key")
    assert first is not None
    await pool.execute("UPDATE podium_api_key SET last_used_at = now() - interval '59 s'")
    near = await pool.fetchval("SELECT last_used_at FROM podium_api_key")
    made = await make(rest, "*:read")
    await rest.call("GET", "/api/v1/admin/contests/", token=made["key"])
    assert await pool.fetchval("SELECT last_used_at FROM podium_api_key WHERE id <> $1", made["id"]) == near


async def test_the_metrics_with_a_key(rest: Rest) -> None:
    for scopes, status in (("monitoring:read",), 200), (("contests:read",), 403):
        key = (await make(rest, *scopes, role="operator"))["key"]
        assert (await rest.call("GET", "/api/v1/monitoring/metrics/", token=key)).status_code == status
    key = (await make(rest, "*:read", role="organiser"))["key"]
    check_refusal(await rest.call("GET", "/api/v1/monitoring/metrics/", token=key), 403, "role.forbidden")


async def test_every_route_asks_a_key_for_its_scope(rest: Rest, keys: Any) -> None:
    made = {role: (await make(rest, "nothing:read", role=role))["key"] for role in ROLES if role != "contestant"}
    for route in all_routes(keys):
        for role, key in made.items():
            if route.roles and role in route.roles:
                body = {} if route.method in ("POST", "PUT") else None
                answer = await rest.call(route.method, route.path.replace("{id}", new_id()), body, token=key)
                check_refusal(answer, 403, "key.scope")
