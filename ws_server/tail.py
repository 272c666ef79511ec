"""Keeps one view at the end of its log: takes messages in order, fills gaps from the stream, loads afresh when a new epoch begins.
At most one task a log is at work; what arrives meanwhile waits in a bounded buffer."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple, Protocol

import msgspec
from redis.exceptions import RedisError

from contest.broker.logs import Message, Position
from ws_server.loading import Absent, Loaded, Unsettled
from ws_server.log_view import ResyncReason

BUFFER_MAX = 5_000
"""Messages that may wait while a log is loaded; above, they are forgotten and read from the stream afterwards."""
PAUSE_S = (0.05, 1.0)
"""Between two tries: first and longest."""
UNREADABLE_TRIES = 8
"""About four seconds: longer than relay and ranker take to begin a log anew. Who waits for the node as a whole waits no longer for one."""

Verdict = Literal["apply", "drop", "fill", "check"]


def judge(at: Position | None, message: Message) -> Verdict:
    """What a message means to somebody who stands at `at`: `check` asks Redis where the log stands (a new epoch, or an old message)."""
    if at is None or message.epoch != at.epoch:
        return "check"
    if message.seq <= at.seq:
        return "drop"
    return "apply" if message.seq == at.seq + 1 else "fill"


class View(Protocol):
    """What a tail keeps up to date."""

    position: Position | None

    def begin(self, loaded: Loaded) -> None: ...
    def append(self, message: Message) -> bytes: ...


class Source(NamedTuple):
    """How the log is read from Redis."""

    load: Callable[[], Awaitable[Loaded]]
    read: Callable[[int], Awaitable[list[Message]]]
    position: Callable[[], Awaitable[Position | None]]


class Sink(NamedTuple):
    """Who is told. `frame`: the next entry. `begun`: the view starts over (None: the first time). `settled`: loaded, or found absent."""

    frame: Callable[[Message, bytes], None]
    begun: Callable[[ResyncReason | None], None]
    settled: Callable[[], None]


class Tail:
    """Owner: the room. Bound: BUFFER_MAX messages and one task."""

    def __init__(self, name: str, view: View, source: Source, sink: Sink, telemetry: Any) -> None:
        self.view = view
        self.settled = False
        self._name = name
        self._source = source
        self._sink = sink
        self._telemetry = telemetry
        self._buffer: deque[Message] = deque(maxlen=BUFFER_MAX)
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self._unreadable_count = 0

    def start(self, follow: Callable[[], Awaitable[None]]) -> None:
        """Load once `follow` has made sure that nothing published from now on can be missed."""
        self._task = asyncio.create_task(self._work("load", None, follow))

    def stop(self) -> None:
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def receive(self, message: Message) -> None:
        if self._task is not None:
            self._buffer.append(message)
            return
        verdict = judge(self.view.position, message)
        if verdict == "apply" and self._apply(message):
            return
        if verdict != "drop":
            self._set_to_work(verdict)

    def check(self) -> None:
        """The line to Redis is new: find out what was missed."""
        if self._task is None:
            self._set_to_work("check")

    async def until_idle(self) -> None:
        """Wait for the work that is under way, if any; not for a log that is there and, try after try, cannot be read."""
        task = self._task
        while task is not None and not task.done() and self._unreadable_count < UNREADABLE_TRIES:
            await asyncio.wait({task}, timeout=PAUSE_S[0])

    def _set_to_work(self, verdict: Verdict) -> None:
        if not self._stopped:
            self._task = asyncio.create_task(self._work("check" if verdict == "apply" else verdict, None, None))

    def _apply(self, message: Message) -> bool:
        try:
            ready = self.view.append(message)
        except (msgspec.DecodeError, ValueError):
            self._telemetry.log.error("log.entry_unreadable", log_name=self._name, seq=message.seq)
            self.view.position = None
            return False
        self._sink.frame(message, ready)
        return True

    async def _work(self, how: str, reason: ResyncReason | None, follow: Callable[[], Awaitable[None]] | None) -> None:
        try:
            if follow is not None:
                await follow()
            await self._settle(how, reason)
        finally:
            self._task = None
            if self._buffer and not self._stopped:
                self._set_to_work("check")

    async def _settle(self, how: str | None, reason: ResyncReason | None) -> None:
        pause_s = PAUSE_S[0]
        was_held = self.view.position is not None
        while how is not None and not self._stopped:
            try:
                if how == "check":
                    how, reason = await self._compare()
                if how == "fill" and not await self._fill():
                    how, reason = "load", "behind"
                if how == "load":
                    await self._load(reason if was_held else None)
                    was_held = True
                how = self._take_buffered()
            except Absent:
                break
            except Exception as error:  # whatever it is: a log that nobody follows is worse than one more try
                self._note(error)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1))
                pause_s = min(pause_s * 2, PAUSE_S[1])
                how, reason = "check", None
        self._unreadable_count = 0
        self.settled = True
        self._sink.settled()

    def _note(self, error: Exception) -> None:
        if isinstance(error, RedisError | OSError):
            self._telemetry.log.warning("log.not_loaded", log_name=self._name, error=type(error).__name__)
            return
        self._unreadable_count += 1
        if isinstance(error, Unsettled | ValueError | msgspec.DecodeError):
            self._telemetry.log.warning("log.unreadable", log_name=self._name, error=type(error).__name__, tries=self._unreadable_count)
        else:
            self._telemetry.log.error("log.tail_failed", log_name=self._name, exc_info=error)

    async def _compare(self) -> tuple[str | None, ResyncReason | None]:
        stands, at = await self._source.position(), self.view.position
        if stands is None:
            raise Absent
        if at is None or stands.epoch != at.epoch:
            return "load", "epoch"
        return ("fill" if stands.seq > at.seq else None), None

    async def _fill(self) -> bool:
        at = self.view.position
        assert at is not None, "a gap is only seen from a position"
        self._telemetry.metrics.gaps.inc()
        for message in await self._source.read(at.seq):
            match judge(self.view.position, message):
                case "apply":
                    if not self._apply(message):
                        return False
                case "drop":
                    continue
                case _:
                    return False
        return True

    async def _load(self, reason: ResyncReason | None) -> None:
        loaded = await self._source.load()
        self._telemetry.metrics.loads.inc()
        self.view.begin(loaded)
        self._sink.begun(reason)

    def _take_buffered(self) -> str | None:
        while self._buffer:
            message = self._buffer.popleft()
            verdict = judge(self.view.position, message)
            if verdict == "apply" and self._apply(message):
                continue
            if verdict != "drop":
                return "fill" if verdict == "fill" else "check"
        return None
