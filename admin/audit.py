"""What people did in a contest."""

from typing import Any

from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.store import audit as store
from contest.store import contests
from contest.store.connect import Connection


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


ROUTES = [Route("GET", "/api/v1/admin/audit/", roles("organiser"), "read", listed)]
