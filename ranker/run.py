"""The ranker's life: its routes, the contests that are to be led, and all again after a failure."""

import asyncio
import os
import secrets
import socket

import asyncpg
from redis.asyncio import Redis

from contest.broker.leases import LEASE_S, Leases
from contest.broker.server import life, open_redis
from contest.domain.audience import STATE_LOGS
from contest.edge.app import build
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.serve import Listen, serve
from contest.pauses import AWAY, pause, pause_after_failure
from contest.pulse import Pulse
from contest.store import snapshots
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessVerifier
from contest.wire.channels import Channels
from ranker.config import Config
from ranker.leads import CONNECTIONS_MAX, Leads

LOOK_EVERY_S = 0.5
"""How often contests that are new, or that nobody leads any more, are looked for."""


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event, lease_s: float = LEASE_S) -> None:
    """Rank until `stop`. Keeps trying while PostgreSQL or Redis is away. Raises OSError if the port is taken."""
    pulse = Pulse("postgres", "redis", "ranker")
    edge = Edge(AccessVerifier.of(config.keys), telemetry, None)
    app = build(edge, (), monitoring_routes(telemetry, edge.door, pulse.checks))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(app, Listen(config.host, config.port), stop))
        tasks.create_task(_rank(config, telemetry, pulse, stop, lease_s))


async def _rank(config: Config, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event, lease_s: float) -> None:
    redis, channels = open_redis(config.redis_url, CONNECTIONS_MAX), Channels(config.prefix)
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    leases = Leases(redis, channels, "ranker", owner, sorted(STATE_LOGS), lease_s)
    pool = await _pool(config.database_url, telemetry, stop)
    if pool is None:
        return
    leads = Leads(pool, redis, channels, leases, telemetry)
    try:
        while not stop.is_set():
            try:
                await _look(pool, redis, leads, pulse)
                await pause(stop, LOOK_EVERY_S)
            except AWAY as error:
                telemetry.log.warning("ranker.interrupted", error=f"{type(error).__name__}: {error}")
                pulse.miss("ranker")
                await pause_after_failure(stop)
        await leads.end()
    finally:
        pool.terminate()
        await redis.aclose()


async def _look(pool: asyncpg.Pool, redis: Redis, leads: Leads, pulse: Pulse) -> None:
    async with pool.acquire() as connection:
        shown = await snapshots.shown(connection)
    pulse.beat("postgres")
    await life(redis)
    pulse.beat("redis")
    await leads.settle(shown)
    pulse.beat("ranker")


async def _pool(database_url: str, telemetry: Telemetry, stop: asyncio.Event) -> asyncpg.Pool | None:
    """The pool, as soon as PostgreSQL is there; None if it is time to stop before."""
    while not stop.is_set():
        try:
            return await open_pool(database_url)
        except AWAY as error:
            telemetry.log.warning("ranker.waits_for_postgres", error=f"{type(error).__name__}: {error}")
            await pause_after_failure(stop)
    return None
