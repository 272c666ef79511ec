"""The outbox on a real PostgreSQL: in the caller's transaction, in any order of commit, marked after publishing only."""

from datetime import timedelta

import asyncpg
import pytest

from contest.ids import ContestId, uuid7
from contest.store import outbox

pytestmark = pytest.mark.anyio

CONTEST = ContestId(uuid7())


async def published(connection: asyncpg.Connection) -> list[int]:
    ages = (timedelta(minutes=1), timedelta(minutes=16))
    return [row.id async for rows in outbox.published_since(connection, *ages, 1) for row in rows]


async def take(connection: asyncpg.Connection, limit: int = 100) -> list[outbox.OutboxRow]:
    async with outbox.taken(connection, limit) as rows:
        return rows


async def test_a_row_is_seen_only_when_its_transaction_commits(pool: asyncpg.Pool) -> None:
    subject = uuid7()
    async with pool.acquire() as writer, pool.acquire() as reader:
        started = writer.transaction()
        await started.start()
        await outbox.add(writer, CONTEST, "score.changed", subject=subject)
        assert await take(reader) == []
        assert not await outbox.is_waiting(reader)
        await started.commit()
        assert await outbox.is_waiting(reader)
        (row,) = await take(reader)
        assert (row.contest_id, row.topic, row.subject, row.body) == (CONTEST, "score.changed", subject, {})
        assert await take(reader) == []


async def test_nothing_is_said_of_what_was_rolled_back(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        started = connection.transaction()
        await started.start()
        await outbox.add(connection, CONTEST, "board.changed", {"fresh": True})
        await started.rollback()
        assert await take(connection) == []
        assert await outbox.waiting(connection) == 0
        assert not await outbox.is_waiting(connection)


async def test_a_smaller_id_that_commits_later_is_still_taken(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as early, pool.acquire() as late, pool.acquire() as reader:
        started = early.transaction()
        await started.start()
        await outbox.add(early, CONTEST, "event.public", {"type": "a"})
        await outbox.add(late, CONTEST, "event.public", {"type": "b"})
        assert [row.body["type"] for row in await take(reader)] == ["b"]
        await started.commit()
        assert [row.body["type"] for row in await take(reader)] == ["a"]


async def test_rows_stay_unmarked_if_publishing_fails(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await outbox.add(connection, CONTEST, "inbox", {"type": "x"}, subject=uuid7())
        with pytest.raises(OSError, match="away"):
            async with outbox.taken(connection, 10):
                raise OSError("away")
        assert len(await take(connection)) == 1


async def test_two_takers_never_hold_the_same_row(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as one, pool.acquire() as two:
        for _ in range(4):
            await outbox.add(one, CONTEST, "score.changed", subject=uuid7())
        async with outbox.taken(one, 2) as first, outbox.taken(two, 10) as second:
            assert len(first) == len(second) == 2
            assert not {row.id for row in first} & {row.id for row in second}


async def test_published_rows_can_be_had_again_and_are_forgotten_later(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        for _ in range(3):
            await outbox.add(connection, CONTEST, "score.changed", subject=uuid7())
        rows = await take(connection)
        assert await published(connection) == [row.id for row in rows]
        assert await outbox.forget_old(connection) == 0
        assert len(await published(connection)) == 3
        assert await outbox.forget_old(connection, timedelta(0)) == 3
        assert await published(connection) == []


async def test_old_rows_are_forgotten_in_small_batches_and_unpublished_ones_never(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        for _ in range(6):
            await outbox.add(connection, CONTEST, "score.changed", subject=uuid7())
        oldest_first = [row.id for row in reversed(await take(connection, limit=5))]
        for age_h, row_id in enumerate(oldest_first, start=25):
            past = timedelta(hours=-age_h)
            await connection.execute("UPDATE podium_outbox SET published_at = now() + $2::interval WHERE id = $1", row_id, past)
        forgotten = []
        while count := await outbox.forget_old(connection, limit=2):
            forgotten.append(count)
        assert forgotten == [2, 2, 1]
        assert await outbox.waiting(connection) == 1


async def test_revocations_can_be_had_again_for_longer_than_the_rest(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        for topic in ("inbox", "session.revoked", "session.revoked"):
            await outbox.add(connection, CONTEST, topic, {"type": "x"}, subject=uuid7())
        rows = await take(connection)
        for row, minutes in zip(rows, (15, 15, 17), strict=True):
            past = timedelta(minutes=-minutes)
            await connection.execute("UPDATE podium_outbox SET published_at = now() + $2::interval WHERE id = $1", row.id, past)
        assert await published(connection) == [rows[1].id]
