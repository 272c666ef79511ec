"""The schema of the protocol says of every frame what protocol.md and the classes say."""

import json

import jsonschema
import pytest

from contest.wire.schema import protocol_schema
from tests.contest.wire.test_protocol_page import FROM_CLIENT, FROM_SERVER

SCHEMA = protocol_schema()
jsonschema.Draft202012Validator.check_schema(SCHEMA)


def valid(side: str, frame: object) -> bool:
    return bool(jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{side}"}]}).is_valid(frame))


@pytest.mark.parametrize("side", ["FromServer", "FromClient"])
def test_every_example_of_the_page_is_valid_and_broken_ones_are_not(side: str) -> None:
    for example in map(json.loads, FROM_SERVER if side == "FromServer" else FROM_CLIENT):
        assert valid(side, example), example
        assert not valid(side, {**example, "type": "dance"})
        for member in ("log", "epoch", "seq", "since") if "log" in example and example["type"] != "resync" else ():
            if member in example:
                assert not valid(side, {name: value for name, value in example.items() if name != member}), (member, example)


def test_members_to_come_are_for_clients_to_ignore_and_for_the_server_to_refuse() -> None:
    assert valid("FromServer", {"type": "heartbeat", "server_time": "2026-11-24T10:00:25.001Z", "later": 1})
    assert not valid("FromClient", {"type": "heartbeat", "later": 1})
