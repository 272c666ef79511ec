"""A lease is kept until its work is over, and then no longer, at whatever moment of an extension that comes."""

import asyncio
import random

import asyncpg
import pytest
from redis.asyncio import Redis

from contest.broker.leases import Lease, Leases
from contest.ids import ContestId, uuid7
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from ranker.leads import Leads

pytestmark = pytest.mark.anyio

LEADS = 60
LEASE_S = 2.4
"""Each is extended every 0.8 s: with so many, some are being extended at any moment."""


async def test_it_ends_with_its_work(pool: asyncpg.Pool, redis: Redis, channels: Channels) -> None:
    leases = Leases(redis, channels, "ranker", "somebody", [], LEASE_S)
    leads = Leads(pool, redis, channels, leases, Telemetry("ranker"))

    async def keep(lease: Lease) -> None:
        over = asyncio.Event()
        keeping = asyncio.create_task(leads.keep_lease(lease, over))
        await asyncio.sleep(random.uniform(LEASE_S / 3, LEASE_S))
        assert not keeping.done(), "it is held"
        assert lease.holds()
        over.set()
        await asyncio.wait_for(keeping, 2)

    taken = [await leases.acquire(ContestId(uuid7())) for _ in range(LEADS)]
    await asyncio.gather(*(keep(lease) for lease in taken if lease is not None))
    assert None not in taken
