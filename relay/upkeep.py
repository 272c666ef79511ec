"""Beginning event logs and keeping their snapshots: what a log comes to is read from PostgreSQL after its position is known, so that
snapshot and later entries together miss nothing."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec
from redis.asyncio import Redis

from contest.broker.logs import Logs, Position, new_epoch
from contest.broker.server import life
from contest.domain.audience import INBOXES, Log, inbox_log
from contest.errors import Refusal
from contest.ids import ContestId, UserId
from contest.store import snapshots
from contest.store.connect import Connection
from contest.wire.channels import Channels
from contest.wire.to_browser import Place, frame

PLAIN_LOGS: tuple[Log, ...] = ("events:organiser", "events:proctor", "control")
INBOX_LOGS: tuple[Log, ...] = tuple(f"inbox:{number}" for number in range(INBOXES))
EVENT_LOGS: tuple[Log, ...] = ("events:public", *PLAIN_LOGS, *INBOX_LOGS)


class Upkeep:
    """Begins the event logs that are not of this life of Redis, and writes snapshots. Only the leading relay uses it."""

    def __init__(self, redis: Redis, logs: Logs, channels: Channels) -> None:
        self._redis: Any = redis
        self._logs, self._channels = logs, channels

    async def is_known_life(self) -> bool:
        """Whether the logs were begun in this life of the server. What is noted is lost with the tail that it stands in."""
        noted = await self._redis.get(self._channels.relayed())
        return bool(noted is not None and noted.decode() == await life(self._redis))

    async def note_life(self) -> None:
        await self._redis.set(self._channels.relayed(), await life(self._redis))

    async def begin_logs(self, connection: Connection, contest: ContestId) -> int:
        """Renew those logs of the contest that are stale or never began, each with its state; how many."""
        stale = await self._stale_logs(contest)
        if "events:public" in stale:
            epoch = new_epoch()
            payload = await self._public_frame(connection, contest, Position(epoch, 0))
            await self._logs.renew(contest, "events:public", payload, epoch=epoch, only_if_stale=True)
        for log in stale & set(PLAIN_LOGS):
            await self._logs.renew(contest, log, only_if_stale=True)
        if inboxes := stale & set(INBOX_LOGS):
            await self._begin_inboxes(connection, contest, inboxes)
        return len(stale)

    async def _stale_logs(self, contest: ContestId) -> set[Log]:
        run = (await life(self._redis)).encode()
        async with self._redis.pipeline(transaction=False) as pipe:
            for log in EVENT_LOGS:
                pipe.hget(self._channels.log_meta(contest, log), "run")
            noted = await pipe.execute()
        return {log for log, of in zip(EVENT_LOGS, noted, strict=True) if of != run}

    async def _begin_inboxes(self, connection: Connection, contest: ContestId, inboxes: set[Log]) -> None:
        kept: dict[Log, dict[str, bytes]] = defaultdict(dict)
        for user, inbox in (await snapshots.of_inboxes(connection, contest)).items():
            kept[inbox_log(user)][user] = msgspec.json.encode(inbox)
        for log in sorted(inboxes):
            await self._logs.renew(contest, log, only_if_stale=True, kept=kept[log])

    async def save_public(self, connection: Connection, contest: ContestId, at: Position) -> None:
        if payload := await self._public_frame(connection, contest, at):
            await self._logs.save_snapshot(contest, "events:public", at, payload)

    async def save_inboxes(self, connection: Connection, contest: ContestId, users: Mapping[UserId, tuple[Position, int]]) -> None:
        """`users`: where each user's last entry stands, and its user seq."""
        found = await snapshots.of_inboxes(connection, contest, users)
        states: dict[tuple[Log, str], list[tuple[str, int, bytes]]] = defaultdict(list)
        for user, (position, user_seq) in users.items():
            states[inbox_log(user), position.epoch].append((user, user_seq, msgspec.json.encode(found[user])))
        for (log, epoch), of_log in states.items():
            await self._logs.keep(contest, log, epoch, of_log)

    async def _public_frame(self, connection: Connection, contest: ContestId, at: Position) -> bytes:
        """Empty if the contest is gone."""
        try:
            state = await snapshots.of_public_events(connection, contest)
        except Refusal:
            return b""
        return frame(Place("events:public", at.epoch, at.seq), state)
