"""The descriptions of the interface say what there is, and what they say holds: schemathesis asks every operation with right and wrong
values, on things that are there and on things that are not."""

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from msgspec import Struct
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from contest.edge.node_reads import NODE_READS
from contest.edge.openapi import describe
from contest.edge.routes import ANYBODY
from contest.tokens import AccessSigner
from tests.contest.edge.test_audit_law import Scene, furnish, scene
from tests.rest import Rest, all_routes
from tests.running import RunningPodium

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES_EACH = int(os.environ.get("PODIUM_EXAMPLES", "12"))
"""Of every operation, always the same; more for a night: PODIUM_EXAMPLES=500."""
DESCRIPTIONS = {"engine": "/api/v1/openapi/", "admin": "/api/v1/admin/openapi/"}


def test_every_route_is_described(keys: Path) -> None:
    """In a sentence, with the type of what it answers, and the parameters that it looks at."""
    poor = [
        f"{route.method} {route.path}"
        for route in [*all_routes(keys), *NODE_READS]
        if not route.summary.endswith(".")
        or ((route.answer is None) != (route.status == 204))
        or (route.answer == dict[str, Any] and route.path != "/api/v1/protocol/")  # JSON Schema
    ]
    assert poor == []


def test_what_lists_take_is_described(keys: Path) -> None:
    """A list of a contest names it, and every list has pages."""
    for route in all_routes(keys):
        if not (
            isinstance(route.answer, type) and issubclass(route.answer, Struct) and route.answer.__struct_fields__ == ("total", "items")
        ):
            continue
        named = [query.name for query in route.query]
        assert {"offset", "limit"} <= set(named) or "clarifications" in route.path, route.path
        assert len(named) == len(set(named)), route.path


def test_operations_have_names_of_their_own(keys: Path) -> None:
    described = describe("all", [*all_routes(keys), *NODE_READS])
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_who_may_is_said(keys: Path) -> None:
    routes = all_routes(keys)
    described = describe("all", routes)["paths"]
    for route in routes:
        operation = described[route.path][route.method.lower()]
        assert (operation["security"] == []) == (route.roles is ANYBODY)
        if route.roles is not None:
            assert all(role in operation["description"] for role in route.roles)


class Somewhere:
    """Puts ids of the scene where the description only says `uuid`, two times out of three."""

    def __init__(self, there: Scene) -> None:
        self._chance = random.Random(11)
        self._by_noun = {
            "contests": there.contest, "contest": there.contest, "questions": there.question, "groups": there.group,
            "participants": there.participant, "submissions": there.submission, "attempt": there.attempt,
            "clarifications": there.clarification, "canned-answers": there.canned, "files": there.file, "people": there.person,
            "keys": there.key, "manual": there.judgement,
        }  # fmt: skip
        self._by_member = {
            "contest_id": there.contest, "question_id": there.question, "group_id": there.group, "participant_id": there.participant,
            "submission_id": there.submission,
        }  # fmt: skip

    def fill(self, case: Case) -> None:
        parts = case.path.split("/")
        if "{id}" in parts and self._often() and (known := self._by_noun.get(parts[parts.index("{id}") - 1])):
            case.path_parameters = {**(case.path_parameters or {}), "id": known}
        for holder in (case.query, case.body):
            if isinstance(holder, dict):
                for member in holder.keys() & self._by_member.keys():
                    if self._often():
                        holder[member] = self._by_member[member]

    def _often(self) -> bool:
        return self._chance.random() < 2 / 3


def operations(url: str, path: str) -> list[Any]:
    """Those that leave the scene as it is; first those that take nothing away."""
    found = [found.ok() for found in schemathesis.openapi.from_url(url + path).get_all_operations()]
    kept = [operation for operation in found if (operation.method.upper(), operation.path) not in ENDS_THE_SCENE]
    return sorted(kept, key=lambda operation: operation.method == "delete" or operation.path in TAKES_AWAY)


@pytest.fixture(scope="module")
def place(podium: RunningPodium) -> Scene:
    """An ongoing contest with one of everything."""

    async def made() -> Scene:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            there = await scene(Rest(podium.url, podium.url, AccessSigner.of(podium.data / "keys"), client))
            await furnish(there)
            return there

    return asyncio.run(made())


@pytest.mark.parametrize("process", DESCRIPTIONS)
def test_what_is_described_holds(podium: RunningPodium, place: Scene, process: str) -> None:
    organiser = place.rest.token(ttl_s=3600)
    asked = [
        _ask(operation, podium.url, organiser if "/admin/" in operation.path else place.token, Somewhere(place))
        for operation in operations(podium.url, DESCRIPTIONS[process])
    ]
    assert len(asked) > 10
    assert min(asked) > 0


def _ask(operation: Any, url: str, token: str, somewhere: Somewhere) -> int:
    """How often it was asked."""
    asked = 0

    @settings(max_examples=EXAMPLES_EACH, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        nonlocal asked
        somewhere.fill(case)
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        case.call_and_validate(base_url=url, checks=CHECKS)
        asked += 1

    ask()
    return asked


ENDS_THE_SCENE = {
    ("POST", "/api/v1/admin/contests/{id}/end/"),
    ("DELETE", "/api/v1/admin/participants/{id}/"),
}
"""After these the others would only be refused."""
TAKES_AWAY = ("/api/v1/attempt/{id}/hand-in/", "/api/v1/admin/contests/{id}/pause/")
