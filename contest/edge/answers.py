"""What a handler gives back, and how answers and refusals look on the line."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from contest.errors import Refusal, as_json

JSON = "application/json"


class Answer(msgspec.Struct, frozen=True):
    """`body` goes into JSON; None with status 204 only."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}


def ok(body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(200, body, headers or {})


def created(body: Any) -> Answer:
    return Answer(201, body)


NO_CONTENT = Answer(204)


def encoded(answer: Answer) -> bytes:
    return b"" if answer.status == 204 else msgspec.json.encode(answer.body)


def response(status: int, payload: bytes, headers: Mapping[str, str]) -> Response:
    """Nothing that a person asked for is kept by caches on the way, unless `headers` say otherwise."""
    merged = {"Cache-Control": "no-store", **headers}
    return Response(payload, status, merged, media_type=None if status == 204 else JSON)


def refused(refusal: Refusal) -> Response:
    return response(refusal.status, as_json(refusal.code, refusal.message, refusal.details), refusal.headers)
