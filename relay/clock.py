"""Moves contests when their time has come. Every relay does, leading or not: a step is decided again under the contest's lock."""

import asyncio
from datetime import UTC, datetime

import asyncpg

from contest.ids import ContestId
from contest.pauses import AWAY, pause, pause_after_failure
from contest.pulse import Pulse
from contest.store.connect import open_pool
from contest.store.contests import move_due
from contest.telemetry import Telemetry

CLOCK_EVERY_S = 0.2


async def move_clock(database_url: str, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event) -> None:
    """Until `stop`. While PostgreSQL is away it keeps trying."""
    while not stop.is_set():
        try:
            await _move_until_failure(database_url, telemetry, pulse, stop)
        except AWAY as error:
            telemetry.log.warning("clock.interrupted", error=f"{type(error).__name__}: {error}")
            pulse.miss("clock")
            await pause_after_failure(stop)


async def _move_until_failure(database_url: str, telemetry: Telemetry, pulse: Pulse, stop: asyncio.Event) -> None:
    def failed(contest: ContestId, error: Exception) -> None:
        telemetry.log.error("contest.not_moved", contest=contest, error=f"{type(error).__name__}: {error}")

    pool: asyncpg.Pool = await open_pool(database_url, size=1)
    try:
        while not stop.is_set():
            for contest, action in await move_due(pool, datetime.now(UTC), failed):
                telemetry.log.info("contest.moved", contest=contest, action=action)
            pulse.beat("clock")
            await pause(stop, CLOCK_EVERY_S)
    finally:
        pool.terminate()
