"""The viewers of a replay: a process of its own with real sockets, started as `python -m podium.replay.viewers`.

Standard input: one line of JSON with what to watch, then orders, one a line: `mark <name>`, `where`, end of file. Each order is answered
by one line of JSON on standard output. Every frame received goes to the record as it is.
"""

import asyncio
import hashlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec
import uvloop
from podium_client import ContestFeed, PodiumError, PodiumRest

from podium.replay import record


class Watch(msgspec.Struct, frozen=True):
    """What to watch: `count` viewers without a ticket and one of the staff, recorded to `record`."""

    url: str
    contest: str
    count: int
    staff_token: str
    record: str


class Standing(msgspec.Struct, frozen=True):
    """Where one viewer stands. `digest`: of the whole board. `ended`: why it watches no more, None if it does."""

    epoch: str
    seq: int
    digest: str
    ended: str | None = None


class Where(msgspec.Struct, frozen=True):
    """`standings`: of the viewers without a ticket. `staff`: of the one with one."""

    standings: tuple[Standing, ...]
    staff: Standing


class Marked(msgspec.Struct, frozen=True):
    marked: str


def digest(rows: object) -> str:
    """The same for the same rows in the same order, whatever the order of their cells."""
    return hashlib.sha256(msgspec.json.encode(rows, order="deterministic")).hexdigest()[:32]


class Viewer:
    """One feed that is read to its end. Owner: this process."""

    def __init__(self, feed: ContestFeed) -> None:
        self.feed = feed
        self.ended: str | None = None

    async def run(self) -> None:
        try:
            async for _ in self.feed:
                pass
            self.ended = "the feed ended"
        except PodiumError as error:
            self.ended = str(error)

    def standing(self) -> Standing:
        board = self.feed.board
        if board is None:
            return Standing("", 0, "", self.ended)
        return Standing(board.epoch, board.seq, digest(board.rows), self.ended)


async def watch(order: Watch, orders: asyncio.StreamReader, answer: Callable[[msgspec.Struct], None], file: BinaryIO) -> None:
    async with PodiumRest(order.url, order.staff_token) as rest:
        public = [
            Viewer(ContestFeed(order.url, order.contest, on_raw=partial(record.write, file, str(number)))) for number in range(order.count)
        ]
        staff = Viewer(
            ContestFeed(
                order.url,
                order.contest,
                fetch_ticket=partial(rest.ticket, order.contest),
                on_raw=partial(record.write, file, record.STAFF),
            )
        )
        tasks = [asyncio.create_task(viewer.run()) for viewer in (*public, staff)]
        try:
            while line := (await orders.readline()).decode().strip():
                verb, _, name = line.partition(" ")
                if verb == "mark":
                    record.write(file, record.MARK, name.encode())
                    answer(Marked(name))
                elif verb == "where":
                    file.flush()
                    answer(Where(tuple(viewer.standing() for viewer in public), staff.standing()))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _main() -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    order = msgspec.json.decode(await orders.readline(), type=Watch)

    def answer(said: msgspec.Struct) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
        sys.stdout.buffer.flush()

    with Path(order.record).open("wb", buffering=1 << 20) as file:  # noqa: ASYNC230 - once, before anything runs
        await watch(order, orders, answer, file)


if __name__ == "__main__":
    uvloop.run(_main())
