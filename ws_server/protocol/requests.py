"""HTTP requests and answers as values and bytes; `RequestReader` turns what arrives into requests (httptools). No I/O."""

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import httptools

from contest.errors import Refusal, as_json

HEAD_MAX_BYTES = 16_384
PIPELINED_MAX = 16
"""Requests of one connection that may wait for their turn; more are refused by closing."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers`: names in lower case, repeated ones joined by `, `. `rest`: bytes after an upgrade request's head."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    version: str = "1.1"
    keep_alive: bool = True
    upgrade: bool = False
    rest: bytes = b""

    def parameters(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last. Raises Refusal 422 on more than 20 of them."""
        try:
            return dict(parse_qsl(self.query, keep_blank_values=True, max_num_fields=20))
        except ValueError:
            raise Refusal(422, "query.invalid", "The query has too many parameters.") from None

    def bearer(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def refused(refusal: Refusal) -> Answer:
    """No cache keeps it: what is refused now may be there in a second."""
    return Answer(refusal.status, as_json(refusal.code, refusal.message, refusal.details), {"Cache-Control": "no-store", **refusal.headers})


def answer_bytes(answer: Answer, request: Request | None, keep_alive: bool) -> bytes:
    """The answer as it goes over the line; without its body to HEAD and with 304. `X-Request-Id` is the asker's or a new one."""
    asked = request.headers.get("x-request-id", "") if request else ""
    request_id = asked if 0 < len(asked) <= 100 and asked.isascii() and asked.isprintable() else secrets.token_hex(8)
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append("X-Content-Type-Options: nosniff")
    if answer.status != 304:
        lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
    lines += [f"X-Request-Id: {request_id}", f"Connection: {'keep-alive' if keep_alive else 'close'}", "", ""]
    head = "\r\n".join(lines).encode("latin-1", "replace")
    return head if answer.status == 304 or (request and request.method == "HEAD") else head + answer.body


class RequestReader:
    """Collects requests from the pieces that arrive. Owner: one HttpConnection. Bound: PIPELINED_MAX requests, and of the one
    that arrives HEAD_MAX_BYTES in pieces of as many: the parser keeps a header until it has ended."""

    __slots__ = ("_arrived_bytes", "_head_bytes", "_headers", "_is_within", "_parser", "_url", "requests")

    def __init__(self) -> None:
        self.requests: deque[Request] = deque()
        self._begin()

    def _begin(self) -> None:
        self._parser: Any = httptools.HttpRequestParser(self)
        self._headers: dict[str, str] = {}
        self._url = b""
        self._head_bytes = 0
        self._is_within = False
        self._arrived_bytes = 0

    def feed(self, data: bytes) -> None:
        """Whole requests go to `requests`. Raises Refusal (400, 413, 431): answer it and close."""
        for begin in range(0, len(data), HEAD_MAX_BYTES):
            if self._parser is None:
                return
            piece = data[begin : begin + HEAD_MAX_BYTES]
            self._check_arrived(len(piece))
            self._parse(piece, data[begin + HEAD_MAX_BYTES :])

    def _check_arrived(self, size: int) -> None:
        """Of a head that has not ended: before the parser takes more of it. The piece in which it began is not counted."""
        if self._is_within:
            self._arrived_bytes += size
            if self._arrived_bytes > HEAD_MAX_BYTES:
                raise _too_large()

    def _parse(self, piece: bytes, after: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._finish(upgrade=True, rest=piece[int(upgrade.args[0]) :] + after)
            self._parser = None
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ if isinstance(error.__context__, Refusal) else _malformed() from None
        except httptools.HttpParserError:
            raise _malformed() from None

    def on_message_begin(self) -> None:
        self._headers, self._url, self._head_bytes = {}, b"", 0
        self._is_within, self._arrived_bytes = True, 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        if key == "host" and key in self._headers:
            raise _malformed()  # RFC 9112, section 3.2: with two, it is anybody's guess whose origin is our own
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_body(self, body: bytes) -> None:
        raise Refusal(413, "body.refused", "Requests to this server have no body.")

    def on_message_complete(self) -> None:
        self._is_within = False
        if not self._parser.should_upgrade():
            self._finish(upgrade=False)

    def _finish(self, upgrade: bool, rest: bytes = b"") -> None:
        if len(self.requests) >= PIPELINED_MAX:
            raise Refusal(429, "server.too_many_requests", "Too many requests at once.", headers={"Retry-After": "1"})
        try:
            path, _, query = self._url.decode("ascii").partition("?")
        except UnicodeDecodeError:
            raise _malformed() from None
        self.requests.append(
            Request(
                self._parser.get_method().decode("ascii"), path, query, self._headers, self._parser.get_http_version(),
                self._parser.should_keep_alive(), upgrade, rest,
            )
        )  # fmt: skip

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_MAX_BYTES:
            raise _too_large()


def _too_large() -> Refusal:
    return Refusal(431, "head.too_large", f"The request's head is larger than {HEAD_MAX_BYTES} bytes.")


def _malformed() -> Refusal:
    return Refusal(400, "request.malformed", "This is not a well-formed HTTP request.")
