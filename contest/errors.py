"""Refusals, in the one shape that every path answers with (docs/reference/rest.md). A `Refusal` is the asker's doing;
anything else that reaches the edge is ours and is answered with 500 and no detail."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Detail(msgspec.Struct, frozen=True):
    field: str
    message: str


class Refusal(Exception):  # noqa: N818 - the word of the docs
    """What was asked is refused; nothing was changed.

    `code` is `noun.word` and stable; `message` is for people; `status` an HTTP status of 400-499 or 503.
    `headers` go with the answer (Retry-After, WWW-Authenticate, Allow).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: tuple[Detail, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


def not_found(noun: str) -> Refusal:
    return Refusal(404, f"{noun}.not_found", f"There is no {noun} with this id.")


def forbidden(message: str = "Your role does not allow this.") -> Refusal:
    return Refusal(403, "role.forbidden", message)


def unauthorized(code: str = "token.missing", message: str = "This needs a valid access token.") -> Refusal:
    return Refusal(401, code, message, headers={"WWW-Authenticate": "Bearer"})


def wrong_field(field: str, message: str) -> Refusal:
    return Refusal(422, "body.invalid", "The body has members that are wrong.", (Detail(field, message),))


def overloaded(message: str, retry_after_s: int = 1) -> Refusal:
    return Refusal(503, "server.overloaded", message, headers={"Retry-After": str(retry_after_s)})


def as_json(code: str, message: str, details: tuple[Detail, ...] = ()) -> bytes:
    """The body of a refusal."""
    body: dict[str, Any] = {"error": {"code": code, "message": message, "details": details}}
    return msgspec.json.encode(body)
