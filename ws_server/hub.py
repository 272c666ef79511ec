"""Follows contests for the sockets: opens a room on the first interest, routes what Redis says to its logs, closes the room when nobody is
left. It hands over ready frames with the position they lead to, and never touches a connection."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contest.broker.logs import Logs, Message, Position, parse
from contest.domain.audience import Log
from contest.errors import Refusal, not_found, overloaded
from contest.ids import ContestId, UserId
from contest.wire.channels import Channels
from ws_server.config import Config
from ws_server.control_view import ControlView
from ws_server.inbox_view import InboxView
from ws_server.loading import load_inbox, load_shared
from ws_server.log_view import LogView, ResyncReason
from ws_server.reader import Reader
from ws_server.ring import Ring
from ws_server.room import ALWAYS, Ready, Room
from ws_server.states import needs_snapshot
from ws_server.tail import Sink, Source, Tail

CHECKED_AT_ONCE = 256
"""Logs that look after a cut line what they missed: a thousand contests have 67,000, and the node 16 connections to ask with."""

MakeRoom = Callable[[ContestId], Room]
Revoked = Callable[[Room, UserId, str, float], None]


class Hub:
    """Owner: the node. Bound: `rooms_max` rooms. Rebuilt from Redis as clients come."""

    def __init__(self, config: Config, redis: Redis, node: str, make_room: MakeRoom, revoked: Revoked, telemetry: Any) -> None:
        self.rooms: dict[ContestId, Room] = {}
        self._config = config
        self._redis = redis
        self._channels = Channels(config.prefix)
        self._logs = Logs(redis, self._channels)
        self._make_room = make_room
        self._revoked = revoked
        self._telemetry = telemetry
        self._routes: dict[str, Tail] = {}
        self._opening: dict[ContestId, asyncio.Task[None]] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self.reader = Reader(config.redis_url, self._channels.probe(node), redis, self._heard, self._catch_up, telemetry)

    # Interest

    def enter(self, contest: ContestId, logs: tuple[Log, ...], ready: Ready) -> None:
        """Call `ready` with the contest's room once `logs` stand, or with the refusal (404 unknown, 503 too much at once)."""
        if (room := self.rooms.get(contest)) is None:
            if len(self.rooms) >= self._config.rooms_max:
                ready(overloaded("This server follows as many contests as it can."))
                return
            room = self.rooms[contest] = self._make_room(contest)
            self._opening[contest] = asyncio.create_task(self._open(room))
        elif contest not in self._opening:
            self._need(room, logs)
        room.idle_since = None
        room.when_settled(logs, ready)

    async def _open(self, room: Room) -> None:
        try:
            if await self._logs.position(room.contest, "events:public") is None:
                self._close(room, not_found("contest"))
            else:
                self._need(room, (*ALWAYS, *room.wanted))
        except (RedisError, OSError):
            self._close(room, overloaded("The contest cannot be reached at the moment."))
        finally:
            del self._opening[room.contest]

    def _need(self, room: Room, logs: tuple[Log, ...]) -> None:
        for log in logs:
            if log not in room.tails:
                self._follow(room, log)

    def _follow(self, room: Room, log: Log) -> None:
        tail = self._inbox_tail(room, log) if log.startswith("inbox:") else self._shared_tail(room, log)
        channel = self._channels.log_channel(room.contest, log)
        room.tails[log] = self._routes[channel] = tail
        tail.start(partial(self.reader.follow, channel))

    def _shared_tail(self, room: Room, log: Log) -> Tail:
        config, contest = self._config, room.contest
        source = Source(
            partial(load_shared, self._logs, contest, log, config.ring_entries, needs_snapshot(log)),
            partial(self._logs.read, contest, log),
            partial(self._logs.position, contest, log),
        )
        if log == "control":
            control = ControlView()
            sink = Sink(
                lambda message, _: self._told(room, message, time.time()), partial(self._control_begun, room, control), room.settled
            )
            return Tail(log, control, source, sink, self._telemetry)
        room.views[log] = view = LogView(log, Ring(config.ring_entries, config.ring_bytes))
        sink = Sink(lambda _, ready: room.publish(log, ready), partial(self._begun, room, log), room.settled)
        return Tail(log, view, source, sink, self._telemetry)

    def _begun(self, room: Room, log: Log, reason: ResyncReason | None) -> None:
        told_count = room.begun(log, reason)
        if reason is not None:
            self._telemetry.metrics.resyncs.labels(reason).inc(told_count)

    def _inbox_tail(self, room: Room, log: Log) -> Tail:
        contest = room.contest
        room.inboxes[log] = view = InboxView(log, self._config.ring_entries)
        source = Source(
            partial(load_inbox, self._logs, self._redis, self._channels, contest, log, self._config.ring_entries),
            partial(self._logs.read, contest, log),
            partial(self._logs.position, contest, log),
        )

        def told(message: Message, ready: bytes) -> None:
            room.publish_inbox(UserId(message.user), ready, Position(message.epoch, message.user_seq))

        return Tail(log, view, source, Sink(told, lambda _: room.inbox_begun(log), room.settled), self._telemetry)

    # What Redis says

    def _heard(self, channel: str, data: bytes) -> None:
        tail = self._routes.get(channel)
        if tail is None:
            return
        try:
            message = parse(data)
        except (ValueError, UnicodeDecodeError):
            self._telemetry.log.error("log.message_unreadable", channel=channel)
            return
        tail.receive(message)

    async def _catch_up(self) -> None:
        """The line to Redis is new: every log finds out what it missed before the node calls itself healthy."""
        tails = list(self._routes.values())
        for begin in range(0, len(tails), CHECKED_AT_ONCE):
            batch = tails[begin : begin + CHECKED_AT_ONCE]
            for tail in batch:
                tail.check()
            for tail in batch:
                await tail.until_idle()

    def _told(self, room: Room, message: Message, heard_at: float | None) -> None:
        """`heard_at` None: nobody knows when it was said; without a time of its own it could hit one who was let in since."""
        try:
            told = _CONTROL.decode(message.payload)
        except msgspec.DecodeError:
            self._telemetry.log.error("control.unreadable", seq=message.seq)
            return
        user = told.user or message.user
        if told.type != "session.revoked" or not user:
            return
        at = told.at or heard_at
        if at is None:
            self._telemetry.log.error("control.revocation_without_time", seq=message.seq)
            return
        self._revoked(room, UserId(user), told.reason, at)

    def _control_begun(self, room: Room, view: ControlView, reason: ResyncReason | None) -> None:
        """The control log was loaded: what it still holds may have been told while nobody listened."""
        for message in view.loaded:
            self._told(room, message, None)

    # The end of interest

    def sweep(self, now: float) -> None:
        """Leave the contests that nobody has been in for a while."""
        for room in list(self.rooms.values()):
            if not room.is_empty:
                room.idle_since = None
            elif room.idle_since is None:
                room.idle_since = now
            elif now - room.idle_since > self._config.room_idle_s and room.contest not in self._opening:
                self._close(room, not_found("contest"))
        self._telemetry.metrics.ring_bytes.set(sum(view.ring.size_bytes for room in self.rooms.values() for view in room.views.values()))

    def _close(self, room: Room, refusal: Refusal) -> None:
        self.rooms.pop(room.contest, None)
        for log, tail in room.tails.items():
            tail.stop()
            channel = self._channels.log_channel(room.contest, log)
            self._routes.pop(channel, None)
            farewell = asyncio.create_task(self.reader.leave(channel))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)
        room.refuse_waiting(refusal)

    def stop(self) -> None:
        for room in list(self.rooms.values()):
            self._close(room, overloaded("This server is about to stop."))
        for task in self._opening.values():
            task.cancel()


class _Control(msgspec.Struct):
    """An entry of a contest's control log. `at`: Unix time of the revocation; 0: not said (the relay always says it)."""

    type: str
    user: str = ""
    reason: str = "revoked"
    at: float = 0.0


_CONTROL = msgspec.json.Decoder(_Control)
