"""One leader a contest; a later one shuts an earlier one out at the moment it takes the lead."""

import asyncio

import pytest
from redis.asyncio import Redis

from contest.broker.leases import Leases
from contest.broker.logs import Fenced, Logs
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from tests.support import eventually

pytestmark = pytest.mark.anyio

CONTEST = ContestId(uuid7())
LOGS = ("board:full", "board:public")


@pytest.fixture
def one(redis: Redis, channels: Channels) -> Leases:
    return Leases(redis, channels, "ranker", "one", LOGS, lease_s=0.3)


@pytest.fixture
def two(redis: Redis, channels: Channels) -> Leases:
    return Leases(redis, channels, "ranker", "two", LOGS, lease_s=0.3)


async def test_of_many_who_ask_one_leads(redis: Redis, channels: Channels) -> None:
    asking = [Leases(redis, channels, "ranker", f"owner-{number}", LOGS) for number in range(20)]
    found = await asyncio.gather(*(leases.acquire(CONTEST) for leases in asking))
    assert sum(lease is not None for lease in found) == 1
    other = ContestId(uuid7())
    for leases, lease in zip(asking, found, strict=True):
        assert await leases.free([CONTEST, other]) == ([other] if lease is None else [CONTEST, other])


async def test_a_lease_ends_by_itself_and_its_holder_knows(one: Leases, two: Leases) -> None:
    first = await one.acquire(CONTEST)
    assert first is not None
    assert await one.extend(first)
    assert first.holds()
    second = await eventually(lambda: two.acquire(CONTEST))
    assert second.fence > first.fence
    assert not first.holds()
    assert not await one.extend(first)
    assert second.holds()


async def test_taking_the_lead_shuts_the_earlier_leader_out_before_anything_is_written(
    one: Leases, two: Leases, redis: Redis, channels: Channels
) -> None:
    logs, first = Logs(redis, channels), await one.acquire(CONTEST)
    assert first is not None
    at = {log: await logs.renew(CONTEST, log, b"{}", fence=first.fence) for log in LOGS}
    await eventually(lambda: two.acquire(CONTEST))
    for log in LOGS:
        with pytest.raises(Fenced):
            await logs.publish(CONTEST, log, b'"type":"x"}', expect=at[log], fence=first.fence)
        assert await logs.position(CONTEST, log) == at[log]


async def test_a_lead_given_up_is_free_at_once_and_the_next_knows_how_far_the_work_was(one: Leases, two: Leases) -> None:
    first = await one.acquire(CONTEST)
    assert first is not None
    assert first.seen == ""
    first.seen = "17-0"
    await one.release(first)
    assert not first.holds()
    second = await two.acquire(CONTEST)
    assert second is not None
    assert second.seen == "17-0"
    first.seen = "99-0"
    await one.release(first)
    assert await two.extend(second)


async def test_an_owner_may_take_again_what_it_could_not_release(one: Leases, two: Leases) -> None:
    first = await one.acquire(CONTEST)
    assert first is not None
    assert await one.free([CONTEST]) == [CONTEST]
    assert await two.free([CONTEST]) == []
    again = await one.acquire(CONTEST)
    assert again is not None
    assert again.fence > first.fence
    assert not await one.extend(first)
    assert await two.acquire(CONTEST) is None
