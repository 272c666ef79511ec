"""Makes submissions of what people had saved when their contest ended. Every relay does, leading or not: each attempt is locked while it is
collected, and one that died in the middle has collected nothing of it."""

import asyncio
from datetime import UTC, datetime

import asyncpg

from contest.ids import ContestId
from contest.pauses import AWAY, pause, pause_after_failure
from contest.pulse import Pulse
from contest.store import collecting
from contest.store.connect import open_pool
from contest.telemetry import Telemetry

LOOK_EVERY_S = 0.5


async def collect(database_url: str, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event) -> None:
    """Until `stop`. While PostgreSQL is away it keeps trying."""
    while not stop.is_set():
        try:
            await _collect_until_failure(database_url, telemetry, pulse, stop)
        except AWAY as error:
            telemetry.log.warning("collecting.interrupted", error=f"{type(error).__name__}: {error}")
            pulse.miss("collecting")
            await pause_after_failure(stop)


async def _collect_until_failure(database_url: str, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event) -> None:
    pool: asyncpg.Pool = await open_pool(database_url, size=1)
    try:
        while not stop.is_set():
            async with pool.acquire() as connection:
                for contest in await collecting.due(connection):
                    await _one(connection, contest, telemetry, pulse, stop)
            pulse.beat("collecting")
            await pause(stop, LOOK_EVERY_S)
    finally:
        pool.terminate()


async def _one(connection: asyncpg.Connection, contest: ContestId, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event) -> None:
    """All that is left of one contest. One that cannot be collected does not keep the others waiting; it is due again."""
    total = 0
    try:
        while not stop.is_set():
            async with connection.transaction():
                collected = await collecting.collect_batch(connection, contest, datetime.now(UTC))
            pulse.beat("collecting")
            total += collected
            if collected < collecting.BATCH:
                break
        async with connection.transaction():
            done = await collecting.mark_collected(connection, contest, datetime.now(UTC))
    except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, OSError):
        raise
    except Exception as error:  # of one contest only: the others go on
        telemetry.log.error("contest.not_collected", contest=contest, error=f"{type(error).__name__}: {error}")
        return
    if total:
        telemetry.log.info("contest.collected", contest=contest, attempts=total, done=done)
