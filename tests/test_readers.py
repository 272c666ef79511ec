"""The list of non-staff readers is whole: every GET about a contest that lets somebody past who is not staff is on it."""

from pathlib import Path

from contest.domain.audience import STAFF
from tests.readers import NON_STAFF_READERS, NOT_STAFF, OVER_HTTP
from tests.rest import all_routes
from ws_server.routes import ROUTES as NODE_ROUTES

STAFF_OF_THE_NODE = {"full_board"}
"""Refused to all others: tests/ws_server/test_reads_over_http.py."""


def test_every_route_that_others_than_staff_may_read_is_on_the_list(keys: Path) -> None:
    readable = {route.path for route in all_routes(keys) if route.method == "GET" and (route.roles is None or route.roles - STAFF)}
    of_contests = [(pattern.pattern, name) for pattern, name in NODE_ROUTES if pattern.groups]
    readable |= {pattern[: pattern.index("(")] + "{id}" + pattern[pattern.index(")") + 1 :] for pattern, name in of_contests
                 if name not in STAFF_OF_THE_NODE}  # fmt: skip
    readable = {path for path in readable if not path.endswith("/session/")}  # these tell of the asker's log-in, and of no contest
    assert readable == {reader.route for reader in OVER_HTTP.values()}


def test_every_role_that_is_not_staff_reads_over_a_socket_and_http() -> None:
    assert {f"socket, {role}" for role in NOT_STAFF} < NON_STAFF_READERS.keys()
    assert {reader.role for reader in OVER_HTTP.values()} - {None, "viewer"} == set(NOT_STAFF) - {"viewer"}
