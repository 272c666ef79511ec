"""What the leading relay does, over and over on one session: rows to Redis, and logs where there are none yet."""

import asyncio
import time
from datetime import timedelta

import asyncpg
from redis.asyncio import Redis

from contest.broker.server import life
from contest.ids import ContestId
from contest.pauses import pause
from contest.pulse import Pulse
from contest.store import outbox, snapshots
from contest.telemetry import Telemetry
from contest.tokens import LEEWAY_S, SESSION_S, TICKET_AGE_S
from relay.publishing import Publisher
from relay.upkeep import Upkeep

BATCH = 500
"""Rows taken at once: a crash publishes at most these again, and their ids fit ONCE_CAP of one log."""
BUSY_REST_S = 0.004
QUIET_REST_S = 0.02
"""Between two looks for rows, while there have been some in the last BUSY_FOR_S and else: 4 and 2 % of a core, PostgreSQL included."""
BUSY_FOR_S = 5.0
CHECK_EVERY_S = 0.1
SWEEP_EVERY_S = 0.5
FORGET_EVERY_S = 60.0
FORGET_MORE_S = 0.1
"""After a whole batch of old rows the next, so that ten thousand a second go: more than are ever published."""
SWEEP_SLICE = 5
"""Contests whose logs are looked at again a sweep, though they were there before (1 ms each): a thousand contests in two minutes."""
AGAIN = timedelta(seconds=60)
"""After a new life of Redis, what was published this long before is published again: a replica may have been that far behind."""
REVOKED_AGAIN = timedelta(seconds=SESSION_S + TICKET_AGE_S + 2 * LEEWAY_S)
"""Revocations are said again for as long as a socket can live on a ticket from before: no node may let such a person in, or keep them."""


class Leader:
    """The lead's work. Owner: the process, for one session. Holds the ids of contests whose logs were seen (about 100 bytes each)."""

    def __init__(
        self, connection: asyncpg.Connection, redis: Redis, publisher: Publisher, upkeep: Upkeep, telemetry: Telemetry, pulse: Pulse
    ) -> None:
        self._connection, self._redis = connection, redis
        self._publisher, self._upkeep = publisher, upkeep
        self._telemetry, self._pulse = telemetry, pulse
        self._busy_until = 0.0
        self._kept: list[ContestId] = []
        self._due = dict.fromkeys(("servers", "sweep", "forget"), 0.0)

    async def check_servers(self) -> None:
        """Both answer, or what says that one is away is raised."""
        await self._connection.execute("SELECT 1")
        self._pulse.beat("postgres")
        await life(self._redis)
        self._pulse.beat("redis")

    async def lead(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until a server is away: raises what says so."""
        self._telemetry.log.info("relay.leads")
        while not stop.is_set():
            await self._keep_up()
            full = await outbox.is_waiting(self._connection) and await self._publish_batch() == BATCH
            self._pulse.beat("relay")
            if not full:
                await pause(stop, BUSY_REST_S if time.monotonic() < self._busy_until else QUIET_REST_S)

    async def _publish_batch(self) -> int:
        async with outbox.taken(self._connection, BATCH) as rows:
            if rows:
                await self._publisher.publish(self._connection, rows)
        for row in rows:
            self._telemetry.metrics.outbox.labels(row.topic).inc()
        self._busy_until = time.monotonic() + BUSY_FOR_S
        return len(rows)

    async def _follow_life(self) -> None:
        """In a new life of Redis every log begins anew with its state, and what may have been in the lost tail is said again."""
        if await self._upkeep.is_known_life():
            return
        shown = await snapshots.shown(self._connection)
        for contest in shown:
            await self._upkeep.begin_logs(self._connection, contest)
        said_again = 0
        async for rows in outbox.published_since(self._connection, AGAIN, REVOKED_AGAIN, BATCH):
            await self._publisher.publish(self._connection, rows)
            said_again += len(rows)
        await self._upkeep.note_life()
        self._telemetry.log.info("relay.logs_begun", contests=len(shown), said_again=said_again)

    async def _keep_up(self) -> None:
        if self._is_due("servers", CHECK_EVERY_S):
            await self.check_servers()
            await self._follow_life()
        if self._is_due("sweep", SWEEP_EVERY_S):
            await self._sweep()
        if self._is_due("forget", FORGET_EVERY_S) and await outbox.forget_old(self._connection) == outbox.FORGET_BATCH:
            self._due["forget"] = time.monotonic() + FORGET_MORE_S

    async def _sweep(self) -> None:
        """Logs of contests that are new here, and of some of the others."""
        shown = await snapshots.shown(self._connection)
        known, wanted = set(self._kept), set(shown)
        current = [contest for contest in self._kept if contest in wanted]
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
