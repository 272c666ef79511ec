"""What is counted minute by minute: several engines add up to what was done, and the last hour is the last hour."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker import activity
from contest.broker.activity import KEPT_MAX, Place, Tally
from contest.broker.server import open_redis
from contest.domain.activity import DOINGS, MINUTES, Doing, last_hour, minute_of
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
            await activity.write(redis, channels, f"e{number % 3}", tallies[number % 3].due())
    for engine, tally in enumerate(tallies):
        for _ in range(2):  # the answer to the first was lost
            await activity.write(redis, channels, f"e{engine}", tally.due())
    found = await activity.read(redis, channels, contest, NOW.timestamp())
    first = minute_of(NOW.timestamp()) - MINUTES + 1
    within = [number for number in range(300) if minute_of(NOW.timestamp() - 13 * number) >= first]
    assert {doing: sum(counts) for doing, counts in found.items()} == Counter(DOINGS[number % 2] for number in within)
    for hour in {minute_of(NOW.timestamp() - 13 * number) // 60 for number in range(300)}:
        assert 0 < await redis.ttl(channels.activity(contest, hour)) <= activity.KEPT_S


FATES = ("written", "lost on the way", "written, and nobody heard of it")
DONE = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(DOINGS), st.floats(0, 400), st.integers(1, 3), st.sampled_from(FATES)))


@given(DONE)
def test_what_engines_counted_is_written_once_whatever_fails(done: list[tuple[int, Doing, float, int, str]]) -> None:
    contest, tallies = ContestId("c"), [Tally() for _ in range(3)]
    written: dict[tuple[int, Place], int] = {}
    expected = Counter[tuple[int, Doing]]()
    for engine, doing, after_s, times, fate in sorted(done, key=lambda one: one[2]):
        at, tally = datetime.fromtimestamp(NOW.timestamp() + after_s, UTC), tallies[engine]
        tally.note(contest, doing, at, times)
        expected[minute_of(at.timestamp()), doing] += times
        counts = tally.due()
        if fate != "lost on the way":
            written |= {(engine, place): count for place, count in counts.items()}
        if fate == "written":
            tally.written(counts)
        tally.forget(minute_of(at.timestamp()))
    for engine, tally in enumerate(tallies):
        written |= {(engine, place): count for place, count in tally.due().items()}
    found = Counter[tuple[int, Doing]]()
    for (_, place), count in written.items():
        found[place.minute, place.doing] += count
    assert found == expected


async def test_while_redis_is_away_it_waits_within_a_bound(channels: Channels) -> None:
    tally, contest, minute = Tally(), ContestId(uuid7()), minute_of(NOW.timestamp())
    async with open_redis(f"redis://127.0.0.1:{free_ports(1)[0]}/0") as nobody:
        tally.note(contest, "answers", NOW)
        with pytest.raises(RedisError):
            await activity.write(nobody, channels, "e", tally.due())
    tally.note(contest, "answers", NOW)
    before = tally.due()
    assert before == {Place(contest, minute, "answers"): 2}
    tally.note(contest, "answers", NOW)
    tally.written(before)
    tally.forget(minute + 30)
    assert tally.due() == {Place(contest, minute, "answers"): 3}
    tally.written(tally.due())
    tally.forget(minute + 1)
    tally.note(contest, "answers", NOW)
    assert tally.due() == {Place(contest, minute, "answers"): 4}
    for number in range(KEPT_MAX + 4):
        tally.note(contest, "answers", datetime.fromtimestamp(NOW.timestamp() + 60 * (number + 1), UTC))
    tally.forget(minute)
    kept = tally.due()
    assert (len(kept), min(place.minute for place in kept)) == (KEPT_MAX, minute + 5)
