"""Which contests this process leads: it asks for every contest that nobody leads, keeps the leases, ends and forgets what was lost."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from redis.asyncio import Redis

from contest.broker.changes import ChangesStream
from contest.broker.leases import Lease, Leases
from contest.broker.logs import Fenced, Logs
from contest.broker.ranks import Ranks
from contest.ids import ContestId
from contest.pauses import AWAY, pause
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from ranker.board_log import BoardLog
from ranker.leader import Leader
from ranker.patience import WORST_WAIT_S, Patience
from ranker.scoring import VIEWS, ContestGone, Scorer

LEADS_MAX = 4_000
"""Contests that one process leads; others are left to other rankers. Each waits for its changes on a Redis connection of its own."""
CONNECTIONS_MAX = 2 * LEADS_MAX
"""One that waits and one that writes, a contest: below the 10,000 clients that Redis takes by default."""


@dataclass(slots=True)
class Lead:
    task: "asyncio.Task[None]"
    stop: asyncio.Event
    since: float = field(default_factory=time.monotonic)


class Leads:
    """Owner: the process. Bound: LEADS_MAX contests led, one `Lead` each."""

    def __init__(self, pool: asyncpg.Pool, redis: Redis, channels: Channels, leases: Leases, telemetry: Telemetry) -> None:
        self._pool, self._redis, self._channels = pool, redis, channels
        self._leases, self._telemetry = leases, telemetry
        self._logs, self._ranks = Logs(redis, channels), Ranks(redis, channels)
        self._leads: dict[ContestId, Lead] = {}
        self._patience = Patience()

    async def settle(self, shown: Iterable[ContestId]) -> None:
        """Ask for the contests `shown` that nobody leads; give up those that are no longer shown. Raises RedisError."""
        wanted = set(shown)
        for contest, lead in self._leads.items():
            if contest not in wanted:
                lead.stop.set()
        self._patience.keep_only(wanted)
        now_s = time.monotonic()
        asked = [each for each in wanted if each not in self._leads and self._patience.may_ask(each, now_s)]
        for contest in (await self._leases.free(asked))[: LEADS_MAX - len(self._leads)]:
            lease = await self._leases.acquire(contest)
            if lease is not None:
                self._begin(contest, lease)

    async def end(self) -> None:
        """Give up everything, cleanly."""
        for lead in self._leads.values():
            lead.stop.set()
        await asyncio.gather(*(lead.task for lead in self._leads.values()))

    def _begin(self, contest: ContestId, lease: Lease) -> None:
        stop = asyncio.Event()
        self._leads[contest] = Lead(asyncio.create_task(self._lead(contest, lease, stop)), stop)
        self._telemetry.metrics.leading.set(len(self._leads))

    async def _lead(self, contest: ContestId, lease: Lease, stop: asyncio.Event) -> None:
        """Never raises: however a lead ends, the process goes on and asks for the contest again."""
        log = self._telemetry.log.bind(contest=contest, fence=lease.fence)
        log.info("contest.led")
        began = time.monotonic()
        try:
            await self._write_while_held(contest, lease, stop)
            failed = False
        except* (Fenced, ContestGone) as ended:
            log.warning("lead.lost", why=_texts(ended))
            failed = True
        except* AWAY as ended:
            log.warning("lead.interrupted", why=_texts(ended))
            failed = True
        except* Exception:
            log.exception("lead.failed")
            failed = True
        await self._let_go(contest, lease, failed=failed and time.monotonic() - began < WORST_WAIT_S)

    async def _write_while_held(self, contest: ContestId, lease: Lease, stop: asyncio.Event) -> None:
        boards = {view: BoardLog(self._logs, self._ranks, lease, view) for view in VIEWS}
        stream = ChangesStream(self._redis, self._channels, contest)
        leader = Leader(Scorer(self._pool, contest), stream, boards, self._leases, lease, self._telemetry)
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.keep_lease(lease, over))
            try:
                await leader.lead(stop)
            finally:
                over.set()

    async def keep_lease(self, lease: Lease, over: asyncio.Event) -> None:
        """Extend it at a third of its time until `over`. Raises Fenced once it is lost or Redis was away for all of it.

        It is told to end, not cancelled: Python 3.11's wait_for, which the Redis client sends through, may forget a cancellation, and
        whoever waits for a lead to end would wait for as long as Redis is there.
        """
        while not over.is_set():
            await pause(over, self._leases.lease_s / 3)
            if over.is_set():
                return
            try:
                held = await self._leases.extend(lease)
            except AWAY:
                held = lease.holds()
            if not held:
                raise Fenced("the lease is lost")

    async def _let_go(self, contest: ContestId, lease: Lease, *, failed: bool) -> None:
        self._patience.ended(contest, time.monotonic(), failed=failed)
        try:
            await self._leases.release(lease)
        except AWAY as error:
            self._telemetry.log.warning("lease.kept_to_its_end", contest=contest, why=str(error))
        finally:
            self._leads.pop(contest, None)
            self._telemetry.metrics.leading.set(len(self._leads))


def _texts(group: "BaseExceptionGroup[Any]") -> list[str]:
    return [f"{type(error).__name__}: {error}" for error in group.exceptions]
