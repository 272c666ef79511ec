"""Both clients know every message of the protocol and every member of it, as the schema that the server gives says."""

import json
import subprocess
from typing import Any

import msgspec
import pytest
from podium_client import frames

from contest.wire.schema import protocol_schema
from web.build_pages import SDK, WEB, install, node_binary

SCHEMA = protocol_schema()
Tree = dict[str, Any]


def tree(schema: Any, defs: Any) -> Tree | None:
    """The members of what a schema describes, {name: members or None}; of lists and maps, those of what they hold."""
    if "$ref" in schema:
        return tree(defs[schema["$ref"].rpartition("/")[2]], defs)
    for each in schema.get("anyOf", ()):
        if (found := tree(each, defs)) is not None:
            return found
    if "properties" in schema:
        return {name: tree(member, defs) for name, member in schema["properties"].items()}
    for holds in ("items", "additionalProperties"):
        if isinstance(schema.get(holds), dict):
            return tree(schema[holds], defs)
    return None


def said(side: str) -> dict[str, Tree]:
    """type -> members, of the server's schema."""
    defs, found = SCHEMA["$defs"], {}
    for each in defs[side]["oneOf"]:
        message = defs[each["$ref"].rpartition("/")[2]]
        members = tree(message, defs)
        assert members is not None
        found[message["properties"]["type"]["enum"][0]] = members
    return found


def unknown(server: Tree, client: Tree | None, path: str) -> list[str]:
    if client is None:
        return [path]
    missing = [f"{path}.{name}" for name in server if name not in client and name != "type"]
    for name, inner in server.items():
        if inner is not None and name in client:
            missing += unknown(inner, client[name], f"{path}.{name}")
    return missing


def test_the_python_client_knows_all_that_is_said() -> None:
    missing: list[str] = []
    for kind, members in said("FromServer").items():
        known = frames._TYPES.get(kind)
        schema: Any = None if known is None else msgspec.json.schema(known)
        missing += unknown(members, None if schema is None else tree(schema, schema.get("$defs", {})), kind)
    assert missing == []


@pytest.fixture(scope="module")
def in_typescript() -> Any:
    install()
    script = SDK.parents[1] / "tests" / "sdk" / "known_members.mjs"
    command = [str(node_binary()), str(script), str(WEB), str(SDK / "src" / "messages.ts")]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("side", ["FromServer", "FromClient"])
def test_the_typescript_client_knows_all_that_is_said(in_typescript: Any, side: str) -> None:
    missing = [path for kind, members in said(side).items() for path in unknown(members, in_typescript[side].get(kind), kind)]
    assert missing == []
    assert set(in_typescript[side]) == set(said(side)), "and nothing that is not"


def test_what_is_missing_would_be_found() -> None:
    server = {"a": None, "b": {"c": None, "d": {"e": None}}}
    assert unknown(server, {"a": None, "b": {"c": None, "d": {}}}, "x") == ["x.b.d.e"]
    assert unknown(server, {"b": None}, "x") == ["x.a", "x.b"]
    assert unknown(server, None, "x") == ["x"]
