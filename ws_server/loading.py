"""Loading a log from Redis: its kept snapshot and the entries after it, as one thing that fits together or not at all."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from contest.broker.logs import Logs, Message, Position, Snapshot
from contest.domain.audience import Log
from contest.ids import ContestId, UserId
from contest.wire.channels import Channels

TRIES = 4
"""A log that moves on between two reads is read again at once; after that its writer has to finish first."""


class Absent(Exception):  # noqa: N818
    """The log never began."""


class Unsettled(Exception):  # noqa: N818
    """Snapshot and entries do not fit together: a new epoch whose snapshot is not kept yet, a stream trimmed beyond it. Try again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """`messages` are the entries up to `at`, without gaps. Of an inbox log: `kept_inboxes` (user_seq, JSON) and `user_seqs` by user."""

    at: Position
    kept: Snapshot | None
    messages: list[Message]
    user_seqs: Mapping[UserId, int] = field(default_factory=dict)
    kept_inboxes: Mapping[UserId, tuple[int, bytes]] = field(default_factory=dict)


async def load_shared(logs: Logs, contest: ContestId, log: Log, entries_max: int, needs_snapshot: bool) -> Loaded:
    """Raises Absent, Unsettled, redis.exceptions.RedisError."""
    for _ in range(TRIES):
        kept = await logs.snapshot(contest, log) if needs_snapshot else None
        if (at := await logs.position(contest, log)) is None:
            raise Absent
        after = max(0, at.seq - entries_max)
        if kept is not None:
            after = min(after, kept.at.seq)
        found = fitting(at, kept, needs_snapshot, await logs.read(contest, log, after))
        if found is not None:
            return found
        await asyncio.sleep(0.02)
    raise Unsettled


def fitting(at: Position, kept: Snapshot | None, needs_snapshot: bool, messages: list[Message]) -> Loaded | None:
    """Pure: what was read one after the other, if it is one state; None if not."""
    if any(message.epoch != at.epoch for message in messages):
        return None
    if needs_snapshot and (kept is None or kept.at.epoch != at.epoch):
        return None
    messages = contiguous(messages)
    last = messages[-1].seq if messages else at.seq
    if last < at.seq or (not messages and at.seq and kept is None and needs_snapshot):
        return None
    if kept is not None:
        if kept.at.seq > last:
            return None
        if kept.at.seq < last and (not messages or messages[0].seq > kept.at.seq + 1):
            return None
    return Loaded(Position(at.epoch, last), kept, messages)


def contiguous(messages: list[Message]) -> list[Message]:
    """The longest end of `messages` without a gap."""
    begin = len(messages)
    while begin > 0 and (begin == len(messages) or messages[begin - 1].seq + 1 == messages[begin].seq):
        begin -= 1
    return messages[begin:]


async def load_inbox(logs: Logs, redis: "object", channels: Channels, contest: ContestId, log: Log, entries_max: int) -> Loaded:
    """The same for an inbox log, with what is kept for its users. A log that never began is empty: nobody has got anything yet."""
    for _ in range(TRIES):
        at = await logs.position(contest, log)
        if at is None:
            raise Absent
        kept = await redis.hgetall(channels.log_kept(contest, log))  # type: ignore[attr-defined]
        counts = await redis.hgetall(channels.log_users(contest, log))  # type: ignore[attr-defined]
        found = fitting(at, None, False, await logs.read(contest, log, max(0, at.seq - entries_max)))
        if found is not None:
            seqs = {UserId(user.decode()): int(seq) for user, seq in counts.items()}
            seqs.update({UserId(message.user): message.user_seq for message in found.messages})
            inboxes = {UserId(user.decode()): _kept_inbox(value) for user, value in kept.items()}
            return Loaded(found.at, None, found.messages, seqs, inboxes)
        await asyncio.sleep(0.02)
    raise Unsettled


def _kept_inbox(value: bytes) -> tuple[int, bytes]:
    seq, _, text = value.partition(b" ")
    return int(seq), text
