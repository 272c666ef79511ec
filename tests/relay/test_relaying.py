"""What commits is on its log within moments, in order; snapshots follow."""

import asyncio
import time

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs, Message
from contest.domain.audience import inbox_log
from contest.ids import ContestId, uuid7
from contest.store import outbox
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from contest.wire.to_browser import AnnouncementPosted, EventsSnapshot, read
from relay.upkeep import EVENT_LOGS
from tests.contest_rows import ContestRows
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("relay")]


async def all_published(pool: asyncpg.Pool) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM podium_outbox WHERE published_at IS NULL") == 0)


async def test_announcements_reach_the_public_log_in_order_and_its_snapshot(contest: ContestRows, logs: Logs) -> None:
    announced = [await contest.announce(f"note {number}") for number in range(5)]

    async def kept() -> bool:
        found = await logs.snapshot(contest.id, "events:public")
        return found is not None and found.at == await logs.position(contest.id, "events:public") and found.at.seq == 5

    await eventually(kept)
    entries = await logs.read(contest.id, "events:public", 0)
    frames = [read(entry.payload) for entry in entries]
    assert [frame.message.announcement.id for frame in frames if isinstance(frame.message, AnnouncementPosted)] == announced
    found = await logs.snapshot(contest.id, "events:public")
    assert found is not None
    place, state = read(found.payload)
    assert place is not None
    assert (place.log, place.epoch, place.seq) == ("events:public", entries[0].epoch, 5)
    assert isinstance(state, EventsSnapshot)
    assert state.status.title == "Spring Open"
    assert [each.id for each in state.announcements] == announced


async def test_a_contest_has_all_its_logs_once_it_is_no_draft(pool: asyncpg.Pool, logs: Logs) -> None:
    draft = await ContestRows(pool).add(names=(), state="draft")
    shown = await ContestRows(pool).add(names=())
    announced = await draft.announce("not yet to be read")
    for log in EVENT_LOGS:
        await eventually(lambda log=log: logs.position(shown.id, log))
    assert await logs.snapshot(shown.id, "events:public") is not None
    await eventually(lambda: all_published(pool))
    for log in EVENT_LOGS:
        assert await logs.position(draft.id, log) is None
    await pool.execute("UPDATE contests_contest SET status = 'scheduled' WHERE id = $1", draft.id)
    begun = await eventually(lambda: logs.snapshot(draft.id, "events:public"))
    assert announced.encode() in begun.payload


async def test_an_inbox_holds_what_its_user_was_told_and_what_it_comes_to(
    contest: ContestRows, logs: Logs, redis: Redis, channels: Channels, pool: asyncpg.Pool
) -> None:
    one = await contest.submit("ann", "A", 60.0)
    two = await contest.submit("ann", "B", 90.0)
    await contest.judge("ann", one, "AC")
    await contest.submit("ben", "A", 95.0)
    await eventually(lambda: all_published(pool))
    user = contest.users["ann"]
    log = inbox_log(user)
    entries = [entry for entry in await logs.read(contest.id, log, 0) if entry.user == user]
    assert [entry.user_seq for entry in entries] == [1, 2, 3]
    assert [msgspec.json.decode(entry.payload)["type"] for entry in entries] == [
        "submission.received", "submission.received", "verdict.reached",
    ]  # fmt: skip
    seq, _, kept = (await redis.hget(channels.log_kept(contest.id, log), user)).partition(b" ")
    assert int(seq) == 3
    assert [(note["id"], note["problem"], note["verdict"]) for note in msgspec.json.decode(kept)["submissions"]] == [
        (one, "A", "AC"),
        (two, "B", None),
    ]


async def test_who_is_revoked_is_said_on_control_with_the_time(contest: ContestRows, logs: Logs, pool: asyncpg.Pool) -> None:
    before, user = time.time(), contest.users["ann"]
    async with pool.acquire() as connection:
        await outbox.add(connection, contest.id, "session.revoked", {"reason": "removed"}, user)
    (entry,) = await eventually(lambda: logs.read(contest.id, "control", 0))
    told = msgspec.json.decode(entry.payload)
    assert (told["type"], told["user"], told["reason"]) == ("session.revoked", user, "removed")
    assert before <= told["at"] <= time.time()


async def test_rows_that_commit_out_of_order_are_all_published(contest: ContestRows, logs: Logs, pool: asyncpg.Pool) -> None:
    """Transactions that begin in one order and commit in the other, so that larger ids are published before smaller ones."""
    connections = [await pool.acquire() for _ in range(5)]
    begun = [connection.transaction() for connection in connections]
    for number, (connection, transaction) in enumerate(zip(connections, begun, strict=True)):
        await transaction.start()
        await outbox.add(connection, contest.id, "event.organiser", {"type": "news", "number": number})
    for seen, transaction in enumerate(reversed(begun), start=1):
        await transaction.commit()
        await eventually(lambda seen=seen: has_entries(logs, contest.id, "events:organiser", seen))
    for connection in connections:
        await pool.release(connection)
    entries = await logs.read(contest.id, "events:organiser", 0)
    assert [msgspec.json.decode(entry.payload)["number"] for entry in entries] == [4, 3, 2, 1, 0]


async def has_entries(logs: Logs, contest: ContestId, log: str, count: int) -> bool:
    return len(await logs.read(contest, log, 0)) == count


async def test_a_row_of_a_contest_that_is_not_there_holds_nobody_up(contest: ContestRows, logs: Logs, pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await outbox.add(connection, ContestId(uuid7()), "event.public", {"type": "news"})
        await outbox.add(connection, contest.id, "inbox", {"type": "news"}, uuid7())
    announced = await contest.announce("after")
    await eventually(lambda: all_published(pool))
    (entry,) = await logs.read(contest.id, "events:public", 0)
    assert announced.encode() in entry.payload


async def test_it_takes_moments_from_commit_to_publication(
    contest: ContestRows, relay: Telemetry, redis: Redis, channels: Channels
) -> None:
    """A row waits for the next look of the relay and no longer; the bound is wide because the machine is shared."""
    await contest.announce("first")
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(channels.log_channel(contest.id, "events:public"))
        waits: list[float] = []
        while len(waits) < 9:
            await contest.announce(f"number {len(waits)}")
            committed = time.perf_counter()
            async with asyncio.timeout(5):
                while (await pubsub.get_message(timeout=1) or {}).get("type") != "message":
                    pass
            waits.append(time.perf_counter() - committed)
    assert sorted(waits)[4] < 0.05


async def test_a_revocation_reaches_back_to_its_removal_and_no_further(contest: ContestRows, logs: Logs, pool: asyncpg.Pool) -> None:
    """A row that could not be published for an hour says when the removal was: who was let in again since is not meant."""
    removed_at = time.time() - 3_600
    async with pool.acquire() as connection, connection.transaction():
        await outbox.add(connection, contest.id, "session.revoked", {"reason": "removed"}, contest.users["ann"])
        await outbox.add(connection, contest.id, "session.revoked", {"reason": "removed", "at": 12.5}, contest.users["ben"])
        await connection.execute("UPDATE podium_outbox SET created_at = created_at - interval '1 hour'")
    entries = await eventually(lambda: both(logs, contest))
    ann, ben = (msgspec.json.decode(entry.payload) for entry in entries)
    assert removed_at <= ann["at"] <= removed_at + 20, "the longest that the removal's transaction took, and not when it was published"
    assert ben["at"] == 12.5


async def both(logs: Logs, contest: ContestRows) -> list[Message]:
    found = await logs.read(contest.id, "control", 0)
    return found if len(found) == 2 else []
