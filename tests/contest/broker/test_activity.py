"""What is counted minute by minute: several engines add up to what was done, and the last hour is the last hour."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import activity
from contest.broker.activity import WAITING_MAX, Place, Tally
from contest.broker.server import open_redis
from contest.domain.activity import DOINGS, MINUTES, last_hour, minute_of
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from podium.ports import free_ports

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 24, 10, 0, 30, tzinfo=UTC)


@given(st.lists(st.floats(0, 4 * 3600)), st.floats(0, 4 * 3600))
def test_the_last_hour_holds_what_was_done_in_it(done: list[float], now: float) -> None:
    counts = Counter(map(minute_of, done))
    shown = last_hour(counts, minute_of(now))
    assert len(shown) == MINUTES
    assert sum(shown) == sum(minute_of(now) - MINUTES < minute_of(at) <= minute_of(now) for at in done)
    assert shown[-1] == counts[minute_of(now)]


async def test_what_several_count_adds_up_over_the_edge_of_an_hour(redis: Redis, channels: Channels) -> None:
    contest, other = ContestId(uuid7()), ContestId(uuid7())
    tallies = [Tally() for _ in range(3)]
    for number in range(300):
        at = datetime.fromtimestamp(NOW.timestamp() - 13 * number, UTC)
        tallies[number % 3].note(contest, DOINGS[number % 2], at)
        tallies[number % 3].note(other, "answers", at)
        if number % 7 == 0:
            await activity.write(redis, channels, tallies[number % 3].take())
    for tally in tallies:
        await activity.write(redis, channels, tally.take())
    found = await activity.read(redis, channels, contest, NOW.timestamp())
    first = minute_of(NOW.timestamp()) - MINUTES + 1
    within = [number for number in range(300) if minute_of(NOW.timestamp() - 13 * number) >= first]
    assert {doing: sum(counts) for doing, counts in found.items()} == Counter(DOINGS[number % 2] for number in within)
    for hour in {minute_of(NOW.timestamp() - 13 * number) // 60 for number in range(300)}:
        assert 0 < await redis.ttl(channels.activity(contest, hour)) <= activity.KEPT_S


async def test_while_redis_is_away_it_waits_within_a_bound(channels: Channels) -> None:
    tally, contest = Tally(), ContestId(uuid7())
    async with open_redis(f"redis://127.0.0.1:{free_ports(1)[0]}/0") as nobody:
        tally.note(contest, "answers", NOW)
        counts = tally.take()
        with pytest.raises(RedisError):
            await activity.write(nobody, channels, counts)
    tally.note(contest, "answers", NOW)
    tally.put_back(counts)
    assert tally.take() == {Place(contest, minute_of(NOW.timestamp()), "answers"): 2}
    tally.put_back(Counter({Place(contest, minute, "answers"): 1 for minute in range(WAITING_MAX + 5)}))
    kept = tally.take()
    assert (len(kept), min(place.minute for place in kept)) == (WAITING_MAX, 5)
