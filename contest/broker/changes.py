"""A contest's changes stream: what the ranker has to look at again. Entries may come twice; they only name what changed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis

from contest.ids import ContestId
from contest.wire.channels import Channels

MOST = 5_000
"""Entries taken at once. Who is further behind does better to load the contest anew. Far below CHANGES_CAP: nothing is trimmed unseen."""


class Changes(NamedTuple):
    """`last`: the id of the last entry. `board`: load again; `fresh`: and begin a new epoch of the public board."""

    last: str
    submissions: frozenset[str] = frozenset()
    board: bool = False
    fresh: bool = False

    def __or__(self, later: "Changes") -> "Changes":
        return Changes(later.last, self.submissions | later.submissions, self.board or later.board, self.fresh or later.fresh)


def gathered(entries: Sequence[tuple[bytes, dict[bytes, bytes]]], after: str) -> Changes:
    """What these entries come to. MOST of them: everything is loaded again, which costs less than so many one by one."""
    return Changes(
        entries[-1][0].decode() if entries else after,
        frozenset(fields[b"id"].decode() for _, fields in entries if fields[b"kind"] == b"submission"),
        len(entries) >= MOST or any(fields[b"kind"] == b"board" for _, fields in entries),
        any(fields.get(b"fresh") for _, fields in entries),
    )


class ChangesStream:
    """Reads the stream of one contest. Raises redis.exceptions.RedisError."""

    def __init__(self, redis: Redis, channels: Channels, contest: ContestId) -> None:
        self._redis: Any = redis
        self._key = channels.changes(contest)

    async def last(self) -> str:
        """The id of the last entry; `0-0` if there is none."""
        entries = await self._redis.xrevrange(self._key, count=1)
        return entries[0][0].decode() if entries else "0-0"

    async def between(self, after: str, until: str) -> Changes:
        """What came after one id, up to and with another. `fresh` as well if it was too much to look at."""
        entries = await self._redis.xrange(self._key, min=f"({after}", max=until, count=MOST)
        return gathered(entries, after)._replace(last=until) if len(entries) < MOST else Changes(until, board=True, fresh=True)

    async def read(self, after: str, wait_s: float) -> Changes:
        """What came after `after`; waits for the first entry at most `wait_s`, which must be well below the client's timeout."""
        block = max(1, int(wait_s * 1000)) if wait_s > 0 else None
        found = await self._redis.xread({self._key: after}, count=MOST, block=block)
        return gathered(found[0][1] if found else (), after)
