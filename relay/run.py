"""The relay's life: its routes, a session, the lead when it is free, batches of rows while it is held, and all again after a failure."""

import asyncio

import asyncpg

from contest.broker.logs import Logs
from contest.broker.server import open_redis
from contest.edge.app import build
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.serve import Listen, serve
from contest.pauses import AWAY, pause, pause_after_failure
from contest.pulse import Pulse
from contest.telemetry import Telemetry
from contest.tokens import AccessVerifier
from contest.wire.channels import Channels
from relay.clock import move_clock
from relay.collecting import collect
from relay.config import Config
from relay.ended import tell_ended
from relay.lead import session, take_lead
from relay.leader import Leader
from relay.publishing import Publisher
from relay.upkeep import Upkeep

ASK_EVERY_S = 0.5
"""How often one who does not lead asks for the lead."""


async def run(config: Config, telemetry: Telemetry, stop: asyncio.Event) -> None:
    """Relay until `stop`. Keeps trying while PostgreSQL or Redis is away. Raises OSError if the port is taken."""
    pulse = Pulse("postgres", "redis", "relay", "clock", "collecting")
    edge = Edge(AccessVerifier.of(config.keys), telemetry, None)
    app = build(edge, (), monitoring_routes(telemetry, edge.door, pulse.checks))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(app, Listen(config.host, config.port), stop))
        tasks.create_task(move_clock(config.database_url, telemetry, pulse, stop))
        tasks.create_task(collect(config.database_url, telemetry, pulse, stop))
        tasks.create_task(tell_ended(config, telemetry, stop))
        tasks.create_task(_relay(config, telemetry, pulse, stop))


async def _relay(config: Config, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event) -> None:
    redis, channels = open_redis(config.redis_url), Channels(config.prefix)
    logs = Logs(redis, channels)
    upkeep = Upkeep(redis, logs, channels)
    publisher = Publisher(redis, logs, channels, upkeep)
    try:
        while not stop.is_set():
            try:
                async with session(config.database_url) as connection:
                    await _take_turns(connection, Leader(connection, redis, publisher, upkeep, telemetry, pulse), pulse, stop)
            except AWAY as error:
                telemetry.log.warning("relay.interrupted", error=f"{type(error).__name__}: {error}")
                pulse.miss("relay")
                await pause_after_failure(stop)
    finally:
        await redis.aclose()


async def _take_turns(connection: asyncpg.Connection, leader: Leader, pulse: Pulse, stop: asyncio.Event) -> None:
    """Wait for the lead on this session, then lead."""
    while not stop.is_set():
        await leader.check_servers()
        if await take_lead(connection):
            await leader.lead(stop)
            return
        pulse.beat("relay")
        await pause(stop, ASK_EVERY_S)
