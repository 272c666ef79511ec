"""The descriptions of the interface say what there is, and what they say holds: schemathesis asks every operation with right and wrong
values, on things that are there and on things that are not."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from contest.edge.node_reads import NODE_READS
from contest.edge.openapi import describe
from contest.edge.routes import ANYBODY, Route
from contest.tokens import AccessSigner
from tests.contest.edge.test_audit_law import Scene, scene
from tests.rest import Rest, all_routes
from tests.running import RunningPodium

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES_EACH = 12
"""Of every operation; more find the same on a machine where this is a minute."""
DESCRIPTIONS = {"engine": "/api/v1/openapi/"}
"""Those of which every route says its answer."""


def of_contestants(route: Route) -> bool:
    return not route.path.startswith("/api/v1/admin/")


def test_every_route_of_contestants_is_described(keys: Path) -> None:
    poor = [
        f"{route.method} {route.path}"
        for route in [*filter(of_contestants, all_routes(keys)), *NODE_READS]
        if not route.summary or ((route.answer is None) != (route.status == 204))
    ]
    assert poor == []


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
            "participants": there.participant, "submissions": there.submission,
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


def operations(url: str, path: str) -> Iterator[Any]:
    """Those that leave the scene as it is."""
    for found in schemathesis.openapi.from_url(url + path).get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) not in ENDS_THE_SCENE:
            yield operation


@pytest.fixture(scope="module")
def place(podium: RunningPodium) -> Scene:
    """An ongoing contest with one of everything."""

    async def made() -> Scene:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            return await scene(Rest(podium.url, podium.url, AccessSigner.of(podium.data / "keys"), client))

    return asyncio.run(made())


@pytest.mark.parametrize("process", DESCRIPTIONS)
def test_what_is_described_holds(podium: RunningPodium, place: Scene, process: str) -> None:
    asked = [_ask(operation, podium.url, place.token, Somewhere(place)) for operation in operations(podium.url, DESCRIPTIONS[process])]
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
