"""Publishing, cut lines, slow readers, new epochs, freezes, lost announcements, a killed and a drained node, in any order that
Hypothesis thinks of, against a real node process and a real Valkey: no follower sees a gap, a double, a step out of order or what is not
for it, and all end where the writers are."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from contest.broker.logs import new_epoch
from contest.domain.audience import Role
from contest.domain.boards import Board, Problem, Row, in_order
from contest.ids import UserId
from contest.tokens import Person, Tickets
from contest.wire.channels import Channels
from contest.wire.to_browser import BoardSnapshot, frame
from contest.wire.to_browser import Place as LogPlace
from podium.ports import free_ports
from tests.conftest import Servers
from tests.support import eventually
from tests.ws_server.conftest import Writer
from tests.ws_server.follower import Follower

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("PODIUM_FAULT_EXAMPLES", "4"))
"""So many orders of events with each run of the suite; set it higher to look for longer."""
STEPS = 50
FAT = 40_000
"""Bytes of a delta of which a few fill the kernel's buffers."""
BEYOND_THE_RING = 1_100
"""Deltas: a node keeps the last thousand."""
CLIENTS_MAX = 8
CONVERGED_WITHIN_S = 10.0
START = "import runpy; from ws_server import audience; audience.URING_FROM = 1; runpy.run_module('ws_server', run_name='__main__')"
"""`python -m ws_server`, with io_uring from the first member on: a handful of followers would never get to it."""
WHO: list[tuple[Role, str]] = [
    ("viewer", "eve"), ("contestant", "ann"), ("contestant", "bob"), ("proctor", "pam"), ("grader", "gus"), ("organiser", "olga"),
]  # fmt: skip
READS: dict[Role, frozenset[str]] = {
    "viewer": frozenset({"board:public", "events:public"}),
    "contestant": frozenset({"board:public", "events:public", "inbox"}),
    "proctor": frozenset({"board:public", "events:public", "events:proctor"}),
    "grader": frozenset({"board:full", "events:public", "events:organiser"}),
    "organiser": frozenset({"board:full", "events:public", "events:organiser", "events:proctor"}),
}
"""The table of protocol.md, written down once more."""
EVENT_LOGS = ("events:public", "events:organiser", "events:proctor", "inbox:ann", "inbox:bob")
Place = tuple[str, int]
Published = dict[Place, Any]


