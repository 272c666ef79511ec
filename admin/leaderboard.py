"""The full board, for staff: with what is frozen and who is hidden. Folded from PostgreSQL at each call, so that it needs nothing else."""

import asyncio
from typing import Any

from msgspec import to_builtins

from contest.domain.boards import Board
from contest.domain.scoring import fold
from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.errors import not_found
from contest.store import scores
from contest.store.connect import Connection
from contest.store.pages import Page


async def full(call: Call[Any], connection: Connection) -> Answer:
    found = await scores.load(connection, call.enter(call.id("contest")))
    if found is None:
        raise not_found("contest")
    board = await asyncio.to_thread(  # a large contest takes a while, and others wait for the loop
        fold, found.rules, found.questions, found.groups, found.entrants, found.submissions, "full"
    )
    return ok(page_of(board, call.page()))


def page_of(board: Board, page: Page) -> dict[str, Any]:
    """`total` rows, and those of `page`, in board order."""
    return {
        "total": len(board.rows),
        "scoring": board.scoring,
        "problems": to_builtins(board.problems),
        "groups": to_builtins(board.groups),
        "rows": to_builtins(board.rows[page.offset : page.offset + page.limit]),
    }


ROUTES = [Route("GET", "/api/v1/admin/contests/{id}/leaderboard/", roles("organiser", "grader"), "read", full)]
