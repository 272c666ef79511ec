"""The logs in Redis: what goes to browsers goes through here. A log has a random epoch and a seq from 1 without gaps; publishing is
one atomic script. Pub/sub wakes readers up; the capped stream is what fills a gap; the snapshot is where a reader starts.

Reading and writing only: who may read a log is `domain.audience`, who may write is the fence's and the caller's matter.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from contest.domain.audience import STATE_LOGS, Log
from contest.ids import ContestId
from contest.wire.channels import Channels

STREAM_CAP = 2_000
"""Entries kept per log (approximately: Redis trims whole nodes). At ten board deltas a second: over three minutes to come back."""

ONCE_CAP = 5_000
"""Outbox ids remembered per log, so that what is published again after a crash appears once. More than one batch of the relay,
and more than what a busy log takes in the time that is announced again after a failover; about 0.5 MB."""


class Position(NamedTuple):
    epoch: str
    seq: int


class Message(NamedTuple):
    """One entry of a log as a reader gets it. `payload` is a finished JSON text. `seq` 0: a new epoch began, load afresh.

    On an inbox log `user` and `user_seq` say whose it is and its place in that user's own count (which stands in the payload).
    """

    epoch: str
    seq: int
    since: int
    user_seq: int
    user: str
    payload: bytes


class Entry(NamedTuple):
    """Something to publish. `members`: a JSON object without its opening brace; `user` on inbox logs only; `once`: see `publish`."""

    contest: ContestId
    log: Log
    members: bytes
    user: str = ""
    once: str = ""


class Fenced(Exception):  # noqa: N818 - a fact about the log, not a fault
    """A leader with a later fencing token has written to this log: stop leading."""


class WrongPosition(Exception):  # noqa: N818
    """The log is not where its only writer thought it was (a lost tail, a new life of the server): load and renew."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    at: Position
    payload: bytes


def parse(message: bytes) -> Message:
    """Read a pub/sub message: `<epoch> <seq> <since> <user_seq> <user>\\n<payload>`."""
    head, _, payload = message.partition(b"\n")
    epoch, seq, since, user_seq, user = head.decode().split(" ", 4)
    return Message(epoch, int(seq), int(since), int(user_seq), user, payload)


def new_epoch() -> str:
    return secrets.token_hex(5)


