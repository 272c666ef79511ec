"""What a handler gives back, and how answers and refusals look on the line."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from contest.errors import Refusal, as_json

JSON = "application/json"


class Answer(msgspec.Struct, frozen=True):
    """`body` goes into JSON, or stands as it is where it is bytes of another `media_type`; None with status 204 only."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}
    media_type: str = JSON


def ok(body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(200, body, headers or {})


def created(body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(201, body, headers or {})


def versioned(version: int) -> dict[str, str]:
    """The headers of an answer that shows something at this version: what If-Match is compared with."""
    return {"ETag": f'"{version}"'}


def download(content: bytes, media_type: str, name: str) -> Answer:
    """A file to be kept. `name`: ASCII without quotes."""
    return Answer(200, content, {"Content-Disposition": f'attachment; filename="{name}"'}, media_type)


NO_CONTENT = Answer(204)


def encoded(answer: Answer) -> bytes:
    if answer.status == 204:
        return b""
    return answer.body if answer.media_type != JSON else msgspec.json.encode(answer.body)


def response(status: int, payload: bytes, headers: Mapping[str, str], media_type: str = JSON) -> Response:
    """Nothing that a person asked for is kept by caches on the way, unless `headers` say otherwise."""
    merged = {"Cache-Control": "no-store", **headers}
    return Response(payload, status, merged, media_type=None if status == 204 else media_type)


def refused(refusal: Refusal) -> Response:
    return response(refusal.status, as_json(refusal.code, refusal.message, refusal.details), refusal.headers)
