"""A Valkey killed with -9 and started from files that lack the tail: nothing that was handed out is handed out again."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from contest.broker.leases import Leases
from contest.broker.logs import Fenced, Logs, WrongPosition
from contest.broker.server import life, open_redis
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from tests.private_servers import private_valkey

pytestmark = pytest.mark.anyio

CONTEST = ContestId(uuid7())
NEWS = b'"type":"news"}'


async def test_no_number_of_a_lost_tail_is_used_again(tmp_path: Path) -> None:
    async with private_valkey(tmp_path) as server:
        redis = open_redis(server.url)
        logs, before = Logs(redis, Channels()), await life(redis)
        board = await logs.renew(CONTEST, "board:public", b"{}")
        for _ in range(3):
            board, _ = await logs.publish(CONTEST, "board:public", NEWS, expect=board)
            event, _ = await logs.publish(CONTEST, "events:public", NEWS)
        await server.remember()
        for _ in range(3):
            board, _ = await logs.publish(CONTEST, "board:public", NEWS, expect=board)
            lost, _ = await logs.publish(CONTEST, "events:public", NEWS)
        assert (board.seq, lost.seq) == (6, 6)
        server.kill()
        server.roll_back()
        await server.start()
        await redis.aclose()

        async with Redis.from_url(server.url) as client:
            logs = Logs(client, Channels())
            assert await life(client) != before
            assert await logs.position(CONTEST, "events:public") == (event.epoch, 3)
            assert await logs.is_stale(CONTEST, "board:public")
            for expect in (None, board, board._replace(seq=3)):
                with pytest.raises(WrongPosition):
                    await logs.publish(CONTEST, "board:public", NEWS, expect=expect)
            with pytest.raises(WrongPosition):
                await logs.publish(CONTEST, "events:public", NEWS, begin=False)
            began, _ = await logs.publish(CONTEST, "events:public", NEWS)
            assert began.seq == 1
            assert began.epoch != event.epoch
            renewed = await logs.renew(CONTEST, "board:public", b"{}", only_if_stale=True)
            assert renewed.epoch != board.epoch
            assert renewed.seq == 0
            assert await logs.renew(CONTEST, "board:public", b"{}", only_if_stale=True) == renewed


async def test_no_fencing_token_of_a_lost_tail_is_given_out_again(tmp_path: Path) -> None:
    async with private_valkey(tmp_path) as server:
        redis = open_redis(server.url)
        logs, guards = Logs(redis, Channels()), ["board:public"]
        await server.remember()
        leases = Leases(redis, Channels(), "ranker", "first", guards)
        first = await leases.acquire(CONTEST)
        assert first is not None
        server.kill()
        server.roll_back()
        await server.start()
        await redis.aclose()
        second = await Leases(redis, Channels(), "ranker", "second", guards).acquire(CONTEST)
        assert second is not None
        assert second.fence > first.fence
        with pytest.raises(Fenced):
            await logs.renew(CONTEST, "board:public", b"{}", fence=first.fence)
        assert not await leases.extend(first)
        await redis.aclose()
