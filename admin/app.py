"""The admin process: REST for people with power, and the monitoring of all processes together."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp

from admin import announcements, audit, contests, grading, groups, participants, questions, submissions
from admin.config import Config
from contest.edge.app import build
from contest.edge.database import database_check
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.routes import Route
from contest.edge.serve import serve
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner, AccessVerifier


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Serve until `stop`. Raises OSError if the port is taken."""
    async with await open_pool(config.database_url) as pool:
        edge = Edge(AccessVerifier.of(config.keys), telemetry, pool)
        signer = AccessSigner.of(config.keys)
        telemetry.log.info("process.started", port=config.listen.port)
        await serve(application(edge, signer), config.listen, stop)
    telemetry.log.info("process.stopped")


def routes(signer: AccessSigner) -> list[Route]:
    """Every REST route of this process."""
    return [
        *contests.ROUTES,
        *questions.ROUTES,
        *groups.ROUTES,
        *participants.routes(signer),
        *submissions.ROUTES,
        *grading.ROUTES,
        *announcements.ROUTES,
        *audit.ROUTES,
    ]


def application(edge: Edge, signer: AccessSigner) -> ASGIApp:
    async def ready() -> Mapping[str, Any]:
        assert edge.pool is not None
        return {"database": await database_check(edge.pool)}

    return build(edge, routes(signer), monitoring_routes(edge.telemetry, edge.verifier, ready))
