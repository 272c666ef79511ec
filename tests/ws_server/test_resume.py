"""Coming back: exactly what was missed, or an explicit resync; gaps and new epochs while connected."""

from typing import Any

import pytest

from contest.broker.logs import new_epoch
from contest.wire.to_browser import EventsSnapshot, Place, frame
from tests.support import eventually
from tests.ws_server.conftest import STATUS, Line, Node, Start

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["io_uring", "transports"])
def through(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def have(frames: list[dict[str, Any]]) -> str:
    last = {one["log"]: f"{one['log']}@{one['epoch']}.{one['seq']}" for one in frames if "seq" in one and "log" in one}
    return ",".join(last.values())


async def played(node: Node, count: int) -> str:
    """Watch `count` of both logs; returns the positions held then."""
    async with node.open() as line:
        await line.take(3)
        for number in range(count):
            await node.writer.move()
            await node.writer.announce(str(number))
        await line.take(2 * count)
        return have(line.frames)


async def test_the_missed_frames_exactly(node: Node) -> None:
    held = await played(node, 2)
    for number in range(3):
        await node.writer.move()
        await node.writer.announce(f"missed {number}")
    async with node.open(have=held) as line:
        hello = await line.next()
        assert hello["logs"]["board:public"]["seq"] == 5
        found = await line.take(6)
        assert [(one["log"], one["seq"]) for one in found] == [("board:public", n) for n in (3, 4, 5)] + [
            ("events:public", n) for n in (3, 4, 5)
        ]
        await node.writer.move()
        assert (await line.next())["seq"] == 6


async def test_a_node_that_never_saw_them_reads_the_stream(node: Node, start: Start) -> None:
    held = await played(node, 2)
    await node.writer.move()
    other = await start()
    async with other.open(have=held) as line:
        _, missed = await line.take(2)
        assert (missed["type"], missed["seq"]) == ("board.delta", 3)


async def test_out_of_the_ring(start: Start) -> None:
    node = await start(ring_entries=3)
    held = await played(node, 1)
    for _ in range(5):
        await node.writer.move()
        await node.writer.announce("x")
    async with node.open(have=held) as line:
        found = await line.take(5)
        assert [one["type"] for one in found[1:]] == ["resync", "board.snapshot", "resync", "events.snapshot"]
        assert {one["reason"] for one in found if one["type"] == "resync"} == {"behind"}
        assert found[2]["seq"] == 6


@pytest.mark.parametrize("held", ["board:public@other.1,events:public@zzz.4", "board:public@%s.99"])
async def test_positions_that_never_were(node: Node, held: str) -> None:
    await node.writer.move()
    async with node.open() as line:
        epoch = (await line.take(3))[1]["epoch"]
    async with node.open(have=held % epoch if "%s" in held else held) as line:
        found = await line.take(3)
        assert (found[1]["type"], found[1]["log"]) == ("resync", "board:public")
        assert found[1]["reason"] == ("behind" if "%s" in held else "epoch")
        assert found[2]["type"] == "board.snapshot"


@pytest.mark.parametrize("held", ["", "%%%", "board:public", "board:public@x", "a@b.c,,,,", "board:full@e.1,inbox@e.1", "x" * 3000])
async def test_nonsense_costs_a_snapshot(node: Node, held: str) -> None:
    async with node.open(have=held) as line:
        assert [one["type"] for one in await line.take(3)] == ["hello", "board.snapshot", "events.snapshot"]


async def test_a_new_epoch_reaches_everybody(node: Node) -> None:
    async with node.open() as one, node.open() as other:
        for line in (one, other):
            await line.take(3)
        await node.writer.begin_board()
        for line in (one, other):
            resync, snapshot = await line.take(2)
            assert (resync["reason"], snapshot["type"], snapshot["seq"]) == ("epoch", "board.snapshot", 0)
        await node.writer.move()
        for line in (one, other):
            delta = await line.next()
            assert (delta["epoch"], delta["since"], delta["seq"]) == (line.frames[-2]["epoch"], 0, 1)


async def test_an_event_log_whose_snapshot_comes_later(node: Node) -> None:
    """A writer may begin an epoch by publishing, and keep its snapshot only then."""
    logs, contest = node.writer.logs, node.writer.contest
    async with node.open() as line:
        await line.take(3)
        meta = node.writer.channels.log_meta(contest, "events:public")
        await node.writer.redis.hset(meta, "run", "another life")
        await node.writer.announce("first of the new epoch")
        at = await logs.position(contest, "events:public")
        assert at is not None
        await logs.save_snapshot(contest, "events:public", at, frame(Place("events:public", *at), EventsSnapshot(STATUS, ())))
        resync, snapshot = await line.take(2)
        assert (resync["reason"], snapshot["epoch"], snapshot["seq"]) == ("epoch", at.epoch, 1)
        await node.writer.announce("second")
        assert (await line.next())["seq"] == 2


async def publish_unheard(node: Node, count: int) -> None:
    """Entries whose announcements get lost: published on a channel that nobody follows."""
    logs = node.writer.logs
    word, logs._publish_word = logs._publish_word, "SPUBLISH"
    for _ in range(count):
        await node.writer.move()
    logs._publish_word = word


async def test_a_gap_is_filled_before_anything_later(node: Node) -> None:
    async with node.open() as line:
        await line.take(3)
        await publish_unheard(node, 4)
        await node.writer.move()
        assert [one["seq"] for one in await line.take(5)] == [1, 2, 3, 4, 5]
        assert node.telemetry.registry.get_sample_value("podium_log_gaps_total") == 1


async def test_a_gap_that_was_trimmed_is_a_resync(node: Node) -> None:
    async with node.open() as line:
        await line.take(3)
        await publish_unheard(node, 4)
        contest, channels = node.writer.contest, node.writer.channels
        at = await node.writer.logs.position(contest, "board:public")
        assert at is not None
        kept = (await node.writer.redis.hget(channels.log_snapshot(contest, "board:public"), "payload")).replace(b'"seq":0', b'"seq":4')
        assert await node.writer.logs.save_snapshot(contest, "board:public", at, kept)
        await node.writer.redis.xtrim(channels.log_stream(contest, "board:public"), maxlen=1, approximate=False)
        await node.writer.move()
        resync, snapshot = await line.take(2)
        assert (resync["reason"], snapshot["seq"]) == ("behind", 5)


async def test_joining_while_it_moves_misses_and_doubles_nothing(node: Node) -> None:
    import asyncio

    async def move() -> None:
        for _ in range(60):
            await node.writer.move()
            await asyncio.sleep(0)

    async def watch() -> None:
        async with node.open() as line:
            _, snapshot, _ = await line.take(3)
            seqs = [snapshot["seq"]]
            while seqs[-1] < 60:
                seqs.append((await line.next())["seq"])
            assert seqs == list(range(seqs[0], 61))

    await asyncio.gather(move(), *(watch() for _ in range(20)))


async def test_an_idle_room_is_left_and_found_again(start: Start) -> None:
    node = await start(room_idle_s=0.2)
    channel = node.writer.channels.log_channel(node.writer.contest, "board:public")

    async def followers() -> int:
        return int((await node.writer.redis.pubsub_numsub(channel))[0][1])

    async with node.open() as line:
        await line.take(3)
        assert await followers() == 1

    async def left() -> bool:
        return await followers() == 0

    await eventually(left)
    await node.writer.move()
    async with node.open() as line:
        assert (await line.take(3))[1]["seq"] == 1
        await node.writer.move()
        assert (await line.next())["seq"] == 2


async def closing_line(line: Line) -> None:
    await line.socket.close()


async def test_renewing_under_load_converges(node: Node) -> None:
    async with node.open() as line:
        await line.take(3)
        for _ in range(5):
            await node.writer.move()
            await node.writer.begin_board()
        assert new_epoch()
        last = await node.writer.logs.position(node.writer.contest, "board:public")
        assert last is not None
        await line.until(lambda one: one.get("type") == "board.snapshot" and one["epoch"] == last.epoch)
