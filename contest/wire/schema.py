"""The wire protocol as JSON Schema (2020-12), made from the message classes: what protocol.md shows by examples, for machines."""

from typing import Any, get_args

import msgspec

from contest.wire import from_browser, to_browser

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLACE = {
    "log": {"type": "string", "description": "which log the frame belongs to"},
    "epoch": {"type": "string"},
    "seq": {"type": "integer", "minimum": 0},
}
SINCE = {"since": {"type": "integer", "minimum": 0, "description": "applies to a state at exactly this seq"}}


def protocol_schema() -> dict[str, Any]:
    """`$defs` of all messages and their parts; `FromServer` and `FromClient` are one of each side's.

    Members that are not named are to be ignored in what the server sends, and are refused in what clients send.
    """
    logged, lines = get_args(to_browser.LogMessage), get_args(to_browser.LineMessage)
    sent = get_args(from_browser.Message)
    schemas, defs = msgspec.json.schema_components([*logged, *lines, *sent], ref_template="#/$defs/{name}")
    refs = [schema["$ref"] for schema in schemas]
    for ref, message in zip(refs, logged, strict=False):
        _place(defs[_name(ref)], {**PLACE, **SINCE} if message is to_browser.BoardDelta else PLACE)
    received = len(logged) + len(lines)
    return {
        "$schema": DIALECT,
        "title": "The Podium wire protocol, version 1",
        "$defs": {
            **{name: defs[name] for name in sorted(defs)},
            "FromServer": {"oneOf": [{"$ref": ref} for ref in refs[:received]]},
            "FromClient": {"oneOf": [{"$ref": ref} for ref in refs[received:]]},
        },
        "anyOf": [{"$ref": "#/$defs/FromServer"}, {"$ref": "#/$defs/FromClient"}],
    }


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]


def _place(message: dict[str, Any], place: dict[str, Any]) -> None:
    """A frame of a log says first where it stands."""
    message["properties"] = {**place, **message["properties"]}
    message["required"] = [*place, *message["required"]]
