"""Outbox rows to Redis: changes to the ranker's stream, events to the logs, in the rows' order and in one round trip a batch.

A row published twice (the relay died before marking it) appears once: its id goes with it. Logs that would have to begin are renewed first.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from contest.broker.logs import Entry, Logs, Position, WrongPosition
from contest.domain.audience import inbox_log
from contest.ids import ContestId, UserId
from contest.store import snapshots
from contest.store.connect import Connection
from contest.store.outbox import OutboxRow
from contest.wire.between import CHANGES_CAP
from contest.wire.channels import Channels
from contest.wire.to_browser import members
from relay.upkeep import Upkeep

_EVENT_LOGS = {"event.public": "events:public", "event.organiser": "events:organiser", "event.proctor": "events:proctor"}


def entry_of(row: OutboxRow) -> Entry | None:
    """What the row puts on a log (contest/wire/between.py); None if it is for the ranker."""
    once = str(row.id)
    if row.topic in _EVENT_LOGS:
        return Entry(row.contest_id, _EVENT_LOGS[row.topic], members(row.body), once=once)
    if row.topic == "inbox" and row.subject:
        return Entry(row.contest_id, inbox_log(row.subject), members(row.body), user=row.subject, once=once)
    if row.topic == "session.revoked" and row.subject:
        body = {"at": revoked_at(row, datetime.now(UTC)), **row.body, "type": "session.revoked", "user": row.subject}
        return Entry(row.contest_id, "control", members(body), once=once)
    return None


REMOVED_WITHIN = timedelta(seconds=10)
"""The longest that a request's transaction takes (contest.edge.endpoint.Edge.within_s)."""


def revoked_at(row: OutboxRow, now: datetime) -> float:
    """The Unix time up to which tickets are worth nothing. Until the removal was committed one could be issued, so it is no earlier than
    that; and however late the row is published, it does not reach one who was let in again since."""
    return min(row.published_at or now, row.created_at + REMOVED_WITHIN).timestamp()


def change_of(row: OutboxRow) -> dict[str, str] | None:
    """The fields of the row's entry on the changes stream; None if the ranker has nothing to do with it."""
    if row.topic == "score.changed" and row.subject:
        return {"kind": "submission", "id": row.subject}
    if row.topic == "board.changed":
        return {"kind": "board", "id": "", "fresh": "1" if row.body.get("fresh") else ""}
    return None


class Publisher:
    """Publishes rows and keeps the snapshots of the logs that they went to. Holds nothing between calls.

    A draft has no logs, or anybody could read of it: its events are passed over, its logs begin with their outcome when it is one no more.
    """

    def __init__(self, redis: Redis, logs: Logs, channels: Channels, upkeep: Upkeep) -> None:
        self._redis: Any = redis
        self._logs, self._channels, self._upkeep = logs, channels, upkeep

    async def publish(self, connection: Connection, rows: Sequence[OutboxRow]) -> None:
        """All of `rows`, in their order within each log. When this returns they may be marked. Raises RedisError, PostgresError."""
        await self._tell_rankers(rows)
        shown = set(await snapshots.shown(connection, {row.contest_id for row in rows}))
        entries = [entry for row in rows if row.contest_id in shown and (entry := entry_of(row)) is not None]
        reached = await self._publish(connection, entries)
        await self._keep(connection, entries, reached)

    async def _tell_rankers(self, rows: Iterable[OutboxRow]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for row in rows:
                if (change := change_of(row)) is not None:
                    pipe.xadd(self._channels.changes(row.contest_id), change, maxlen=CHANGES_CAP, approximate=True)
            await pipe.execute()

    async def _publish(self, connection: Connection, entries: list[Entry]) -> list[tuple[Position, int]]:
        """Where each entry came to stand. Those whose log has to begin are published after it has: all later ones of it as well."""
        reached: dict[int, tuple[Position, int]] = {}
        waiting = list(range(len(entries)))
        for _ in range(3):
            if not waiting:
                break
            results = await self._logs.publish_all([entries[index] for index in waiting])
            reached |= {index: found for index, found in zip(waiting, results, strict=True) if not isinstance(found, WrongPosition)}
            waiting = [index for index in waiting if index not in reached]
            for contest in {entries[index].contest for index in waiting}:
                await self._upkeep.begin_logs(connection, contest)
        if waiting:
            raise WrongPosition(f"{len(waiting)} entries have a log that does not begin")
        return [reached[index] for index in range(len(entries))]

    async def _keep(self, connection: Connection, entries: list[Entry], reached: list[tuple[Position, int]]) -> None:
        """Write the snapshots anew, once a log (a user) and batch. The positions were read before the state is."""
        public: dict[ContestId, Position] = {}
        inboxes: dict[ContestId, dict[UserId, tuple[Position, int]]] = defaultdict(dict)
        for entry, (position, user_seq) in zip(entries, reached, strict=True):
            if entry.log == "events:public":
                public[entry.contest] = position
            elif entry.user:
                inboxes[entry.contest][UserId(entry.user)] = (position, user_seq)
        for contest, position in public.items():
            await self._upkeep.save_public(connection, contest, position)
        for contest, users in inboxes.items():
            await self._upkeep.save_inboxes(connection, contest, users)
