"""What people did in a contest."""

import re
from typing import Any

from msgspec import Struct

from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.filters import moment_in, text_in
from contest.edge.routes import OF_CONTEST, PAGE, Query, Route, list_of, roles
from contest.errors import wrong_field
from contest.store import audit as store
from contest.store import contests
from contest.store.audit import Asked
from contest.store.connect import Connection

_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


class Noted(Struct, frozen=True):
    """`actor_id`: a person, an API key, or `clock`. `action`: `noun.verb`, done to `subject_id`. `before`, `after`: null where there was or
    is nothing; of a change, what is different."""

    at: str
    actor_id: str
    actor_role: str
    action: str
    subject_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


async def listed(call: Call[Any], connection: Connection) -> Answer:
    contest_id, page, asked = call.contest_asked(), call.page(), _asked(call)
    contest = await contests.load(connection, contest_id)
    return ok(await store.listed(connection, contest.id, page, asked))


def _asked(call: Call[Any]) -> Asked:
    """Raises Refusal 422."""
    since, until = moment_in(call.query, "since"), moment_in(call.query, "until")
    if since is not None and until is not None and until <= since:
        raise wrong_field("until", "must be after since")
    return Asked(text_in(call.query, "actor_id"), text_in(call.query, "subject_id"), text_in(call.query, "action", _ACTION), since, until)


FILTERS = (
    Query("actor_id", "only what this one did"),
    Query("action", "only this action, `noun.verb`"),
    Query("subject_id", "only what was done to this"),
    Query("since", "only from this moment on (RFC 3339)"),
    Query("until", "only before this moment (RFC 3339)"),
)

ROUTES = [
    Route(
        "GET", "/api/v1/admin/audit/", roles("organiser"), "read", listed,
        summary="What people did in a contest, newest first.", query=(*OF_CONTEST, *FILTERS, *PAGE), answer=list_of(Noted),
    ),
]  # fmt: skip
