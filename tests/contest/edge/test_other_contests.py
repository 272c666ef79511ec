"""A token that is good for one contest, on every route, with the ids of another contest that are really there: nothing is found, nothing
changes, and what belongs to one contest is never taken into another."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contest.domain.grants import Grant
from contest.edge.routes import Route
from contest.ids import ContestId
from contest.tokens import Person
from tests.contest.edge.test_audit_law import Scene, furnish, scene
from tests.contest.edge.test_roles import all_routes
from tests.rest import ME, Rest, check_refusal

pytestmark = pytest.mark.anyio

TABLES = (
    "contests_contest", "podium_contest", "contests_question", "podium_question", "podium_group", "contests_participant",
    "podium_participant", "podium_submission", "podium_judgement", "podium_announcement", "attempts_attempt",
    "attempts_answer", "podium_audit",
    "podium_person", "podium_role", "podium_api_key",
    "podium_clarification", "podium_claim", "podium_canned_answer", "podium_announcement_told",
)  # fmt: skip


async def everything(pool: asyncpg.Pool) -> list[Any]:
    return [[dict(row) for row in await pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in TABLES]


OF_MINE = {("GET", "/api/v1/admin/contests/"), ("GET", "/api/v1/admin/people/"), ("GET", "/api/v1/admin/keys/")}
"""Lists of what the asker has a role in."""


def aimed(route: Route, there: Scene) -> tuple[str, Any]:
    """The route's path and a body that would do, both with ids of the contest of `there`."""
    ids = {
        "contests": there.contest, "contest": there.contest, "questions": there.question, "groups": there.group,
        "participants": there.participant, "submissions": there.submission, "manual": there.judgement,
        "attempt": there.attempt, "files": there.file, "people": there.person, "keys": there.key,
        "clarifications": there.clarification, "canned-answers": there.canned,
    }  # fmt: skip
    parts = route.path.split("/")
    path = route.path
    if "{id}" in parts:
        path = path.replace("{id}", ids[parts[parts.index("{id}") - 1]])
    elif route.method == "GET":
        path += f"?contest_id={there.contest}"
    if route.method not in ("POST", "PUT"):
        return path, None
    known = {
        "contest_id": there.contest, "title": "T", "duration_s": 60,
        "label": "Z", "name": "N", "text": "T", "submission_id": there.submission,
        "value": 1, "device": "desk", "reason": "so",
        "verdict": "AC", "question_id": there.question, "contest_time_s": 1, "rate": 1, "participant_id": there.participant,
    }  # fmt: skip
    needed = {name: known[name] for name in route.body.__struct_fields__ if name in known}
    if parts[-2] == "codes":
        return path, {"contest_id": there.contest}
    if parts[-2] == "import":
        return f"{path}?contest_id={there.contest}", [{"name": "N"}]
    if parts[-2] == "keys":
        return path, {"name": "N", "role": "grader", "scopes": ["*:read"], "contest_id": there.contest}
    if parts[-2] == "people":
        return path, {"login": "L", "name": "N", "roles": [{"role": "grader", "contest_id": there.contest}]}
    if parts[-2] in ("schedule", "start", "freeze", "thaw", "end", "finalize", "unthaw", "pause", "resume", "reopen"):
        needed = {}
    if parts[-2] == "extend":
        needed = {"seconds": 60, "reason": "so"}
    return path, needed


async def test_on_every_route_another_contest_is_not_there(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    mine, there = await rest.contest(), await scene(rest)
    await furnish(there)
    before, tried = await everything(pool), 0
    for route in all_routes(keys):
        for role in sorted(route.roles or ()):
            if (route.method, route.path) in OF_MINE or "/admin/session/" in route.path:
                continue
            path, body = aimed(route, there)
            other = {"content": b"text", "headers": {"Content-Type": route.takes[0]}} if route.takes else {"body": body}
            answer = await rest.call(route.method, path, token=rest.token(role, mine["id"]), **other)
            if (route.method, route.path) == ("POST", "/api/v1/admin/contests/"):
                check_refusal(answer, 403, "role.forbidden")
            else:
                assert answer.status_code == 404, (route.method, route.path, role, answer.text)
                assert answer.json()["error"]["code"].endswith(".not_found")
            if "viewer" not in (route.roles or ()):  # being let in there as less opens no more
                grants = (Grant(role, ContestId(mine["id"])), Grant("viewer", ContestId(there.contest)))
                token = rest.signer.sign(Person(ME, role, grants[0].contest, 2**31, grants=grants))
                answer = await rest.call(route.method, path, token=token, **other)
                assert answer.status_code in (403, 404), (route.method, route.path, role, answer.text)
            tried += 1
    assert tried > 35
    assert await everything(pool) == before


async def test_what_is_of_one_contest_is_not_taken_into_another(rest: Rest) -> None:
    """By one who may do everything in both."""
    one, other = await scene(rest), await scene(rest)
    submit = f"/api/v1/contest/{one.contest}/submit/"
    proxied = {"question_id": one.question, "participant_id": one.participant, "contest_time_s": 1}
    for member, foreign in (("question_id", other.question), ("participant_id", other.participant)):
        answer = await rest.call("POST", submit, {**proxied, member: foreign})
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == member
    answer = await rest.call("POST", submit, {"question_id": other.question, "answer": "1"}, token=one.token)
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "question_id"
    for method, path, body in (
        ("POST", "/api/v1/admin/participants/", {"contest_id": one.contest, "name": "N", "group_ids": [other.group]}),
        ("POST", "/api/v1/admin/announcements/", {"contest_id": one.contest, "text": "T", "group_ids": [other.group]}),
        ("PUT", f"/api/v1/admin/participants/{one.participant}/", {"group_ids": [other.group]}),
    ):
        assert check_refusal(await rest.call(method, path, body), 422, "body.invalid")[0]["field"] == "group_ids"
    announced = {"contest_id": one.contest, "text": "T", "participant_id": other.participant}
    answer = await rest.call("POST", "/api/v1/admin/announcements/", announced)
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "participant_id"
    asked = {"text": "?", "question_id": other.question}
    answer = await rest.call("POST", f"/api/v1/contest/{one.contest}/clarifications/", asked, token=one.token)
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "question_id"
    for path in (f"/api/v1/contest/{other.contest}/submit/", f"/api/v1/contest/{other.contest}/ticket/"):
        check_refusal(await rest.call("POST", path, {"question_id": other.question, "answer": "1"} if "submit" in path else {},
                                      token=one.token), 404, "contest.not_found")  # fmt: skip
