"""The engine process: REST for contestants, and the built pages."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp

from contest.edge.app import build
from contest.edge.database import database_check
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.routes import Route
from contest.edge.serve import serve
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessVerifier, Tickets
from engine import attempts, submissions
from engine.config import Config
from engine.tickets import routes as ticket_routes


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Serve until `stop`. Raises OSError if the port is taken."""
    async with await open_pool(config.database_url) as pool:
        edge = Edge(AccessVerifier.of(config.keys), telemetry, pool)
        telemetry.log.info("process.started", port=config.listen.port)
        await serve(application(edge, Tickets.of(config.keys)), config.listen, stop)
    telemetry.log.info("process.stopped")


def routes(tickets: Tickets) -> list[Route]:
    """Every REST route of this process."""
    return [*ticket_routes(tickets), *attempts.ROUTES, *submissions.ROUTES]


def application(edge: Edge, tickets: Tickets) -> ASGIApp:
    async def ready() -> Mapping[str, Any]:
        assert edge.pool is not None
        return {"database": await database_check(edge.pool)}

    return build(edge, routes(tickets), monitoring_routes(edge.telemetry, edge.verifier, ready))