class NodeProcess:
    """A node on one port through all its lives."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.port = free_ports(1)[0]
        self._environ = {**os.environ, **environ, "PODIUM_PORT": str(self.port), "PODIUM_DRAIN_S": "1", "PODIUM_LOG_LEVEL": "critical"}
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", START], env=self._environ)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self.port}/api/v1/monitoring/health/ready", trust_env=False).status_code == 200:
                    return
            time.sleep(0.02)
        raise TimeoutError("the node does not become ready")

    def end(self, with_signal: int) -> None:
        assert self._process is not None
        self._process.send_signal(with_signal)
        self._process.wait(10)


@dataclass
class Client:
    """A follower and its line, if it has one. While `reads` is clear it takes nothing from its socket."""

    role: Role
    user: str
    deflate: bool
    follower: Follower
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    socket: ClientConnection | None = None
    wrong: AssertionError | None = None

    @property
    def is_there(self) -> bool:
        return self.task is not None and not self.task.done()

    async def read(self, socket: ClientConnection) -> None:
        try:
            while True:
                await self.reads.wait()
                self.follower.see(await socket.recv(decode=False))
        except ConnectionClosed:
            pass
        except AssertionError as wrong:
            self.wrong = wrong
            socket.transport.abort()


class Contest:
    """What the writers have published, by log: boards and events at each (epoch, seq), and where each log stands."""

    def __init__(self, redis: Redis, channels: Channels) -> None:
        self.writer = Writer(redis, channels)
        self.boards: dict[str, Published] = {"board:public": {}, "board:full": {}}
        self.events: dict[str, Published] = {log: {} for log in EVENT_LOGS}
        self.heads: dict[str, Place] = {}
        self.full = dict.fromkeys("abc", 0)
        self.public = dict(self.full)
        self.frozen = False
        self.count = 0

    async def begin(self) -> None:
        await self.writer.begin()
        for log in self.boards:
            await self._noted(log)
        for log in EVENT_LOGS:
            await self.tell(log)

    async def _noted(self, log: str) -> None:
        at = await self.writer.logs.position(self.writer.contest, log)
        assert at is not None
        self.heads[log] = tuple(at)
        if log in self.boards:
            self.boards[log][tuple(at)] = dict(self.full if log == "board:full" else self.public)

    async def tell(self, log: str) -> None:
        """One more event, with a text that no other log carries."""
        self.count += 1
        text = f"[{log} {self.count}]"
        if log.startswith("inbox:"):
            user = log.removeprefix("inbox:")
            seq = await self.writer.judge(user, "AC", submission=text)
            self.heads[log] = ("", seq)
        else:
            await self.writer.announce(text, log, known_as=text)
            await self._noted(log)
        self.events[log][self.heads[log]] = text

    async def score(self, row: str, pad: int) -> None:
        """One more solved; while frozen, on the full board alone."""
        self.full[row] += 1
        await self._delta("board:full", {row: self.full[row]}, pad)
        if not self.frozen:
            await self._show(pad)

    async def freeze(self) -> None:
        self.frozen = True

    async def thaw(self) -> None:
        self.frozen = False
        await self._show(0)

    async def _show(self, pad: int) -> None:
        moved = {row: solved for row, solved in self.full.items() if self.public[row] != solved}
        self.public = dict(self.full)
        await self._delta("board:public", moved, pad)

    async def _delta(self, log: str, moved: dict[str, int], pad: int) -> None:
        # The name tells which board it is from: found on a line of the other one, it is a leak.
        rows = [{"id": row, "solved": solved, "name": f"[{log}]" + "x" * pad} for row, solved in moved.items()]
        body = json.dumps({"type": "board.delta", "rows": rows, "gone": []}).encode()[1:]
        await self.writer.logs.publish(self.writer.contest, log, body)
        await self._noted(log)

    async def new_epoch(self, log: str) -> None:
        """As the ranker does after a lost tail: the same board, counted anew."""
        solved = self.full if log == "board:full" else self.public
        rows = [Row(id=name, name=f"[{log}]", rank=None, solved=count) for name, count in solved.items()]
        board = Board("icpc", (Problem("p1", "A", "Apples"),), (), in_order("icpc", rows))
        epoch = new_epoch()
        await self.writer.logs.renew(self.writer.contest, log, frame(LogPlace(log, epoch, 0), BoardSnapshot(board)), epoch=epoch)
        await self._noted(log)


class Faults(RuleBasedStateMachine):
    """One contest and its followers. The loop runs only inside a rule: between two rules nobody reads."""

    node: NodeProcess
    loop: asyncio.AbstractEventLoop
    redis_url: str
    tickets: Tickets
    prefix: str

    clients = Bundle("clients")

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(coroutine, 30))

    @initialize()
    def a_contest(self) -> None:
        self.redis = Redis.from_url(self.redis_url)
        self.contest = Contest(self.redis, Channels(self.prefix))
        self.all: list[Client] = []
        self.run(self.contest.begin())

    @rule(target=clients, who=st.sampled_from(WHO), deflate=st.booleans())
    def somebody_comes(self, who: tuple[Role, str], deflate: bool) -> Client:
        if len(self.all) >= CLIENTS_MAX:
            return self.all[0]
        client = Client(*who, deflate, Follower(READS[who[0]]))
        self.all.append(client)
        self.run(self.line(client))
        return client

    @rule(client=clients)
    def comes_back(self, client: Client) -> None:
        if not client.is_there:
            self.run(self.line(client))

    @rule(client=clients)
    def line_is_cut(self, client: Client) -> None:
        if client.is_there and client.socket is not None and client.task is not None:
            client.socket.transport.abort()
            client.task.cancel()  # whether it reads or waits
            self.run(asyncio.wait([client.task]))

    @rule(client=clients)
    def stops_reading(self, client: Client) -> None:
        client.reads.clear()

    @rule(client=clients)
    def reads_on(self, client: Client) -> None:
        client.reads.set()

    @rule(row=st.sampled_from("abc"), how=st.sampled_from([(1, 0), (2, 0), (8, 0), (30, FAT), (60, FAT), (BEYOND_THE_RING, 0)]))
    def score_moves(self, row: str, how: tuple[int, int]) -> None:
        times, pad = how

        async def moves() -> None:
            for _ in range(times):
                await self.contest.score(row, pad)

        self.run(moves())

    @rule(log=st.sampled_from(EVENT_LOGS), times=st.integers(1, 10))
    def something_is_told(self, log: str, times: int) -> None:
        async def tell() -> None:
            for _ in range(times):
                await self.contest.tell(log)

        self.run(tell())

    @rule(row=st.sampled_from("abc"), log=st.sampled_from(EVENT_LOGS))
    def nobody_hears_it(self, row: str, log: str) -> None:
        """Published where no node listens: the stream alone has it, until something later tells of the gap."""

        async def unheard() -> None:
            logs = self.contest.writer.logs
            word, logs._publish_word = logs._publish_word, "SPUBLISH"
            await self.contest.score(row, 0)
            await self.contest.tell(log)
            logs._publish_word = word

        self.run(unheard())

    @rule(log=st.sampled_from(["board:public", "board:full"]))
    def count_begins_anew(self, log: str) -> None:
        self.run(self.contest.new_epoch(log))

    @rule()
    def freeze_or_thaw(self) -> None:
        self.run(self.contest.thaw() if self.contest.frozen else self.contest.freeze())

    @rule()
    def subscription_is_cut(self) -> None:
        self.run(self.redis.client_kill_filter(_type="pubsub", skipme=True))

    @rule(kind=st.sampled_from([signal.SIGKILL, signal.SIGTERM]))
    def node_ends(self, kind: int) -> None:
        self.node.end(kind)
        self.node.start()

    @rule()
    def all_settle(self) -> None:
        self.run(self.settle())

    @invariant()
    def nobody_complains(self) -> None:
        for client in getattr(self, "all", []):
            if client.wrong is not None:
                raise client.wrong

    def teardown(self) -> None:
        if not hasattr(self, "all"):
            return
        try:
            self.run(self.settle())
        finally:
            self.run(self.leave())

    async def line(self, client: Client) -> None:
        """A line with a small buffer, so that who does not read is soon behind."""
        client.follower.begin()
        client.reads.set()
        person = Person(UserId(client.user), client.role, None, int(time.time()) + 900)
        ticket = self.tickets.mint(person, self.contest.writer.contest)[0]
        held = client.follower.have()
        url = f"ws://127.0.0.1:{self.node.port}/ws/contest/{self.contest.writer.contest}" + (f"?have={held}" if held else "")
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.node.port))
        client.socket = await connect(
            url, sock=made, additional_headers={"Authorization": f"Bearer {ticket}"}, subprotocols=["podium.v1"],  # type: ignore[list-item]
            compression="deflate" if client.deflate else None, max_size=None, max_queue=1,
            open_timeout=3, close_timeout=1, ping_interval=None,
        )  # fmt: skip
        client.task = asyncio.create_task(client.read(client.socket))

    async def settle(self) -> None:
        """Everybody is back and reads; what nobody heard is followed by something; then all stand where the writers are."""
        for log in EVENT_LOGS:
            await self.contest.tell(log)
        await self.contest.score("a", 0)
        if self.contest.frozen:
            await self.contest.thaw()

        async def all_are_there() -> bool:
            for client in self.all:
                client.reads.set()
                if not client.is_there and client.wrong is None:
                    with contextlib.suppress(OSError, InvalidHandshake):
                        await self.line(client)
            behind = [f"{client.role}: {place}" for client in self.all for place in self.missing(client)]
            assert not behind or any(client.wrong for client in self.all), behind
            return True

        await eventually(all_are_there, within_s=CONVERGED_WITHIN_S)
        self.nobody_complains()
        for client in self.all:
            self.compare(client)

    def missing(self, client: Client) -> list[str]:
        """The logs in which this client is not where the writers are, with both places."""
        places = ((log, self.place_of(client, log), self.head_of(client, log)) for log in sorted(client.follower.may_read))
        return [f"{log} at {place}, not {head}" for log, place, head in places if place != head]

    def place_of(self, client: Client, log: str) -> Place | None:
        held = client.follower.logs.get(log)
        return None if held is None else ("" if log == "inbox" else held.epoch, held.seq)

    def head_of(self, client: Client, log: str) -> Place:
        return self.contest.heads[f"inbox:{client.user}" if log == "inbox" else log]

    def compare(self, client: Client) -> None:
        for log, held in client.follower.logs.items():
            if log in self.contest.boards:
                for at, solved in held.boards.items():
                    assert solved == self.contest.boards[log][at], f"the {log} of {client.role} at {at}"
                continue
            published = self.contest.events[f"inbox:{client.user}" if log == "inbox" else log]
            told = {("" if log == "inbox" else epoch, seq): _text(event) for (epoch, seq), event in held.told.items()}
            assert told.items() <= published.items(), f"{client.role} was told in {log} what nobody published there"
            start = held.snapshot["seq"] if held.snapshot else 0
            after = {at: text for at, text in published.items() if at[1] > start}
            assert after.items() <= told.items(), f"{client.role} was not told all of {log}"
            self.compare_snapshot(log, held.snapshot, [text for at, text in published.items() if at[1] <= start])
        self.look_for_leaks(client)

    def compare_snapshot(self, log: str, snapshot: dict[str, Any], before: list[str]) -> None:
        if log == "events:public":
            assert [one["id"] for one in snapshot["announcements"]] == before
        elif log == "inbox":
            assert [one["id"] for one in snapshot["submissions"]] == before[-50:]

    def look_for_leaks(self, client: Client) -> None:
        """In the raw bytes: nothing that carries the mark of a log that is not theirs."""
        theirs = {f"inbox:{client.user}" if log == "inbox" else log for log in client.follower.may_read}
        marks = [f"[{log}".encode() for log in (*self.contest.boards, *EVENT_LOGS) if log not in theirs]
        found = [mark for raw in client.follower.raw for mark in marks if mark in raw]
        assert not found, f"{client.role} got {found}"

    async def leave(self) -> None:
        for client in self.all:
            if client.task is not None:
                client.task.cancel()
            if client.socket is not None:
                client.socket.transport.abort()
        await asyncio.gather(*(client.task for client in self.all if client.task is not None), return_exceptions=True)
        await self.redis.aclose()


def _text(event: dict[str, Any]) -> str:
    return str(event["submission"]["id"] if event["type"] == "verdict.reached" else event["announcement"]["text"])


@pytest.fixture(params=["1", "0"], ids=["io_uring", "transports"])
def node(request: pytest.FixtureRequest, servers: Servers, keys: Path, prefix: str) -> Iterator[NodeProcess]:
    process = NodeProcess(
        {"REDIS_URL": servers.redis_url, "PODIUM_KEYS": str(keys), "PODIUM_PREFIX": prefix, "PODIUM_IO_URING": str(request.param)}
    )
    yield process
    process.end(signal.SIGTERM)


def test_no_order_of_faults_loses_doubles_or_leaks(node: NodeProcess, servers: Servers, keys: Path, prefix: str) -> None:
    loop = asyncio.new_event_loop()
    here = {"node": node, "loop": loop, "redis_url": servers.redis_url, "tickets": Tickets.of(keys), "prefix": prefix}
    try:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            type("FaultsHere", (Faults,), here),
            settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck), deadline=None),
        )
    finally:
        loop.close()
