"""Every route of both descriptions can be asked by a method of each client, or stands here with the reason why not."""

import asyncio
import inspect
import json
import re
import subprocess
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from podium_client import PodiumError, PodiumRest

from contest.edge.node_reads import NODE_READS
from tests.rest import all_routes
from tests.sdk.test_client_rest import GONE, serving
from web.build_pages import SDK, WEB, install, node_binary

pytestmark = pytest.mark.anyio
ID = "0193577c-0a3e-7c11-8b7e-2f6d3a1c9e10"
LEFT_OUT: dict[str, str] = {}
"""`METHOD /path` -> why no client asks it."""
UNDESCRIBED = {"GET /api/v1/admin/contests/{id}/leaderboard/": "the nodes answer it to staff; the descriptions hold the public's reads"}
"""Asked by the clients, in no description."""


@pytest.fixture
def routes(keys: Path) -> set[str]:
    return {f"{route.method} {route.path}" for route in [*all_routes(keys), *NODE_READS]}


def check(requests: set[str], routes: set[str], client: str) -> None:
    found, strays = reached(requests, routes | UNDESCRIBED.keys())
    assert strays == set(), "no such route"
    assert routes - found - LEFT_OUT.keys() == set(), f"add a method to {client}, or the reason to LEFT_OUT"
    assert LEFT_OUT.keys() <= routes


def reached(requests: set[str], routes: set[str]) -> tuple[set[str], set[str]]:
    """The routes that were asked, and requests that fit none. Of two that fit, the one with fewer parameters is it."""
    found, strays = set[str](), set[str]()
    for request in requests:
        fitting = [route for route in routes if re.fullmatch(re.escape(route).replace(r"\{id\}", "[^/]+"), request)]
        if fitting:
            found.add(min(fitting, key=lambda route: route.count("{")))
        else:
            strays.add(request)
    return found, strays


def values(kind: Any) -> list[Any]:
    """What an argument of this type is tried with: of a choice, each."""
    if typing.get_origin(kind) is typing.Literal:
        return list(typing.get_args(kind))
    return [{int: 1, float: 1.0, bytes: b"x"}.get(kind, ID if kind is str else [])]


def nouns(rest: PodiumRest) -> Iterator[Any]:
    yield rest
    yield from (noun for name, noun in vars(rest).items() if not name.startswith("_"))


async def ask_everything(rest: PodiumRest) -> None:
    for noun in nouns(rest):
        for name, method in inspect.getmembers(noun, inspect.iscoroutinefunction):
            if name.startswith("_") or name == "until_known":
                continue
            hints = typing.get_type_hints(method)
            needed = [
                each.name
                for each in inspect.signature(method).parameters.values()
                if each.default is each.empty and each.kind is not each.VAR_KEYWORD
            ]
            choices = [values(hints[each]) for each in needed]
            for number in range(max(map(len, choices), default=1)):
                given = {each: choice[number % len(choice)] for each, choice in zip(needed, choices, strict=True)}
                with pytest.raises(PodiumError):
                    await method(**given)


async def test_python_reaches_every_route(routes: set[str]) -> None:
    async with serving(GONE) as server, PodiumRest(server.url, "token") as rest:
        await asyncio.wait_for(ask_everything(rest), 60)
    check({asked.partition("?")[0] for asked, _, _ in server.requests}, routes, "sdk/python")


def test_typescript_reaches_every_route(routes: set[str]) -> None:
    install()
    script = SDK.parents[1] / "tests" / "sdk" / "ask_everything.mjs"
    command = [str(node_binary()), "--import", str(WEB / "test" / "client.ts"), str(script), ID]
    asked = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=WEB).stdout)
    check(set(asked), routes, "sdk/js")
