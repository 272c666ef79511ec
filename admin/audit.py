"""What people did in a contest."""

from typing import Any

from msgspec import Struct

from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.routes import OF_CONTEST, PAGE, Route, list_of, roles
from contest.store import audit as store
from contest.store import contests
from contest.store.connect import Connection


class Noted(Struct, frozen=True):
    """`action`: `noun.verb`. `before`, `after`: the members that differ; None where there was or is nothing."""

    at: str
    actor_id: str
    actor_role: str
    action: str
    subject_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    return ok(await store.listed(connection, contest.id, call.page()))


ROUTES = [
    Route(
        "GET", "/api/v1/admin/audit/", roles("organiser"), "read", listed,
        summary="What people did in a contest, newest first.", query=(*OF_CONTEST, *PAGE), answer=list_of(Noted),
    ),
]  # fmt: skip
