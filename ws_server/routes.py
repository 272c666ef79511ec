"""Which plain requests the node answers, as one table."""

import re
from typing import Literal, NamedTuple

from contest.errors import Refusal
from contest.ids import ContestId
from ws_server.protocol.requests import Request

Name = Literal["status", "board", "full_board", "live", "ready", "metrics", "errors"]

_UUID = r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
ROUTES: tuple[tuple[re.Pattern[str], Name], ...] = (
    (re.compile(rf"/api/v1/contest/{_UUID}/status/"), "status"),
    (re.compile(rf"/api/v1/contest/{_UUID}/leaderboard/"), "board"),
    (re.compile(rf"/api/v1/admin/contests/{_UUID}/leaderboard/"), "full_board"),
    (re.compile(r"/api/v1/monitoring/health/live/?"), "live"),
    (re.compile(r"/api/v1/monitoring/health/(?:ready/?)?"), "ready"),
    (re.compile(r"/api/v1/monitoring/metrics/"), "metrics"),
    (re.compile(r"/api/v1/monitoring/errors/"), "errors"),
)


class Route(NamedTuple):
    name: Name
    contest: ContestId | None


def route(request: Request) -> Route:
    """Raises Refusal 404, 405."""
    for pattern, name in ROUTES:
        if (found := pattern.fullmatch(request.path.lower())) is not None:
            if request.method not in ("GET", "HEAD"):
                raise Refusal(405, "method.not_allowed", "This can only be read.", headers={"Allow": "GET, HEAD"})
            return Route(name, ContestId(found[1]) if found.groups() else None)
    raise Refusal(404, "path.not_found", "There is nothing at this path.")
