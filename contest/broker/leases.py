"""Who leads a contest in a role: a key in Redis that expires, and a fencing token that only rises. The token, not the key, is what
keeps a stalled leader from writing: taking the lead notes it in the guarded logs, and their scripts refuse earlier ones."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from contest.domain.audience import Log
from contest.ids import ContestId
from contest.wire.channels import Channels

LEASE_S = 5.0
"""A leader that died is replaced after at most this long; one that stalls for longer has to begin anew."""


@dataclass(slots=True)
class Lease:
    """The lead of one contest. `until`: monotonic seconds up to which it surely holds. `seen`: the last entry of the changes stream
    that the work is done for; noted with each extension, the next leader begins there ('' : unknown)."""

    contest: ContestId
    fence: int
    until: float
    seen: str

    def holds(self) -> bool:
        return time.monotonic() < self.until


class Leases:
    """Takes, extends and gives up leads for `owner`, in one role. Raises redis.exceptions.RedisError when Redis is out of reach."""

    def __init__(self, redis: Redis, channels: Channels, role: str, owner: str, guards: Sequence[Log], lease_s: float = LEASE_S) -> None:
        here = Path(__file__).parent
        self._redis: Any = redis
        self._channels = channels
        self._role, self._owner, self._guards, self.lease_s = role, owner, guards, lease_s
        self._acquire: Any = redis.register_script((here / "acquire.lua").read_text())
        self._extend: Any = redis.register_script((here / "extend.lua").read_text())
        self._release: Any = redis.register_script((here / "release.lua").read_text())

    async def free(self, contests: Sequence[ContestId]) -> list[ContestId]:
        """Those that nobody else leads now: one round trip for all."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for contest in contests:
                pipe.get(self._channels.leader(contest, self._role))
            held = await pipe.execute()
        own = f":{self._owner}".encode()
        return [contest for contest, by in zip(contests, held, strict=True) if by is None or by.endswith(own)]

    async def acquire(self, contest: ContestId) -> Lease | None:
        """The lead, or None if another has it. Only for a contest whose former lead by this owner is over."""
        names, asked = self._channels, time.monotonic()
        keys = [names.leader(contest, self._role), names.fence(contest, self._role), names.seen(contest, self._role)]
        guarded = [names.log_meta(contest, log) for log in self._guards]
        found = await self._acquire(keys=[*keys, *guarded], args=[self._owner, self._lease_ms])
        if found is None:
            return None
        fence, seen = found
        return Lease(contest, int(fence), asked + self.lease_s, seen.decode())

    async def extend(self, lease: Lease) -> bool:
        """Hold it `lease_s` longer from now; False: it is lost."""
        asked = time.monotonic()
        keys = [self._channels.leader(lease.contest, self._role), self._channels.seen(lease.contest, self._role)]
        held = bool(await self._extend(keys=keys, args=[self._mark(lease), self._lease_ms, lease.seen]))
        lease.until = asked + self.lease_s if held else 0.0
        return held

    async def release(self, lease: Lease) -> None:
        """Give it up, so that the next leader need not wait for its end."""
        lease.until = 0.0
        keys = [self._channels.leader(lease.contest, self._role), self._channels.seen(lease.contest, self._role)]
        await self._release(keys=keys, args=[self._mark(lease), lease.seen])

    @property
    def _lease_ms(self) -> int:
        return int(self.lease_s * 1000)

    def _mark(self, lease: Lease) -> str:
        return f"{lease.fence}:{self._owner}"
