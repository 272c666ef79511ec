"""A Valkey killed with -9 and rolled back under a running ranker: new epochs, and boards that miss nothing."""

import dataclasses
from pathlib import Path

import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.wire.channels import Channels
from ranker.config import Config
from tests.contest_rows import ContestRows
from tests.private_servers import private_valkey
from tests.ranker.conftest import ranking, relaying, settle

pytestmark = pytest.mark.anyio


async def test_both_boards_begin_anew_and_miss_nothing(config: Config, contest: ContestRows, tmp_path: Path, channels: Channels) -> None:
    folder = tmp_path / "valkey"
    folder.mkdir()
    async with private_valkey(folder) as server, Redis.from_url(server.url) as redis:
        logs, own = Logs(redis, channels), dataclasses.replace(config, redis_url=server.url)
        async with relaying(own), ranking(own):
            await contest.submit("ann", "A", 10.0)
            await settle(logs, contest)
            before = {log: await logs.position(contest.id, log) for log in ("board:public", "board:full")}
            await server.remember()
            lost = await contest.submit("ben", "A", 20.0)
            await settle(logs, contest)
            server.kill()
            server.roll_back()
            await contest.judge("ben", lost, "AC")
            await server.start()
            await redis.connection_pool.disconnect()
            await settle(logs, contest)
            await contest.submit("ann", "B", 30.0)
            await settle(logs, contest)
            for log, earlier in before.items():
                position = await logs.position(contest.id, log)
                assert earlier is not None
                assert position is not None
                assert position.epoch != earlier.epoch
                entries = await logs.read(contest.id, log, 0)
                assert [entry.seq for entry in entries] == list(range(1, position.seq + 1))
