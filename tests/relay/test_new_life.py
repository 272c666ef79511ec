"""A Valkey killed with -9 and rolled back under a running relay: every log begins anew with its state, what was lost is said again."""

import dataclasses
import time
from pathlib import Path

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.domain.audience import inbox_log
from contest.store import outbox
from contest.wire.channels import Channels
from contest.wire.to_browser import EventsSnapshot, read
from relay.config import Config
from relay.upkeep import EVENT_LOGS
from tests.contest_rows import ContestRows
from tests.private_servers import private_valkey
from tests.relay.conftest import relaying
from tests.support import eventually

pytestmark = pytest.mark.anyio


async def nothing_waits(pool: asyncpg.Pool) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM podium_outbox WHERE published_at IS NULL") == 0)


async def test_logs_begin_anew_and_nothing_published_is_lost(
    config: Config, contest: ContestRows, pool: asyncpg.Pool, tmp_path: Path, channels: Channels
) -> None:
    folder = tmp_path / "valkey"
    folder.mkdir()
    async with private_valkey(folder) as server, Redis.from_url(server.url) as redis:
        logs = Logs(redis, channels)
        async with relaying(dataclasses.replace(config, redis_url=server.url)):
            kept = await contest.announce("before")
            first = await contest.submit("ann", "A", 60.0)
            await eventually(lambda: nothing_waits(pool))
            before = {log: await logs.position(contest.id, log) for log in EVENT_LOGS}
            await server.remember()
            lost = await contest.announce("in the tail")
            second = await contest.submit("ann", "B", 90.0)
            await contest.judge("ann", first, "AC")
            async with pool.acquire() as connection:
                await outbox.add(connection, contest.id, "session.revoked", {"reason": "removed"}, contest.users["ben"])
            await eventually(lambda: nothing_waits(pool))
            await pool.execute("UPDATE podium_outbox SET published_at = published_at - interval '15 min' WHERE topic = 'session.revoked'")
            server.kill()
            server.roll_back()
            after = await contest.announce("while it is away")
            await server.start()
            await eventually(lambda: nothing_waits(pool), within_s=20)
            await redis.connection_pool.disconnect()
            await eventually(lambda: is_kept(logs, contest))

            for log in EVENT_LOGS:
                position, earlier = await logs.position(contest.id, log), before[log]
                assert position is not None
                assert earlier is not None
                assert position.epoch != earlier.epoch
                assert not await logs.is_stale(contest.id, log)
            snapshot = await logs.snapshot(contest.id, "events:public")
            assert snapshot is not None
            state = read(snapshot.payload).message
            assert isinstance(state, EventsSnapshot)
            assert [each.id for each in state.announcements] == [kept, lost, after]
            ann = contest.users["ann"]
            _, _, inbox = (await redis.hget(channels.log_kept(contest.id, inbox_log(ann)), ann)).partition(b" ")
            assert [(note["id"], note["verdict"]) for note in msgspec.json.decode(inbox)["submissions"]] == [(first, "AC"), (second, None)]
            changes = await redis.xrange(channels.changes(contest.id))
            assert {fields[b"id"].decode() for _, fields in changes if fields[b"kind"] == b"submission"} == {first, second}
            (revoked,) = await logs.read(contest.id, "control", 0)
            told = msgspec.json.decode(revoked.payload)
            assert told["user"] == contest.users["ben"], "a socket can live for a quarter of an hour on a ticket from before"
            assert told["at"] < time.time() - 600


async def is_kept(logs: Logs, contest: ContestRows) -> bool:
    snapshot = await logs.snapshot(contest.id, "events:public")
    return snapshot is not None and snapshot.at == await logs.position(contest.id, "events:public")
