"""What the leading relay does, over and over on one session: rows to Redis, and logs where there are none yet."""

import asyncio
import contextlib
import time
from datetime import timedelta

import asyncpg
from redis.asyncio import Redis

from contest.broker.server import life
from contest.ids import ContestId
from contest.pulse import Pulse
from contest.store import outbox, snapshots
from contest.telemetry import Telemetry
from relay.publishing import Publisher
from relay.upkeep import Upkeep

BATCH = 500
"""Rows taken at once: a crash publishes at most these again, and their ids fit ONCE_CAP of one log."""
POLL_S = 0.1
"""The longest that a row waits if its NOTIFY is lost."""
SWEEP_EVERY_S = 0.5
FORGET_EVERY_S = 60.0
SWEEP_SLICE = 20
"""Contests whose logs are looked at again a sweep, though they were there before: a thousand contests in under half a minute."""
AGAIN = timedelta(seconds=60)
"""After a new life of Redis, what was published this long before is published again: a replica may have been that far behind."""


class Leader:
    """The lead's work. Owner: the process, for one session. Holds the ids of contests whose logs were seen (about 100 bytes each)."""

    def __init__(
        self, connection: asyncpg.Connection, redis: Redis, publisher: Publisher, upkeep: Upkeep, telemetry: Telemetry, pulse: Pulse
    ) -> None:
        self._connection, self._redis = connection, redis
        self._publisher, self._upkeep = publisher, upkeep
        self._telemetry, self._pulse = telemetry, pulse
        self._woken = asyncio.Event()
        self._life = ""
        self._kept: list[ContestId] = []
        self._due = dict.fromkeys(("sweep", "forget"), 0.0)

    async def check_servers(self) -> str:
        """Both answer; the life of Redis."""
        await self._connection.execute("SELECT 1")
        self._pulse.beat("postgres")
        found = await life(self._redis)
        self._pulse.beat("redis")
        return found

    async def lead(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until a server is away: raises what says so."""
        self._telemetry.log.info("relay.leads")
        await self._connection.add_listener(outbox.WAKE, lambda *_: self._woken.set())
        while not stop.is_set():
            self._woken.clear()
            await self._follow_life(await self.check_servers())
            await self._keep_up()
            full = await self._publish_batch() == BATCH
            self._pulse.beat("relay")
            if not full:
                await self._wait_for_rows()

    async def _publish_batch(self) -> int:
        async with outbox.taken(self._connection, BATCH) as rows:
            if rows:
                await self._publisher.publish(self._connection, rows)
        for row in rows:
            self._telemetry.metrics.outbox.labels(row.topic).inc()
        return len(rows)

    async def _follow_life(self, found: str) -> None:
        """In a new life of Redis every log begins anew with its state, and what may have been in the lost tail is said again."""
        if found == self._life:
            return
        self._kept = await snapshots.shown(self._connection)
        for contest in self._kept:
            await self._upkeep.begin_logs(self._connection, contest)
        rows = await outbox.published_since(self._connection, AGAIN)
        for first in range(0, len(rows), BATCH):
            await self._publisher.publish(self._connection, rows[first : first + BATCH])
        self._telemetry.log.info("relay.logs_checked", contests=len(self._kept), said_again=len(rows))
        self._life = found

    async def _keep_up(self) -> None:
        if self._is_due("sweep", SWEEP_EVERY_S):
            await self._sweep()
        if self._is_due("forget", FORGET_EVERY_S):
            await outbox.forget_old(self._connection)

    async def _sweep(self) -> None:
        """Logs of contests that are new here, and of some of the others."""
        shown = await snapshots.shown(self._connection)
        known = set(self._kept)
        current = [contest for contest in self._kept if contest in set(shown)]
        looked_at = [contest for contest in shown if contest not in known] + current[:SWEEP_SLICE]
        for contest in looked_at:
            await self._upkeep.begin_logs(self._connection, contest)
        self._kept = current[SWEEP_SLICE:] + looked_at
        self._telemetry.metrics.outbox_waiting.set(await outbox.waiting(self._connection))

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every_s
        return True

    async def _wait_for_rows(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
