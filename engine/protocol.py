"""The wire protocol for machines."""

import hashlib
from functools import cache
from typing import Any

import msgspec

from contest.edge.answers import Answer
from contest.edge.calls import Call
from contest.edge.routes import ANYBODY, Route
from contest.wire.schema import protocol_schema


@cache
def _written() -> tuple[bytes, str]:
    """The schema as it is sent, and its ETag: the same for as long as the process runs (about 25 kB)."""
    text = msgspec.json.encode(protocol_schema())
    return text, f'"{hashlib.sha256(text).hexdigest()[:16]}"'


async def shown(_: Call[Any]) -> Answer:
    text, etag = _written()
    return Answer(200, msgspec.Raw(text), {"Cache-Control": "public, max-age=300", "ETag": etag})


ROUTES = [
    Route(
        "GET", "/api/v1/protocol/", ANYBODY, "bare", shown,
        summary="JSON Schema of what goes over the sockets.", answer=dict[str, Any],
    ),
]  # fmt: skip
