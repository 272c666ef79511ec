"""The admin process: REST for people with power, and the monitoring of all processes together."""

import asyncio
from collections.abc import Mapping
from typing import Any

from admin import announcements, audit, contests, grading, groups, participants, questions, session, submissions
from admin.config import Config
from admin.monitoring import together
from admin.passwords import Passwords
from admin.peers import Peers
from admin.session import SignIn
from contest.edge.app import build
from contest.edge.database import UNREACHABLE, Database
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.routes import Route
from contest.edge.serve import serve
from contest.errors import Refusal
from contest.store import idempotency
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner, AccessVerifier

FORGET_EVERY_S = 3600.0
FORGET_MORE_S = 0.1
"""After a whole batch the next, so that others get their turn between."""


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Serve until `stop`. Raises OSError if the port is taken."""
    async with await open_pool(config.database_url) as pool:
        database = Database(pool)
        edge = Edge(AccessVerifier.of(config.keys), telemetry, database)
        peers = Peers(config.peers)
        sign_in = SignIn(database, telemetry.log, AccessSigner.of(config.keys), Passwords())

        async def ready() -> Mapping[str, Any]:
            return {"database": await database.check()}

        others = together(telemetry, edge.verifier, ready, peers) if config.peers else monitoring_routes(telemetry, edge.verifier, ready)
        forgetting = asyncio.create_task(forget_keys(database, telemetry))
        telemetry.log.info("process.started", port=config.listen.port)
        try:
            await serve(build(edge, routes(sign_in), others), config.listen, stop)
        finally:
            forgetting.cancel()
            sign_in.passwords.close()
            await peers.aclose()
    telemetry.log.info("process.stopped")


def routes(sign_in: SignIn) -> list[Route]:
    """Every REST route of this process."""
    return [
        *session.routes(sign_in),
        *contests.ROUTES,
        *questions.ROUTES,
        *groups.ROUTES,
        *participants.routes(sign_in.signer),
        *submissions.ROUTES,
        *grading.ROUTES,
        *announcements.ROUTES,
        *audit.ROUTES,
    ]


async def forget_keys(database: Database, telemetry: Telemetry) -> None:
    """Every hour: forget the answers kept for Idempotency-Keys that are too old to come again, a small batch after the other."""
    while True:
        try:
            async with database.connection() as connection:
                forgotten = await idempotency.forget_old(connection)
        except (*UNREACHABLE, Refusal) as error:
            telemetry.log.warning("idempotency.not_forgotten", error=type(error).__name__)
            forgotten = 0
        await asyncio.sleep(FORGET_MORE_S if forgotten == idempotency.FORGET_BATCH else FORGET_EVERY_S)
