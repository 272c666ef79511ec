"""A real node on a free port as a task, and a contest in Redis as its writers would leave it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect

from contest.broker.logs import Logs, new_epoch
from contest.domain.boards import Board, Problem, Row, in_order
from contest.ids import ContestId, UserId, uuid7
from contest.telemetry import Telemetry
from contest.tokens import Person, Tickets
from contest.wire.channels import Channels
from contest.wire.to_browser import Announcement, AnnouncementPosted, BoardSnapshot, Clock, EventsSnapshot, Place, Status, frame, members
from podium.ports import free_ports
from tests.conftest import Servers
from tests.support import eventually
from ws_server import audience
from ws_server.config import Config
from ws_server.server import run

STATUS = Status(
    version=1, title="Spring", state="ongoing", public=True, rehearsal=False, scoring="icpc", penalty_s=1200, start_at=None,
    end_at=None, duration_s=18000, freeze_after_s=None, frozen=False, frozen_from_s=None, started_at=None, frozen_at=None,
    ended_at=None, thawed_at=None, finalized_at=None, clock=Clock(None, 0.0, 1.0), theme=None,
)  # fmt: skip


def board_of(names: str, **solved: int) -> Board:
    rows = [Row(id=name, name=name, rank=None, solved=solved.get(name, 0)) for name in names]
    return Board("icpc", (Problem("p1", "A", "Apples"),), (), in_order("icpc", rows))


class Writer:
    """Writes a contest's logs as ranker and relay do."""

    def __init__(self, redis: Redis, channels: Channels) -> None:
        self.logs = Logs(redis, channels)
        self.redis: Any = redis
        self.channels = channels
        self.contest = ContestId(uuid7())
        self.board = board_of("abc")
        self.count = 0

    async def begin(self, **changes: Any) -> None:
        """A new epoch of every state that is kept."""
        await self.begin_board()
        epoch = new_epoch()
        place = Place("events:public", epoch, 0)
        kept = frame(place, EventsSnapshot(msgspec.structs.replace(STATUS, **changes), ()))
        await self.logs.renew(self.contest, "events:public", kept, epoch=epoch)

    async def begin_board(self, only_if_stale: bool = False) -> None:
        for log in ("board:public", "board:full"):
            epoch = new_epoch()
            kept = frame(Place(log, epoch, 0), BoardSnapshot(self.board))
            await self.logs.renew(self.contest, log, kept, epoch=epoch, only_if_stale=only_if_stale)

    async def move(self, log: str = "board:public", pad: int = 0) -> int:
        """One more delta: `a` solves another one. Returns its seq."""
        self.count += 1
        delta = {"type": "board.delta", "rows": [{"id": "a", "solved": self.count, "name": "a" + "x" * pad}], "gone": []}
        at, _ = await self.logs.publish(self.contest, log, members(delta))
        return at.seq

    async def announce(self, text: str, log: str = "events:public", known_as: str | None = None) -> int:
        note = AnnouncementPosted(Announcement(known_as or uuid7(), text, "2026-01-01T00:00:00.000Z"))
        return (await self.logs.publish(self.contest, log, members(note)))[0].seq

    async def judge(self, user: str, verdict: str, submission: str | None = None) -> int:
        from contest.domain.audience import inbox_log

        note = {"id": submission or uuid7(), "problem": "A", "contest_time_s": 1.5, "verdict": verdict, "score": None}
        body = members({"type": "verdict.reached", "submission": note})
        return (await self.logs.publish(self.contest, inbox_log(user), body, user=user))[1]


class Node:
    """A running node and how to reach it."""

    def __init__(self, config: Config, tickets: Tickets, writer: Writer) -> None:
        self.config = config
        self.tickets = tickets
        self.writer = writer
        self.stop = asyncio.Event()
        self.telemetry = Telemetry("ws_server", config.log_level)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.config.port}"

    def url(self, have: str = "") -> str:
        return f"ws://127.0.0.1:{self.config.port}/ws/contest/{self.writer.contest}" + (f"?have={have}" if have else "")

    def ticket(self, role: str, user: str = "ann", until_s: int = 900) -> str:
        import time

        person = Person(UserId(user), role, None, int(time.time()) + until_s)  # type: ignore[arg-type]
        return self.tickets.mint(person, self.writer.contest)[0]

    @asynccontextmanager
    async def open(self, role: str = "", user: str = "ann", have: str = "", **options: Any) -> AsyncIterator["Line"]:
        headers = {"Authorization": f"Bearer {self.ticket(role, user)}"} if role else {}
        async with connect(
            self.url(have), additional_headers=headers, subprotocols=["podium.v1"], **{"compression": None, "proxy": None, **options}
        ) as socket:
            yield Line(socket)


class Line:
    """A client's end, frame by frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []

    async def next(self, within_s: float = 5.0) -> dict[str, Any]:
        frame_: dict[str, Any] = msgspec.json.decode(await asyncio.wait_for(self.socket.recv(decode=False), within_s))
        self.frames.append(frame_)
        return frame_

    async def take(self, count: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(count)]

    async def until(self, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not check(found := await self.next()):
            pass
        return found

    async def closed(self, within_s: float = 5.0) -> int:
        """The code of the close; frames before it go to `frames`."""
        while True:
            try:
                await self.next(within_s)
            except TimeoutError:
                raise
            except Exception:
                code = self.socket.close_code
                assert code is not None
                return code


@pytest.fixture
async def writer(redis: Redis, channels: Channels) -> Writer:
    found = Writer(redis, channels)
    await found.begin()
    return found


Start = Callable[..., Any]


@pytest.fixture
def through() -> str:
    """How broadcasts go out: "io_uring", from the first member on, or "transports". Modules that try both override it."""
    return "io_uring"


@pytest.fixture
async def start(
    servers: Servers, keys: Path, prefix: str, writer: Writer, through: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Start]:
    """Start a node with what is changed of the configuration; it is stopped with the test."""
    monkeypatch.setattr(audience, "URING_FROM", 1)
    running: list[tuple[Node, asyncio.Task[None]]] = []

    async def begin(**changes: Any) -> Node:
        config = Config(
            "127.0.0.1",
            free_ports(1)[0],
            servers.redis_url,
            keys,
            prefix,
            drain_s=0.3,
            log_level="critical",
            trusted_proxies=(ip_network("127.0.0.0/8"),),
            io_uring=through == "io_uring",
        )
        node = Node(replace(config, **changes), Tickets.of(keys), writer)
        task = asyncio.create_task(run(node.config, node.telemetry, node.stop))
        running.append((node, task))
        async with httpx.AsyncClient() as client:

            async def is_ready() -> bool:
                assert not task.done() or task.result()
                try:
                    return (await client.get(f"{node.http}/api/v1/monitoring/health/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(is_ready)
        return node

    yield begin
    for node, task in running:
        node.stop.set()
        await asyncio.wait_for(task, 10)


@pytest.fixture
async def node(start: Start) -> Node:
    return await start()  # type: ignore[no-any-return]
