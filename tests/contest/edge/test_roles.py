"""Every role on every route, and tokens that are none: the table of the routes is the law."""

from pathlib import Path
from typing import get_args

import httpx
import pytest

from contest.domain.audience import ROLES, Role
from contest.domain.grants import GIVEN, Grant, in_order
from contest.edge.cookies import CONTESTANT, STAFF
from contest.edge.routes import Route
from contest.ids import ContestId, UserId
from contest.keys import make_keys
from contest.tokens import AccessSigner, Person, Tickets
from tests.rest import ME, Rest, all_routes, check_refusal, new_id

pytestmark = pytest.mark.anyio


async def ask(rest: Rest, route: Route, token: str) -> httpx.Response:
    body = {} if route.method in ("POST", "PUT") else None
    return await rest.call(route.method, route.path.replace("{id}", new_id()), body, token=token)


async def test_only_the_roles_of_a_route_get_past_the_door(rest: Rest, keys: Path) -> None:
    tried = 0
    for route in all_routes(keys):
        for role in ROLES:
            answer = await ask(rest, route, rest.token(role))
            if route.roles is None or role in route.roles:
                assert answer.status_code not in (403, 500), (route.method, route.path, role, answer.text)
            else:
                check_refusal(answer, 403, "role.forbidden")
            tried += 1
    assert tried > 30 * len(get_args(Role))


async def test_by_cookie_it_is_the_same_table(rest: Rest, keys: Path) -> None:
    """On its own paths alone, and for a change with the page's token."""
    for route in all_routes(keys):
        for role in ROLES if route.roles is not None else ():
            page = Person(ME, role, None, 2**31, session=new_id(), csrf="known to the page")
            right, wrong = (STAFF, CONTESTANT) if route.path.startswith("/api/v1/admin/") else (CONTESTANT, STAFF)
            token, changes = rest.signer.sign(page), route.method != "GET"
            check_refusal(await by_cookie(rest, route, wrong, token, page.csrf), 401, "token.missing")
            if changes:
                check_refusal(await by_cookie(rest, route, right, token, ""), 403, "csrf.missing")
            answer = await by_cookie(rest, route, right, token, page.csrf if changes else "")
            if role in (route.roles or ()):
                assert answer.status_code not in (403, 500), (route.method, route.path, role, answer.text)
            else:
                check_refusal(answer, 403, "role.forbidden")


async def by_cookie(rest: Rest, route: Route, name: str, token: str, csrf: str) -> httpx.Response:
    headers = {"Cookie": f"{name}={token}", **({"X-CSRF-Token": csrf} if csrf else {})}
    body = {} if route.method in ("POST", "PUT") else None
    return await rest.call(route.method, route.path.replace("{id}", new_id()), body, token="", headers=headers)


async def test_several_roles_open_what_each_of_them_opens(rest: Rest, keys: Path) -> None:
    """In pairs; a role in some contest only is no role in every one."""
    some = ContestId(new_id())
    for route in all_routes(keys):
        for one, other in ((GIVEN[at], GIVEN[at - 1]) for at in range(len(GIVEN)) if route.roles is not None):
            grants = in_order((Grant(one, some), Grant(other)))
            first = grants[0]
            answer = await ask(rest, route, rest.signer.sign(Person(ME, first.role, first.contest, 2**31, grants=grants)))
            known = route.roles or frozenset()
            if other in known:  # in every contest
                assert answer.status_code not in (401, 403, 500), (route.method, route.path, one, other, answer.text)
            elif one in known:  # past the door; what it asks for is of another contest
                assert answer.status_code not in (401, 500), (route.method, route.path, one, other, answer.text)
            else:
                check_refusal(answer, 403, "role.forbidden")


async def test_what_is_no_access_token_opens_nothing(rest: Rest, keys: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    forged = AccessSigner.of(tmp_path / "other").mint(ME, "organiser", None, 600)[0]
    contest = ContestId(new_id())
    ticket = Tickets.of(keys).mint(Person(UserId(ME), "organiser", None, 2**31), contest)[0]
    head, claims, signature = rest.token().split(".")
    wrong = {
        "": "token.missing",
        "nonsense": "token.invalid",
        forged: "token.invalid",
        ticket: "token.invalid",
        f"{head}.{claims}.{signature[:-4]}AAAA": "token.invalid",
        rest.token(ttl_s=-60): "token.expired",
    }
    for route in all_routes(keys):
        if route.roles is None:
            continue
        for token, code in wrong.items():
            answer = await ask(rest, route, token)
            check_refusal(answer, 401, code)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_another_scheme_is_no_token(rest: Rest) -> None:
    headers = {"Authorization": f"Basic {rest.token()}"}
    check_refusal(await rest.call("GET", "/api/v1/admin/contests/", token="", headers=headers), 401, "token.missing")


async def test_a_token_for_one_contest_finds_no_other(rest: Rest) -> None:
    mine, other = await rest.contest(), await rest.contest()
    question = await rest.question(other["id"])
    group = await rest.make("/api/v1/admin/groups/", {"contest_id": other["id"], "name": "Europe"})
    participant = await rest.participant(other["id"])
    token = rest.token(contest=mine["id"])
    foreign = [
        ("contests", other["id"], "contest"),
        ("questions", question["id"], "question"),
        ("groups", group["id"], "group"),
        ("participants", participant["id"], "participant"),
    ]
    for noun, found, code in foreign:
        for method in ("GET", "PUT"):
            body = {} if method == "PUT" else None
            check_refusal(await rest.call(method, f"/api/v1/admin/{noun}/{found}/", body, token=token), 404, f"{code}.not_found")
    for noun in ("questions", "groups", "participants", "submissions", "announcements", "audit"):
        answer = await rest.call("GET", f"/api/v1/admin/{noun}/?contest_id={other['id']}", token=token)
        check_refusal(answer, 404, "contest.not_found")
    listed = (await rest.call("GET", "/api/v1/admin/contests/", token=token)).json()
    assert [item["id"] for item in listed["items"]] == [mine["id"]]
    check_refusal(await rest.call("POST", "/api/v1/admin/contests/", {"title": "x", "duration_s": 60}, token=token), 403, "role.forbidden")


def test_nothing_in_the_tables_is_there_twice(keys: Path) -> None:
    named = [(route.method, route.path) for route in all_routes(keys)]
    assert len(named) == len(set(named))
    assert all(path.startswith("/api/v1/") and path.endswith("/") for _, path in named)
