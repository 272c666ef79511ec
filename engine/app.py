"""The engine process: REST for contestants, and the built pages."""

import asyncio
from collections.abc import Mapping
from typing import Any

from contest.beside import beside
from contest.broker.activity import Tally, keep_writing
from contest.edge.api_keys import ApiKeys
from contest.edge.app import build
from contest.edge.database import Database
from contest.edge.ended import follow
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.node_reads import NODE_READS
from contest.edge.openapi import route_of
from contest.edge.routes import Route
from contest.edge.serve import serve
from contest.files import Files
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessVerifier, Tickets
from engine import answers, attempts, clarifications, files, papers, protocol, submissions
from engine.config import Config
from engine.pages import built_pages, page_routes
from engine.tickets import routes as ticket_routes


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Serve until `stop`. Raises OSError if the port is taken."""
    async with await open_pool(config.database_url) as pool:
        database, tally = Database(pool), Tally() if config.redis_url else None
        edge = Edge(AccessVerifier.of(config.keys), telemetry, database, api_keys=ApiKeys(database), noted=tally.note if tally else None)

        async def ready() -> Mapping[str, Any]:
            return {"database": await database.check()}

        others = [*monitoring_routes(telemetry, edge.door, ready), *page_routes(built_pages(), config.frame_ancestors)]
        kept = Files(config.files_url) if config.files_url else None
        table = routes(Tickets.of(config.keys), kept)
        described = route_of("/api/v1/openapi/", "Podium: contestants", [*table, *NODE_READS])
        telemetry.log.info("process.started", port=config.listen.port)
        works = [follow(edge.ended, database, telemetry.log)]
        if tally is not None:
            works.append(keep_writing(tally, config.redis_url, config.prefix, telemetry.log))
        async with beside(*works):
            await serve(build(edge, [*table, described], others), config.listen, stop)
    telemetry.log.info("process.stopped")


def routes(tickets: Tickets, kept: Files | None = None) -> list[Route]:
    """Every REST route of this process. `kept`: where files go."""
    return [
        *ticket_routes(tickets),
        *attempts.ROUTES,
        *papers.ROUTES,
        *answers.ROUTES,
        *files.routes(kept),
        *submissions.ROUTES,
        *clarifications.ROUTES,
        *protocol.ROUTES,
    ]
