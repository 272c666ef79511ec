"""The laws of publishing, on a real Valkey: no gaps, the fence, the expected position, once, what reaches a subscriber."""

import asyncio

import msgspec
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Fenced, Logs, Message, Position, WrongPosition, parse
from contest.domain.audience import inbox_log
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels

pytestmark = pytest.mark.anyio

CONTEST = ContestId(uuid7())
NEWS = b'"type":"news"}'


@pytest.fixture
def logs(redis: Redis, channels: Channels) -> Logs:
    return Logs(redis, channels)


async def test_many_writers_leave_no_gap(logs: Logs) -> None:
    first, _ = await logs.publish(CONTEST, "events:public", NEWS)
    done = await asyncio.gather(*(logs.publish(CONTEST, "events:public", NEWS) for _ in range(50)))
    assert {position.epoch for position, _ in done} == {first.epoch}
    assert sorted(position.seq for position, _ in done) == list(range(2, 52))
    entries = await logs.read(CONTEST, "events:public", 0)
    assert [entry.seq for entry in entries] == list(range(1, 52))
    assert [entry.since for entry in entries] == list(range(51))
    for entry in entries:
        frame = msgspec.json.decode(entry.payload)
        assert frame == {"log": "events:public", "epoch": first.epoch, "seq": entry.seq, "type": "news"}


async def test_what_is_published_reaches_a_subscriber_as_it_stands_in_the_stream(logs: Logs, redis: Redis, channels: Channels) -> None:
    user = uuid7()
    log = inbox_log(user)
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(channels.log_channel(CONTEST, log))
        await pubsub.get_message(timeout=5)
        await logs.publish(CONTEST, log, NEWS, user=user)
        heard: list[Message] = []
        while len(heard) < 2:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
            heard.append(parse(message["data"]))
    began, entry = heard
    assert (began.seq, began.payload) == (0, b"")
    assert [entry] == await logs.read(CONTEST, log, 0)
    assert msgspec.json.decode(entry.payload)["log"] == "inbox"


async def test_each_user_of_an_inbox_log_has_a_count_of_its_own(logs: Logs) -> None:
    seqs = [(await logs.publish(CONTEST, "inbox:7", NEWS, user=user))[1] for user in ("ann", "ben", "ann", "ann", "ben")]
    assert seqs == [1, 1, 2, 3, 2]
    entries = await logs.read(CONTEST, "inbox:7", 0)
    assert [(entry.user, entry.user_seq, msgspec.json.decode(entry.payload)["seq"]) for entry in entries] == [
        ("ann", 1, 1), ("ben", 1, 1), ("ann", 2, 2), ("ann", 3, 3), ("ben", 2, 2),
    ]  # fmt: skip


async def test_a_state_log_begins_only_by_renewal_and_moves_only_from_where_the_writer_thinks(logs: Logs) -> None:
    with pytest.raises(WrongPosition):
        await logs.publish(CONTEST, "board:public", NEWS)
    begun = await logs.renew(CONTEST, "board:public", b"{}")
    moved, _ = await logs.publish(CONTEST, "board:public", NEWS, expect=begun)
    assert moved == (begun.epoch, 1)
    for wrong in (begun, Position(begun.epoch, 2), Position("elsewhere", 1)):
        with pytest.raises(WrongPosition):
            await logs.publish(CONTEST, "board:public", NEWS, expect=wrong)
    assert await logs.position(CONTEST, "board:public") == moved
    (entry,) = await logs.read(CONTEST, "board:public", 0)
    assert msgspec.json.decode(entry.payload) == {"log": "board:public", "epoch": begun.epoch, "seq": 1, "since": 0, "type": "news"}


async def test_an_earlier_leader_writes_nothing_once_a_later_one_has(logs: Logs) -> None:
    begun = await logs.renew(CONTEST, "board:full", b"{}", fence=7)
    moved, _ = await logs.publish(CONTEST, "board:full", NEWS, expect=begun, fence=7)
    with pytest.raises(Fenced):
        await logs.publish(CONTEST, "board:full", NEWS, expect=moved, fence=6)
    with pytest.raises(Fenced):
        await logs.renew(CONTEST, "board:full", b"{}", fence=6)
    with pytest.raises(Fenced):
        await logs.save_snapshot(CONTEST, "board:full", moved, b"{}", fence=6)
    assert await logs.position(CONTEST, "board:full") == moved
    assert await logs.snapshot(CONTEST, "board:full") == (await logs.snapshot(CONTEST, "board:full"))


async def test_what_was_published_once_is_not_published_again(logs: Logs) -> None:
    first = await logs.publish(CONTEST, "inbox:7", NEWS, user="ann", once="41")
    await logs.publish(CONTEST, "inbox:7", NEWS, user="ben", once="42")
    assert await logs.publish(CONTEST, "inbox:7", NEWS, user="ann", once="41") == (Position(first[0].epoch, 2), 1)
    assert len(await logs.read(CONTEST, "inbox:7", 0)) == 2
    await logs.renew(CONTEST, "inbox:7")
    await logs.publish(CONTEST, "inbox:7", NEWS, user="ann", once="41")
    assert await logs.read(CONTEST, "inbox:7", 0) == []


async def test_an_event_log_may_be_kept_from_beginning_without_its_snapshot(logs: Logs) -> None:
    with pytest.raises(WrongPosition):
        await logs.publish(CONTEST, "events:public", NEWS, begin=False)
    assert await logs.position(CONTEST, "events:public") is None


async def test_renewal_forgets_the_old_epoch_and_sets_the_new_state(logs: Logs, redis: Redis, channels: Channels) -> None:
    old, _ = await logs.publish(CONTEST, "inbox:7", NEWS, user="ann")
    assert await logs.renew(CONTEST, "inbox:7", only_if_stale=True) == old
    new = await logs.renew(CONTEST, "inbox:7", b"payload", epoch="fresh", kept={"ann": b"[1]"})
    assert new == ("fresh", 0)
    found = await logs.snapshot(CONTEST, "inbox:7")
    assert found is not None
    assert (found.at, found.payload) == (new, b"payload")
    assert await logs.read(CONTEST, "inbox:7", 0) == []
    assert await redis.hgetall(channels.log_kept(CONTEST, "inbox:7")) == {b"ann": b"0 [1]"}
    assert (await logs.publish(CONTEST, "inbox:7", NEWS, user="ann"))[1] == 1


async def test_an_older_state_never_replaces_a_newer_one(logs: Logs, redis: Redis, channels: Channels) -> None:
    position, user_seq = await logs.publish(CONTEST, "inbox:7", NEWS, user="ann")
    later, later_user_seq = await logs.publish(CONTEST, "inbox:7", NEWS, user="ann")
    assert await logs.save_snapshot(CONTEST, "inbox:7", later, b"new")
    assert not await logs.save_snapshot(CONTEST, "inbox:7", position, b"old")
    assert not await logs.save_snapshot(CONTEST, "inbox:7", Position("elsewhere", 9), b"other")
    assert await logs.keep(CONTEST, "inbox:7", later.epoch, [("ann", later_user_seq, b"[2]")]) == 1
    assert await logs.keep(CONTEST, "inbox:7", later.epoch, [("ann", user_seq, b"[1]"), ("ben", 1, b"[]")]) == 1
    assert await logs.keep(CONTEST, "inbox:7", "elsewhere", [("ann", 9, b"[9]")]) == 0
    assert await redis.hgetall(channels.log_kept(CONTEST, "inbox:7")) == {b"ann": b"2 [2]", b"ben": b"1 []"}
