"""Every member of every body, with what is no value for it: never a 5xx, refused in the one shape, and what is refused changes nothing.

The bodies are those of the audit's law and their members those of the routes, so that a new one cannot be forgotten."""

import json
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from contest.edge.bodies import Body
from tests.contest.edge.test_audit_law import LAW, Do, scene
from tests.rest import Rest, all_routes, check_refusal

pytestmark = pytest.mark.anyio

NESTED: Any = []
for _ in range(200):
    NESTED = [NESTED]
NO_VALUES: tuple[Any, ...] = (
    None, True, -1, 2**70, -1e308, "", "a\x00b", "\ud800", "\u202e" * 300, "9" * 400, "<script>alert(1)</script>", "=1+1", [], [None],
    [["x"]], {}, {"\x00": 1}, {"a": {"b": []}}, NESTED,
)  # fmt: skip
"""Some are a value for some member: then it is taken, or refused like the rest."""


def as_sent(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=True).encode()


async def ask(rest: Rest, good: httpx.Request, content: bytes) -> httpx.Response:
    kept = ("authorization", "content-type", "if-match")
    headers = {name: value for name, value in good.headers.items() if name in kept}
    return await rest.client.request(good.method, good.url, content=content, headers=headers)


def members_of(body: type[Body]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(body)]


def cases(keys: Path) -> list[tuple[str, type[Body], Do]]:
    bodies = {(route.method, route.path.removeprefix("/api/v1/")): route.body for route in all_routes(keys) if not route.takes}
    return [(f"{key[0]} {key[1]}", bodies[key], do) for key, (_, do) in LAW.items() if key in bodies and key[0] in ("POST", "PUT")]


async def changes(pool: asyncpg.Pool) -> tuple[int, int]:
    row = await pool.fetchrow("SELECT (SELECT count(*) FROM podium_audit), (SELECT count(*) FROM podium_outbox)")
    assert row is not None
    return row[0], row[1]


async def test_what_is_no_value_is_refused_and_changes_nothing(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    asked = 0
    for name, body, do in cases(keys):
        good = (await do(await scene(rest))).request
        sent = json.loads(good.content or b"{}")
        before = await changes(pool)
        answer = await ask(rest, good, as_sent({**sent, "nobody_knows_this": 1}))
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "nobody_knows_this", name
        for member in members_of(body):
            for value in NO_VALUES:
                answer = await ask(rest, good, as_sent({**sent, member: value}))
                where, asked = (name, member, str(value)[:40]), asked + 1
                assert answer.status_code < 500, (where, answer.text)
                if answer.status_code >= 400:
                    assert answer.json().keys() == {"error"}, where
                    assert answer.json()["error"].keys() == {"code", "message", "details"}, where
                    assert await changes(pool) == before, where
                before = await changes(pool)
    assert asked > 40 * len(NO_VALUES)
