"""Answers one request of one route: token, body, then the handler, in one transaction where it changes something.

Refusals become answers here, and so does what goes wrong: 503 when PostgreSQL is out of reach or too slow, else 500 without detail.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from contest.domain.activity import Doing
from contest.edge import bodies
from contest.edge.answers import JSON, Answer, encoded, refused, response
from contest.edge.api_keys import ApiKeys
from contest.edge.calls import Call
from contest.edge.database import Database, is_unreachable
from contest.edge.routes import BareHandler, Handler, Route
from contest.edge.who import Door
from contest.ended import Ended
from contest.errors import Refusal, as_json, overloaded, wrong_field
from contest.ids import ContestId
from contest.store import idempotency
from contest.store.connect import Connection
from contest.store.idempotency import Kept, Key
from contest.telemetry import Telemetry
from contest.tokens import AccessVerifier

Noted = Callable[[ContestId, Doing, datetime, int], None]
Answering = tuple[int, bytes, dict[str, str], str]


@dataclass(frozen=True, slots=True)
class Edge:
    """What every endpoint needs. `database` None: a process without PostgreSQL, whose routes are all bare.
    `noted`: hears of what is stored on a route that is counted.

    `within_s`: a request that PostgreSQL has not answered by then is refused with 503: its asker has given up or will ask again.
    """

    verifier: AccessVerifier
    telemetry: Telemetry
    database: Database | None
    within_s: float = 10.0
    ended: Ended = field(default_factory=Ended)
    api_keys: ApiKeys | None = None
    noted: Noted | None = None

    @property
    def door(self) -> Door:
        return Door(self.verifier, self.ended, self.api_keys)


def endpoint(edge: Edge, route: Route) -> Callable[[Request], Awaitable[Response]]:
    """The Starlette endpoint of `route`."""

    async def answer(request: Request) -> Response:
        try:
            return response(*await _answered(edge, route, request))
        except Refusal as refusal:
            return refused(refusal)
        except ClientDisconnect:
            return response(400, as_json("body.cut", "The body ended early."), {})
        except Exception as error:  # whatever it is, the asker learns nothing of it
            return _failed(edge.telemetry, route, error)

    return answer


def _failed(telemetry: Telemetry, route: Route, error: Exception) -> Response:
    if is_unreachable(error):
        telemetry.log.error("database.unreachable", path=route.path, error=type(error).__name__)
        return refused(overloaded("The server cannot do this now; try again soon.", retry_after_s=2))
    telemetry.log.error("request.failed", path=route.path, error=type(error).__name__, exc_info=error)
    return response(500, as_json("server.error", "Something went wrong on our side."), {})


async def _answered(edge: Edge, route: Route, request: Request) -> Answering:
    person = await edge.door.admitted(request, route)
    raw = await bodies.read(request, route.limit_bytes, route.takes) if route.method in ("POST", "PUT") else b""
    call: Call[Any] = Call(
        asker=person,
        body=bodies.decode(b"" if route.takes else raw, route.body),
        path=request.path_params,
        query=request.query_params,
        address=request.client.host if request.client else "",
        now=datetime.now(UTC),
        raw=raw if route.takes else b"",
        media_type=bodies.media_type(request),
        if_match=request.headers.get("if-match"),
        roles=route.roles or frozenset(),
        secure=request.url.scheme == "https",
        by_cookie="authorization" not in request.headers,
    )
    key = await _key(request, route, call, raw)
    if route.reads is not None:
        call.body = await route.reads(call)
    if route.work == "bare":
        answer = await cast(BareHandler, route.handle)(call)
        return _as_it_is(answer)
    assert edge.database is not None, f"{route.path} needs PostgreSQL"
    async with asyncio.timeout(route.within_s or edge.within_s), edge.database.connection() as connection:
        handle = cast(Handler, route.handle)
        if route.work == "read":
            return _as_it_is(await handle(call, connection))
        async with connection.transaction():
            answered = await _changed(handle, call, connection, key)
    if edge.noted is not None and route.counted is not None and call.contest is not None:  # none: an answer of before was given again
        edge.noted(call.contest, route.counted, call.now, call.times)
    return answered


def _as_it_is(answer: Answer) -> Answering:
    return answer.status, encoded(answer), dict(answer.headers), answer.media_type


async def _changed(handle: Handler, call: Call[Any], connection: Connection, key: Key | None) -> Answering:
    if key is not None and (kept := await idempotency.earlier(connection, key)) is not None:
        return kept.status, kept.response, {"Idempotency-Replayed": "true"}, JSON
    answered = _as_it_is(await handle(call, connection))
    if key is not None:
        await idempotency.keep(connection, key, Kept(answered[0], answered[1]))
    return answered


async def _key(request: Request, route: Route, call: Call[Any], raw: bytes) -> Key | None:
    text = request.headers.get("idempotency-key")
    if text is None or route.method != "POST":
        return None
    if not (1 <= len(text) <= 100 and text.isascii() and text.isprintable()):
        raise wrong_field("Idempotency-Key", "must be 1 to 100 printable ASCII characters")
    if route.hands_out or route.work != "change":
        return None
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path  # a preview is not the deed
    digest = sha256(raw).digest() if len(raw) <= bodies.LIMIT_BYTES else await asyncio.to_thread(lambda: sha256(raw).digest())
    return Key(call.person.user, asked, text, digest)
