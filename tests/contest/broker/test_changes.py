"""What a tick gathers from the changes stream."""

import pytest
from redis.asyncio import Redis

from contest.broker.changes import MOST, Changes, ChangesStream, gathered
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels

pytestmark = pytest.mark.anyio

CONTEST = ContestId(uuid7())


def entry(number: int, **fields: str) -> tuple[bytes, dict[bytes, bytes]]:
    return f"{number}-0".encode(), {name.encode(): value.encode() for name, value in fields.items()}


def test_entries_come_to_a_set_of_submissions_and_what_the_board_needs() -> None:
    entries = [entry(number, kind="submission", id=f"s{number % 2}") for number in range(1, 5)]
    assert gathered(entries, "0-0") == Changes("4-0", frozenset({"s0", "s1"}))
    assert gathered([], "7-0") == Changes("7-0")
    board = gathered([*entries, entry(9, kind="board", id="", fresh="")], "0-0")
    assert (board.board, board.fresh) == (True, False)
    assert gathered([entry(9, kind="board", id="", fresh="1")], "0-0").fresh


def test_later_changes_add_up() -> None:
    one, two = Changes("1-0", frozenset("a"), board=True), Changes("2-0", frozenset("b"), fresh=True)
    assert one | two == Changes("2-0", frozenset("ab"), board=True, fresh=True)


async def test_a_stream_is_read_from_where_one_was(redis: Redis, channels: Channels) -> None:
    stream = ChangesStream(redis, channels, CONTEST)
    assert await stream.last() == "0-0"
    assert await stream.read("0-0", 0.01) == Changes("0-0")
    for number in range(3):
        await redis.xadd(channels.changes(CONTEST), {"kind": "submission", "id": str(number)})
    found = await stream.read("0-0", 0.01)
    assert found == Changes(await stream.last(), frozenset("012"))
    await redis.xadd(channels.changes(CONTEST), {"kind": "board", "id": "", "fresh": "1"})
    last = await stream.last()
    assert await stream.between(found.last, last) == Changes(last, board=True, fresh=True)
    assert await stream.between("0-0", found.last) == found


async def test_who_is_far_behind_loads_everything_and_begins_the_public_board_anew(redis: Redis, channels: Channels) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(MOST + 1):
            pipe.xadd(channels.changes(CONTEST), {"kind": "submission", "id": str(number)})
        await pipe.execute()
    stream = ChangesStream(redis, channels, CONTEST)
    last = await stream.last()
    assert await stream.between("0-0", last) == Changes(last, board=True, fresh=True)
    first = await stream.read("0-0", 0)
    assert first.board
    assert not first.fresh
    assert await stream.read(first.last, 0) == Changes(last, frozenset({str(MOST)}))
