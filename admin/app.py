"""The admin process: REST for people with power, and the monitoring of all processes together."""

import asyncio
from collections.abc import Mapping
from typing import Any

from admin import (
    announcements,
    audit,
    canned_answers,
    clarifications,
    codes,
    contestants,
    contests,
    files,
    grading,
    groups,
    imports,
    keys,
    live,
    participants,
    people,
    questions,
    results,
    session,
    submissions,
    tickets,
)
from admin.aside import Aside
from admin.config import Config
from admin.issuers import Issuers
from admin.live import Sources
from admin.monitoring import Asking, together
from admin.passwords import Passwords
from admin.peers import Peers
from admin.session import Doors
from admin.supervised import Supervised
from contest.beside import beside
from contest.broker.server import open_redis
from contest.codes import Codes
from contest.edge.api_keys import ApiKeys
from contest.edge.app import build
from contest.edge.database import UNREACHABLE, Database
from contest.edge.ended import follow
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.openapi import route_of
from contest.edge.routes import Route
from contest.edge.serve import serve
from contest.errors import Refusal
from contest.files import Files
from contest.store import idempotency, sessions
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner, AccessVerifier, Tickets
from contest.wire.channels import Channels

FORGET_EVERY_S = 3600.0
FORGET_MORE_S = 0.1
"""After a whole batch the next, so that others get their turn between."""


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Serve until `stop`. Raises OSError if the port is taken."""
    async with await open_pool(config.database_url) as pool:
        database = Database(pool)
        edge = Edge(AccessVerifier.of(config.keys), telemetry, database, api_keys=(api_keys := ApiKeys(database)))
        passwords, aside = Passwords(), Aside()
        peers = Peers(config.peers)
        doors = Doors(database, telemetry.log, AccessSigner.of(config.keys), passwords, edge.ended, api_keys)
        kept = Files(config.files_url) if config.files_url else None
        redis = open_redis(config.redis_url) if config.redis_url else None
        figures = Sources(database, redis, Channels(config.prefix))
        table = routes(doors, Codes.of(config.keys), Tickets.of(config.keys), Issuers(config.issuers), aside, figures, kept)

        async def ready() -> Mapping[str, Any]:
            return {"database": await database.check()}

        told = (telemetry, edge.door, ready)
        others = (
            together(*told, Asking(peers, doors.signer), Supervised(config.ends, telemetry)) if config.peers else monitoring_routes(*told)
        )
        described = route_of("/api/v1/admin/openapi/", "Podium: administration", table)
        telemetry.log.info("process.started", port=config.listen.port)
        try:
            async with beside(follow(edge.ended, database, telemetry.log), forget_keys(database, telemetry)):
                await serve(build(edge, [*table, described], others), config.listen, stop)
        finally:
            passwords.close()
            aside.close()
            await peers.aclose()
            if redis is not None:
                await redis.aclose()
    telemetry.log.info("process.stopped")


def routes(
    doors: Doors, codes_of: Codes, tickets_of: Tickets, issuers: Issuers, aside: Aside, figures: Sources, kept: Files | None = None
) -> list[Route]:  # fmt: skip
    """Every REST route of this process; `kept`: where files are. Of two that fit a path, the first one is it."""
    signer, ended = doors.signer, doors.ended
    return [
        *session.routes(doors),
        *contestants.routes(contestants.Doors(signer, codes_of, ended, doors.log, issuers)),
        *people.routes(doors.passwords, ended),
        *keys.routes(doors.api_keys, ended),
        *tickets.routes(tickets_of),
        *contests.ROUTES,
        *live.routes(figures),
        *results.routes(aside, doors.database),
        *questions.ROUTES,
        *groups.ROUTES,
        *codes.routes(codes_of, ended),
        *imports.routes(aside),
        *participants.routes(signer, ended),
        *submissions.ROUTES,
        *grading.ROUTES,
        *files.routes(kept),
        *announcements.ROUTES,
        *clarifications.ROUTES,
        *canned_answers.ROUTES,
        *audit.ROUTES,
    ]


async def forget_keys(database: Database, telemetry: Telemetry) -> None:
    """Every hour: forget the answers kept for Idempotency-Keys that are too old to come again, and sessions long over, a small batch
    after the other."""
    while True:
        try:
            async with database.connection() as connection:
                forgotten = max(await idempotency.forget_old(connection), await sessions.forget_old(connection))
        except (*UNREACHABLE, Refusal) as error:
            telemetry.log.warning("idempotency.not_forgotten", error=type(error).__name__)
            forgotten = 0
        await asyncio.sleep(FORGET_MORE_S if forgotten >= idempotency.FORGET_BATCH else FORGET_EVERY_S)
