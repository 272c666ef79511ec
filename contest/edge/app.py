"""Builds the ASGI application of a REST process from its table of routes: request ids, security headers, metrics around everything."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contest.edge.answers import refused
from contest.edge.endpoint import Edge, endpoint
from contest.edge.routes import Route
from contest.errors import Refusal
from contest.telemetry import Telemetry

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


def build(edge: Edge, routes: Iterable[Route], others: Iterable[BaseRoute] = ()) -> ASGIApp:
    """The application. `others`: Starlette routes that are no REST (pages). Paths are exact: no redirects to a slash."""
    paths: dict[str, list[Route]] = {}
    for route in routes:
        paths.setdefault(route.path, []).append(route)
    mounted: list[BaseRoute] = [Path(path, _by_method(edge, known), methods=_METHODS) for path, known in paths.items()]
    mounted.append(Path(UNAVAILABLE, _unavailable))
    app = Starlette(routes=[*mounted, *others], exception_handlers={HTTPException: _refuse})
    app.router.redirect_slashes = False
    return Around(app, edge.telemetry)


UNAVAILABLE = "/api/v1/unavailable/"
"""What the gateway asks of one process to say that another cannot be reached."""


async def _unavailable(_: Request) -> Response:
    message = "This part of the server cannot be reached at the moment."
    return refused(Refusal(503, "server.unavailable", message, headers={"Retry-After": "2"}))


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _by_method(edge: Edge, known: list[Route]) -> Callable[[Request], Awaitable[Response]]:
    answers: dict[str, Callable[[Request], Awaitable[Response]]] = {route.method: endpoint(edge, route) for route in known}
    allow = ", ".join(sorted(answers))

    async def answer(request: Request) -> Response:
        found = answers.get("GET" if request.method == "HEAD" else request.method)
        if found is None:
            return refused(Refusal(405, "method.not_allowed", f"This path takes {allow}.", headers={"Allow": allow}))
        return await found(request)

    return answer


async def _refuse(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        return refused(Refusal(405, "method.not_allowed", "This path does not take this method.", headers={"Allow": "GET"}))
    if status == 404:
        return refused(Refusal(404, "path.not_found", "There is nothing at this path."))
    return refused(Refusal(status, "request.invalid", "The request is not valid."))


class Around:
    """The outermost layer: gives every answer its request id and security headers, counts and times it. Holds nothing per request."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._process = telemetry.process
        self._requests = telemetry.metrics.requests
        self._request_s = telemetry.metrics.request_s.labels(telemetry.process)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        request_id = _request_id(scope)
        extra = [(b"x-request-id", request_id.encode()), *_SECURITY]

        async def send_more(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                named = {name for name, _ in headers}
                message["headers"] = headers + extra + ([] if _API_POLICY[0] in named else [_API_POLICY])
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_more)
            finally:
                self._requests.labels(self._process, str(status)).inc()
                self._request_s.observe(time.perf_counter() - began)


def _request_id(scope: Scope) -> str:
    """The one that came with the request, if it is fit to be logged; else a new one."""
    given: str = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if _REQUEST_ID.match(given) else secrets.token_hex(8)
