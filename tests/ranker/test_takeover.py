"""Leaders that are killed, stopped or doubled: the next goes on in the same epoch, without a gap, and nobody else writes."""

import signal
from pathlib import Path

import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.wire.channels import Channels
from ranker.config import Config
from tests.contest_rows import ContestRows
from tests.ranker.conftest import Settled, ranking, settle, spawn_ranker
from tests.support import eventually, stop

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("relay")]


async def test_the_next_leader_goes_on_in_the_same_epoch_after_kill_9(config: Config, contest: ContestRows, logs: Logs) -> None:
    first = spawn_ranker(config)
    try:
        await settle(logs, contest)
        began = {view: await logs.position(contest.id, f"board:{view}") for view in ("public", "full")}
        for number in range(40):
            name = ("ann", "ben")[number % 2]
            submission = await contest.submit(name, "AB"[number % 3 == 0], 10.0 * number)
            await contest.judge(name, submission, "AC" if number % 5 == 4 else "WA")
            if number == 15:
                await eventually(lambda: has_moved(logs, contest))
                first.kill()
        first.wait(10)
    finally:
        stop(first, signal.SIGKILL)
    second = spawn_ranker(config)
    try:
        await settle(logs, contest)
        await contest.submit("ann", "A", 900.0)
        await settle(logs, contest)
    finally:
        stop(second, signal.SIGTERM)
    for view, at in began.items():
        assert at is not None
        entries = await logs.read(contest.id, f"board:{view}", 0)
        assert {entry.epoch for entry in entries} == {at.epoch}
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert [entry.since for entry in entries] == list(range(len(entries)))


async def has_moved(logs: Logs, contest: ContestRows) -> bool:
    return len(await logs.read(contest.id, "board:public", 0)) > 0


async def test_one_of_two_leads_and_a_clean_stop_hands_over_at_once(
    config: Config, contest: ContestRows, settled: Settled, redis: Redis, channels: Channels
) -> None:
    async with ranking(config) as one:
        await settled(contest)
        async with ranking(config) as two:
            assert leads(one) == 1
            held = await redis.get(channels.leader(contest.id, "ranker"))
            for number in range(5):
                await contest.submit("ann", "A", 1.0 * number)
            await settled(contest)
            assert (leads(one), leads(two)) == (1, 0)
            assert await redis.get(channels.leader(contest.id, "ranker")) == held
    async with ranking(config) as three:
        await eventually(lambda: leads(three) == 1, within_s=3)


def leads(telemetry: object) -> float:
    found: float = telemetry.metrics.leading._value.get()  # type: ignore[attr-defined]
    return found


async def test_a_leader_stopped_past_its_lease_writes_nothing_when_it_comes_back(
    config: Config, contest: ContestRows, logs: Logs, redis: Redis, channels: Channels, tmp_path: Path
) -> None:
    said = tmp_path / "first.log"
    first = spawn_ranker(config, said)
    try:
        await settle(logs, contest)
        await contest.submit("ann", "A", 5.0)
        await settle(logs, contest)
        first.send_signal(signal.SIGSTOP)
        held = await redis.get(channels.leader(contest.id, "ranker"))
        for number in range(10):
            await contest.submit("ben", "B", 10.0 + number)
        async with ranking(config):
            await eventually(lambda: is_led_by_another(redis, channels, contest, held), within_s=12)
            await settle(logs, contest)
            written = {log: await raw(redis, channels, contest, log) for log in ("board:public", "board:full")}
            first.send_signal(signal.SIGCONT)
            await eventually(lambda: '"lead.' in said.read_text())
            assert {log: await raw(redis, channels, contest, log) for log in written} == written
            await contest.submit("ann", "B", 50.0)
            await settle(logs, contest)
    finally:
        first.send_signal(signal.SIGCONT)
        stop(first, signal.SIGTERM)
    assert len({entry.epoch for entry in await logs.read(contest.id, "board:public", 0)}) == 1


async def is_led_by_another(redis: Redis, channels: Channels, contest: ContestRows, held: bytes) -> bool:
    return await redis.get(channels.leader(contest.id, "ranker")) not in (None, held)


async def raw(redis: Redis, channels: Channels, contest: ContestRows, log: str) -> list[object]:
    """What stands in Redis for this log, but the snapshot, which the leader may write at any time."""
    return [
        await redis.xrange(channels.log_stream(contest.id, log)),
        await redis.hmget(channels.log_meta(contest.id, log), "epoch", "seq", "fence"),
    ]