class Logs:
    """Publishes to and reads from the logs. Holds no state but compiled scripts; any number may exist.

    `redis` must not decode responses. Raises redis.exceptions.RedisError when Redis is out of reach.
    """

    def __init__(self, redis: Redis, channels: Channels, *, sharded: bool = False) -> None:
        here = Path(__file__).parent
        self._redis: Any = redis  # its annotations know nothing of clients that do not decode
        self._channels = channels
        self._publish_word = "SPUBLISH" if sharded else "PUBLISH"
        self._publish = redis.register_script((here / "publish.lua").read_text())
        self._renew = redis.register_script((here / "renew.lua").read_text())
        self._save = redis.register_script((here / "snapshot.lua").read_text())
        self._keep = redis.register_script((here / "keep.lua").read_text())

    def _keys(self, contest: ContestId, log: Log) -> list[str]:
        names = self._channels
        return [
            names.log_meta(contest, log),
            names.log_stream(contest, log),
            names.log_snapshot(contest, log),
            names.log_users(contest, log),
            names.log_kept(contest, log),
        ]

    async def publish(
        self,
        contest: ContestId,
        log: Log,
        members: bytes,
        *,
        expect: Position | None = None,
        fence: int | None = None,
        user: str = "",
        once: str = "",
        begin: bool = True,
    ) -> tuple[Position, int]:
        """Append one entry and announce it. `members`: a JSON object without its opening brace, `"type":...}`.

        `once`: if an entry was published under this name lately, nothing happens and the log's position is returned.
        `begin`: an event log that has no epoch of this life of the server begins one, without a snapshot; False: WrongPosition.
        Returns the position and, with `user` (inbox logs), that user's own seq.
        Raises Fenced, WrongPosition (always possible on state logs after a restart of Redis: see `renew`).
        """
        entry = Entry(contest, log, members, user, once)
        return _published(await run_script(self._publish, *self._call(entry, expect=expect, fence=fence, begin=begin)))

    async def publish_all(self, entries: Sequence[Entry]) -> list[tuple[Position, int] | WrongPosition]:
        """Publish events in this order, in one round trip: for each its position and user seq, or WrongPosition where its log would
        have to begin (`renew` it and publish those again)."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for entry in entries:
                keys, args = self._call(entry, begin=False)
                await self._publish(keys=keys, args=args, client=pipe)
            results = await pipe.execute(raise_on_error=False)
        return [_wrong_or_raise(result) if isinstance(result, Exception) else _published(result) for result in results]

    def _call(self, entry: Entry, *, expect: Position | None = None, fence: int | None = None, begin: bool) -> tuple[list[str], list[Any]]:
        contest, log = entry.contest, entry.log
        return [*self._keys(contest, log), self._channels.log_once(contest, log)], [
            self._channels.log_channel(contest, log),
            log.partition(":")[0] if entry.user else log,
            entry.members,
            "state" if log in STATE_LOGS else "event",
            new_epoch() if begin else "",
            expect.epoch if expect else "",
            expect.seq if expect else "",
            "" if fence is None else fence,
            STREAM_CAP,
            entry.user,
            self._publish_word,
            entry.once,
            ONCE_CAP,
        ]

    async def renew(
        self,
        contest: ContestId,
        log: Log,
        payload: bytes = b"",
        *,
        fence: int | None = None,
        only_if_stale: bool = False,
        epoch: str = "",
        kept: Mapping[str, bytes] | None = None,
    ) -> Position:
        """Begin a new epoch whose state at seq 0 is the snapshot `payload`; followers load afresh.

        `epoch`: the one that `payload` names (`new_epoch()`); made here if empty. `kept` (inbox logs): user -> JSON of what the inbox
        comes to. `only_if_stale`: only if the log has no epoch of this life of the server. Returns where the log stands. Raises Fenced.
        """
        args = [
            self._channels.log_channel(contest, log),
            epoch or new_epoch(),
            payload,
            "" if fence is None else fence,
            self._publish_word,
            "stale" if only_if_stale else "",
            *(part for pair in (kept or {}).items() for part in pair),
        ]
        begun, seq = await run_script(self._renew, self._keys(contest, log), args)
        return Position(begun.decode(), int(seq))

    async def keep(self, contest: ContestId, log: Log, epoch: str, states: Sequence[tuple[str, int, bytes]]) -> int:
        """Keep what users' inboxes come to: (user, user_seq read before the state, JSON). Returns how many were kept: none if the log
        has gone to another epoch, not those of which a later state is kept."""
        keys = [self._channels.log_meta(contest, log), self._channels.log_kept(contest, log)]
        return int(await run_script(self._keep, keys, [epoch, *(part for state in states for part in state)]))

    async def save_snapshot(self, contest: ContestId, log: Log, at: Position, payload: bytes, *, fence: int | None = None) -> bool:
        """Keep `payload` as the log's state at `at`; False if the log has gone to another epoch or a later one is kept."""
        keys = [self._channels.log_meta(contest, log), self._channels.log_snapshot(contest, log)]
        args = [at.epoch, at.seq, payload, "" if fence is None else fence]
        return bool(await run_script(self._save, keys, args))

    async def position(self, contest: ContestId, log: Log) -> Position | None:
        """Where the log stands; None if it never began."""
        epoch, seq = await self._redis.hmget(self._channels.log_meta(contest, log), "epoch", "seq")
        return Position(epoch.decode(), int(seq or 0)) if epoch else None

    async def is_stale(self, contest: ContestId, log: Log) -> bool:
        """True if the log has no epoch of this life of the server: its owner has to renew it before anybody trusts it."""
        run = (await self._redis.info("server"))["run_id"]
        noted = await self._redis.hget(self._channels.log_meta(contest, log), "run")
        return noted is None or noted.decode() != run

    async def snapshot(self, contest: ContestId, log: Log) -> Snapshot | None:
        epoch, seq, payload = await self._redis.hmget(self._channels.log_snapshot(contest, log), "epoch", "seq", "payload")
        return Snapshot(Position(epoch.decode(), int(seq)), payload) if epoch else None

    async def read(self, contest: ContestId, log: Log, after: int, until: int | None = None) -> list[Message]:
        """The entries with after < seq <= until that the stream still holds, of whatever epoch stands there now.

        The caller checks `epoch` of the log and that the first is after + 1: a trimmed stream simply begins later.
        """
        meta, stream = self._channels.log_meta(contest, log), self._channels.log_stream(contest, log)
        async with self._redis.pipeline(transaction=True) as both:
            both.hget(meta, "epoch")
            both.xrange(stream, min=f"({after}-0", max="+" if until is None else f"{until}-0")
            epoch, entries = await both.execute()
        if epoch is None:
            return []
        return [
            Message(
                epoch.decode(),
                int(entry_id.partition(b"-")[0]),
                int(fields[b"since"]),
                int(fields[b"user_seq"]),
                fields[b"user"].decode(),
                fields[b"payload"],
            )
            for entry_id, fields in entries
        ]


async def run_script(script: Any, keys: list[str], args: list[Any]) -> Any:
    """Run a script of this folder. Raises Fenced, WrongPosition."""
    try:
        return await script(keys=keys, args=args)
    except ResponseError as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> Exception:
    """What a script's error means to the writer; the error itself if it means nothing."""
    text = str(error)
    if text.startswith("FENCED"):
        return Fenced(text)
    return WrongPosition(text) if text.startswith("POSITION") else error


def _wrong_or_raise(error: Exception) -> WrongPosition:
    if isinstance(meant := _refusal(error), WrongPosition):
        return meant
    raise meant


def _published(result: Any) -> tuple[Position, int]:
    epoch, seq, user_seq = result
    return Position(epoch.decode(), int(seq)), int(user_seq)
