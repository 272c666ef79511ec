"""Describes a table of routes as OpenAPI 3.1: paths, bodies, answers and refusals from the same values that the endpoints are made of."""

import importlib.metadata
import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from contest.edge.answers import JSON, Answer
from contest.edge.calls import Call
from contest.edge.routes import ANYBODY, Nothing, Query, Route
from contest.errors import Detail

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")


class Refused(msgspec.Struct, frozen=True):
    """`code` is stable, `message` is for people."""

    code: str
    message: str
    details: list[Detail]


class Refusal(msgspec.Struct, frozen=True):
    """The one shape of every refusal."""

    error: Refused


_MEANINGS = {
    400: "The body is no JSON.",
    401: "No access token, or none that is valid here.",
    403: "Not allowed: the role, or a CSRF token that is missing.",
    404: "Not there, or not for this token.",
    405: "The path does not take this method.",
    408: "The body did not arrive in time.",
    409: "The state forbids it.",
    412: "If-Match names another version: somebody has changed it since.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "A member or parameter is wrong, missing or unknown.",
    429: "Too often; Retry-After says when again.",
    501: "Not configured here.",
    503: "Not now; Retry-After says when again.",
}


def describe(title: str, routes: Sequence[Route]) -> dict[str, Any]:
    """The description as a JSON value. Types are named as their classes; two of one name get their module's before it."""
    types = _types(routes)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    known = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": importlib.metadata.version("podium-live"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SCHEMES},
    }


_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An access token (JWT, EdDSA) or an API key (pk_...)."},
    "staff": {"type": "apiKey", "in": "cookie", "name": "podium_staff", "description": "Of a page; changes need X-CSRF-Token."},
    "contestant": {"type": "apiKey", "in": "cookie", "name": "podium_contestant", "description": "Of a page; changes need X-CSRF-Token."},
}


def _types(routes: Iterable[Route]) -> list[Any]:
    """Every type that stands in the table, once each."""
    found: dict[int, Any] = {id(Refusal): Refusal}
    for route in routes:
        for each in (route.body, route.answer, route.or_answer):
            if each is not None and each is not Nothing and each is not bytes:
                found[id(each)] = each
    return list(found.values())


def _operation(route: Route, known: dict[int, Any]) -> dict[str, Any]:
    nouns = [part for part in route.path.split("/") if part and not part.startswith("{")][2:]
    found: dict[str, Any] = {
        "operationId": "_".join(
            [route.method.lower(), *(part.replace("-", "_") for part in nouns), *(["one"] if _is_of_one(route) else [])]
        ),
        "summary": route.summary,
        "tags": [nouns[1] if nouns[0] == "admin" and len(nouns) > 1 else nouns[0]],
        "parameters": _parameters(route),
        "responses": _responses(route, known),
        "security": [] if route.roles is ANYBODY else [{"token": []}, {"staff" if nouns[0] == "admin" else "contestant": []}],
    }
    if route.roles is not ANYBODY and route.roles is not None:
        found["description"] = f"For {', '.join(sorted(route.roles))}."
    if route.method in ("POST", "PUT"):
        found["requestBody"] = _body(route, known)
    return found


def _is_of_one(route: Route) -> bool:
    return route.path.endswith("{id}/")


def _body(route: Route, known: dict[int, Any]) -> dict[str, Any]:
    if route.takes:
        return {"required": True, "content": {media_type: {"schema": {}} for media_type in route.takes}}
    schema = known.get(id(route.body), {"type": "object", "additionalProperties": False})
    needed = any(member.required for member in msgspec.structs.fields(route.body))
    return {"required": needed, "content": {JSON: {"schema": schema}}}


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in _PARAMETER.findall(route.path)
    ]
    found += [_parameter(query) for query in route.query]
    if route.method == "POST" and route.work == "change" and not route.hands_out:
        schema = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[ -~]*$"}
        found.append({"name": "Idempotency-Key", "in": "header", "description": "Repeated: the first answer again.", "schema": schema})
    if route.method == "PUT":
        found.append({"name": "If-Match", "in": "header", "description": "The version that was read.", "schema": {"type": "string"}})
    return found


def _parameter(query: Query) -> dict[str, Any]:
    schema = {"type": "string", "format": "uuid"} if query.type is UUID else msgspec.json.schema(query.type)
    return {"name": query.name, "in": "query", "required": query.required, "description": query.says, "schema": schema}


def _responses(route: Route, known: dict[int, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {str(status): _success(route, status, known) for status in (route.status, *route.also)}
    refusal = {JSON: {"schema": known[id(Refusal)]}}
    for status, meaning in _MEANINGS.items():
        if _may_refuse(route, status) and str(status) not in found:
            found[str(status)] = {"description": meaning, "content": refusal}
    return found


def _may_refuse(route: Route, status: int) -> bool:
    if status in (400, 408, 413, 415):
        return route.method in ("POST", "PUT")
    if status == 412:
        return route.method == "PUT"
    return status != 501 or "/ai/" in route.path


def _success(route: Route, status: int, known: dict[int, Any]) -> dict[str, Any]:
    if status == 204 or route.answer is None:
        return {"description": "Done." if status == 204 else route.summary or "Done."}
    if route.answer is bytes:
        return {"description": "A file.", "content": {"application/octet-stream": {"schema": {}}}}
    shapes = [known[id(each)] for each in (route.answer, route.or_answer) if each is not None]
    content = {JSON: {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}, **{each: {"schema": {}} for each in route.files}}
    return {"description": route.summary or "Done.", "content": content}


def route_of(path: str, title: str, routes: Sequence[Route]) -> Route:
    """The route at `path` that gives the description of `routes` and of itself. It is made once: the table does not change."""
    found: list[bytes] = []

    async def answer(_: Call[Any]) -> Answer:
        return Answer(200, msgspec.Raw(found[0]), {"Cache-Control": "public, max-age=300"})

    route = Route("GET", path, ANYBODY, "bare", answer, summary="This description.", answer=dict[str, Any])
    found.append(msgspec.json.encode(describe(title, [*routes, route])))
    return route
