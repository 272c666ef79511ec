"""Bad input on every path: a clear refusal in the one shape, and nothing changed."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from admin.grading import NewJudgement
from admin.questions import NewQuestion
from contest.edge.app import UNAVAILABLE
from contest.edge.bodies import decode
from contest.edge.routes import Route
from contest.errors import Detail, Refusal
from tests.contest.edge.test_roles import all_routes
from tests.rest import Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio


async def send(rest: Rest, route: Route, content: bytes, content_type: str = "application/json", **headers: str) -> httpx.Response:
    role = sorted(route.roles)[-1] if route.roles else "organiser"
    return await rest.call(
        route.method,
        route.path.replace("{id}", new_id()),
        token=rest.token(role),
        content=content,
        headers={"Content-Type": content_type, **headers},
    )


def with_body(keys: Path) -> list[Route]:
    return [route for route in all_routes(keys) if route.method in ("POST", "PUT") and not route.takes]


async def test_what_is_no_json(rest: Rest, keys: Path) -> None:
    for route in with_body(keys):
        for content in (b"{", b"nonsense", b"\xff\xfe"):
            check_refusal(await send(rest, route, content), 400, "body.malformed")
        # Here a route may find first that a member is missing, or unknown, or that this is no object.
        for content in (b"{}}", b'{"reason":"\xff"}', b'{"reason":"\\ud800"}', b"[" * 100_000, b'{"reason":' * 50_000):
            answer = await send(rest, route, content)
            assert answer.status_code in (400, 422)
            assert answer.json()["error"]["code"] in ("body.malformed", "body.invalid")


async def test_unknown_members_and_other_kinds_of_json_are_named(rest: Rest, keys: Path) -> None:
    for route in with_body(keys):
        details = check_refusal(await send(rest, route, b'{"dance": 1}'), 422, "body.invalid")
        assert details == [{"field": "dance", "message": "is not known here"}]
        for content in (b"[]", b"1", b"null", b'"x"'):
            check_refusal(await send(rest, route, content), 422, "body.invalid")


async def test_every_member_with_a_wrong_type_is_named(rest: Rest, keys: Path) -> None:
    for route in with_body(keys):
        for name in route.body.__struct_fields__:
            details = check_refusal(await send(rest, route, b'{"%s": {"x": [{}]}}' % name.encode()), 422, "body.invalid")
            assert re.split(r"[.\[]", details[0]["field"])[0] == name


async def test_wrong_content_type_and_too_much(rest: Rest, keys: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (64 << 10)

    for route in with_body(keys):
        check_refusal(await send(rest, route, b"{}", "text/plain"), 415, "body.not_json")
        check_refusal(await send(rest, route, b"a=b", "application/x-www-form-urlencoded"), 415, "body.not_json")
        check_refusal(await send(rest, route, b" " * ((1 << 20) + 1)), 413, "body.too_large")
    check_refusal(await send(rest, with_body(keys)[0], chunks()), 413, "body.too_large")  # type: ignore[arg-type]


async def test_u0000_is_refused_where_it_stands_but_a_written_escape_is_not(rest: Rest) -> None:
    contest = await rest.contest(title="a \\u0000 b")
    assert contest["title"] == "a \\u0000 b"
    answer = await rest.call("POST", "/api/v1/admin/contests/", {"title": "a\x00b", "duration_s": 60})
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "title"


async def test_other_methods_and_paths(rest: Rest, keys: Path) -> None:
    paths = {route.path for route in all_routes(keys)}
    for path in paths:
        takes = {route.method for route in all_routes(keys) if route.path == path}
        answer = await rest.call("PATCH", path.replace("{id}", new_id()))
        check_refusal(answer, 405, "method.not_allowed")
        assert set(answer.headers["allow"].split(", ")) == takes
    for path in ("/api/v1/admin/", "/api/v1/admin/contests", "/api/v1/contest/", "/nonsense", "/api/v1/admin/contests//"):
        check_refusal(await rest.call("GET", path), 404, "path.not_found")


async def test_ids_that_are_none_are_not_found(rest: Rest, keys: Path) -> None:
    for route in all_routes(keys):
        unsaid = route.path.endswith(("/submit/", "/session/", "/answer/", "/file/"))
        if "{id}" not in route.path or (route.method in ("POST", "PUT") and unsaid):
            continue
        role = sorted(route.roles or {"organiser"})[-1]
        known = {"contest_time_s": 0, "rate": 1, "text": "T", "seconds": 60, "reason": "so"}
        body = {name: known[name] for name in route.body.__struct_fields__ if name in known} if route.method in ("POST", "PUT") else None
        for wrong in ("x", "0193577c", "%00", "' OR 1=1", new_id()):
            answer = await rest.call(route.method, route.path.replace("{id}", wrong), body, token=rest.token(role))
            assert answer.status_code == 404, (route.path, wrong, answer.text)


async def test_lists_refuse_wrong_pages_and_a_missing_contest(rest: Rest) -> None:
    contest = await rest.contest()
    for query in ("offset=-1", "limit=0", "limit=1001", "limit=x", "offset=9999999999999", "limit=%D9%A1"):
        answer = await rest.call("GET", f"/api/v1/admin/questions/?contest_id={contest['id']}&{query}")
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == query.split("=")[0]
    for query in ("", "?contest_id=", "?contest_id=x"):
        assert check_refusal(await rest.call("GET", f"/api/v1/admin/questions/{query}"), 422, "body.invalid")[0]["field"] == "contest_id"


async def test_what_breaks_inside_is_500_without_detail_and_is_logged(rest: Rest, pool: asyncpg.Pool) -> None:
    await pool.execute("ALTER TABLE podium_announcement RENAME TO secret_name")
    contest = await rest.contest()
    answer = await rest.call("POST", "/api/v1/admin/announcements/", {"contest_id": contest["id"], "text": "Hello"})
    check_refusal(answer, 500, "server.error")
    assert "podium_announcement" not in answer.text
    noted = rest.telemetry["admin"].errors.listed()
    assert [(item["event"], item["count"]) for item in noted] == [("request.failed", 1)]


async def test_every_answer_has_its_headers(rest: Rest) -> None:
    answer = await rest.call("GET", "/api/v1/admin/contests/", headers={"X-Request-Id": "abcdefgh-1234"})
    assert answer.headers["x-request-id"] == "abcdefgh-1234"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    answer = await rest.call("GET", "/api/v1/admin/contests/", headers={"X-Request-Id": "a b\tc<script>"})
    assert answer.headers["x-request-id"] != "a b\tc<script>"
    assert "server" not in answer.headers


async def test_each_process_can_say_that_another_is_away(rest: Rest) -> None:
    for url in (rest.admin_url, rest.engine_url):
        answer = await rest.client.get(url + UNAVAILABLE)
        check_refusal(answer, 503, "server.unavailable")
        assert int(answer.headers["retry-after"]) > 0


async def test_a_wrong_form_is_told_without_the_validator() -> None:
    for content, field, form in (
        (b'{"submission_id":"0193577c-7777-7c11-8b7e-2f6d3a1c9e10","verdict":"Accepted"}', "verdict", "[A-Z][A-Z0-9_-]{0,9}"),
        (b'{"contest_id":"0193577c-7777-7c11-8b7e-2f6d3a1c9e10","label":"A","title":"T","color":"red"}', "color", "#[0-9a-fA-F]{6}"),
    ):
        with pytest.raises(Refusal) as refused:
            decode(content, NewJudgement if field == "verdict" else NewQuestion)
        assert refused.value.details == (Detail(field, f"must have the form {form}"),)
