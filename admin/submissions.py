"""Submissions as staff see them."""

from typing import Any

from contest.edge.answers import NO_CONTENT, Answer, ok
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.store import contests
from contest.store import submissions as store
from contest.store.connect import Connection


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


async def delete(call: Call[Any], connection: Connection) -> Answer:
    found = await store.load(connection, call.id("submission"))
    await contests.hold_open(connection, call.enter(found["contest_id"], "submission"))
    await store.delete(connection, await store.load(connection, found["id"], locked=True), call.actor, call.now)
    return NO_CONTENT


ROUTES = [
    Route("GET", "/api/v1/admin/submissions/", roles("organiser", "grader"), "read", listed),
    Route("DELETE", "/api/v1/admin/submissions/{id}/", roles("organiser"), "change", delete),
]
