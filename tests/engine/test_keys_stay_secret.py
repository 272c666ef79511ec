"""Every route that a contestant may use, and every event that reaches one, over an exam whose keys and rubrics hold words of their own."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.rest import Rest, all_routes
from tests.sitting import CHOICE, POINTS, Contestant, exam

pytestmark = pytest.mark.anyio
SECRETS = ("canary-accepted", "canary-rubric", "424242.75", "answer_key", "rubric", "case_sensitive", '"right"', "absolute")
NOT_TRIED = {"/api/v1/contest/{id}/session/", "/api/v1/admin/session/"}
"""Doors: they know of no question."""


def body_for(path: str, who: Contestant) -> dict[str, Any]:
    if path.endswith("/answer/"):
        return {"question_id": who.questions["short"], "value": "a guess", "device": "desk"}
    if path.endswith("/submit/"):
        return {"question_id": who.questions["short"], "answer": "a guess"}
    return {"text": "What is right?"} if path.endswith("/clarifications/") else {}


async def test_keys_reach_no_contestant(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    here = await exam(rest, kinds=("essay",), started=False)
    made: dict[str, dict[str, Any]] = {
        "short": {"kind": "short_text", "body": {"max_length": 50}, "answer_key": {"accepted": ["canary-accepted"]}},
        "number": {"kind": "numeric", "answer_key": {"value": 424242.75, "absolute": 1}},
        "choice": {"kind": "multiple_choice", "body": CHOICE, "answer_key": {"right": ["red"]}},
    }  # fmt: skip
    for label, (name, members) in zip("XYZ", made.items(), strict=True):
        rubric = [{"id": "r", "text": "canary-rubric", "points": 1}]
        here.questions[name] = (await rest.question(here.contest, label, points=POINTS, rubric=rubric, **members))["id"]
    (who,) = here.people
    await rest.act(here.contest, "start")
    assert (await who.start()).status_code == 201
    routes = [route for route in all_routes(keys) if (route.roles is None or "contestant" in route.roles) and route.path not in NOT_TRIED]
    tried = set()
    for route in sorted(routes, key=lambda route: "hand-in" in route.path):
        path = route.path.removeprefix("/api/v1/").replace("{id}", who.attempt if "/attempt/" in route.path else here.contest)
        query = f"?question_id={here.questions['short']}" if "/attempt/" in route.path else ""
        body = body_for(route.path, who) if route.method == "POST" and not route.takes else None
        answer = await who.ask(route.method, path + query, body)
        tried.add((route.path, answer.status_code // 100))
        for secret in SECRETS:
            assert secret not in answer.text, (route.path, secret)
    assert {path for path, status in tried if status == 2} >= {
        f"/api/v1/{path}" for path in ("contest/{id}/paper/", "contest/{id}/me/", "contest/{id}/submit/", "attempt/{id}/answer/",
                               "attempt/{id}/hand-in/")
    }  # fmt: skip
    told = await pool.fetch("SELECT body::text AS text FROM podium_outbox WHERE topic IN ('inbox', 'event.public', 'board.changed')")
    assert told
    assert not [row["text"] for row in told for secret in SECRETS if secret in row["text"]]
