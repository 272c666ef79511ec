"""The monitoring routes of every process: live, ready, metrics, errors. The last two need the operator's token."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path

from contest.edge.answers import refused, response
from contest.edge.who import Door
from contest.errors import Refusal
from contest.telemetry import Telemetry

Ready = Callable[[], Awaitable[Mapping[str, Any]]]
"""The checks of a process by name, each with `"ok": bool` and what else tells about it. Must answer within a second."""

BASE = "/api/v1/monitoring"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


def monitoring_routes(telemetry: Telemetry, door: Door, ready: Ready) -> list[BaseRoute]:
    """`health/live`, `health/ready`, `metrics/` and `errors/`, answered for this process."""

    async def live(_: Request) -> Response:
        return json_response(200, {"status": "live"})

    async def is_ready(_: Request) -> Response:
        return readiness(await ready())

    async def metrics(request: Request) -> Response:
        return await guarded(request, door) or Response(generate_latest(telemetry.registry), headers=_FRESH, media_type=EXPOSITION)

    async def errors(request: Request) -> Response:
        return await guarded(request, door) or json_response(200, _listed(telemetry))

    return paths(live, is_ready, metrics, errors)


Endpoint = Callable[[Request], Awaitable[Response]]
_FRESH = {"Cache-Control": "no-store"}


def paths(live: Endpoint, ready: Endpoint, metrics: Endpoint, errors: Endpoint) -> list[BaseRoute]:
    """The four under BASE; health with and without the last slash, as load balancers have it."""
    return [
        Path(f"{BASE}/health/live", live),
        Path(f"{BASE}/health/live/", live),
        Path(f"{BASE}/health/ready", ready),
        Path(f"{BASE}/health/ready/", ready),
        Path(f"{BASE}/health/", ready),
        Path(f"{BASE}/metrics/", metrics),
        Path(f"{BASE}/errors/", errors),
    ]


async def guarded(request: Request, door: Door) -> Response | None:
    """The refusal, if the asker is no operator."""
    try:
        await door.operator(request)
    except Refusal as refusal:
        return refused(refusal)
    return None


def readiness(checks: Mapping[str, Any]) -> Response:
    """200 if every check is ok, else 503."""
    ready = all(check.get("ok") for check in checks.values())
    return json_response(200 if ready else 503, {"status": "ready" if ready else "not_ready", "checks": checks})


def json_response(status: int, body: Any) -> Response:
    return response(status, msgspec.json.encode(body), {})


def _listed(telemetry: Telemetry) -> dict[str, Any]:
    items = telemetry.errors.listed()
    return {"total": len(items), "items": items}
