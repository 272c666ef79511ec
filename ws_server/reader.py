"""The node's ear on Redis: one connection that follows channels, proves every second that it hears, and is made anew when it does not.

A PING proves nothing about delivery: the reader publishes to itself over another connection and measures when that comes back.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import islice
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

PROBE_S = 1.0
DEAF_S = 4.0
"""Four probes lost: not ready, and the connection is given up. Within the five seconds that readiness promises."""
BATCH = 512
"""Channels per SUBSCRIBE: one command over ten thousand channels would hold up everybody on a shared Redis."""
CONFIRMED_S = 10.0
"""How long a new line may be silent about a channel that it was asked to subscribe to; then it is made anew. 67,000 take 2 s in all."""
YIELD_EVERY = 256
"""Messages taken before the loop turns: a flood may not starve the sockets."""
BACKOFF_S = (0.1, 3.0)


class Deaf(Exception):  # noqa: N818
    """What was published has not come back for DEAF_S."""


class Reader:
    """Owner: the node. Holds the followed channels (bound: those of the hub's rooms). Rebuilt: it subscribes to them again."""

    def __init__(
        self,
        url: str,
        probe_channel: str,
        commands: Redis,
        heard: Callable[[str, bytes], None],
        connected: Callable[[], Awaitable[None]],
        telemetry: Any,
    ) -> None:
        self._url = url
        self._probe_channel = probe_channel
        self._commands = commands
        self._heard = heard
        self._connected = connected
        self._telemetry = telemetry
        self._channels: set[str] = {probe_channel}
        self._confirmed: dict[str, asyncio.Event] = {}
        self._pubsub: Any = None
        self._probed_at = float("-inf")
        self.caught_up = False
        self._ending = False

    def end(self) -> None:
        """Call before `run` is cancelled: Python 3.11's wait_for, which the Redis client sends through, may forget a cancellation."""
        self._ending = True

    def _heed_end(self) -> None:
        if self._ending:
            raise asyncio.CancelledError

    def probe_age_s(self) -> float:
        """Seconds since something published came back; infinite before the first time."""
        return asyncio.get_running_loop().time() - self._probed_at

    @property
    def healthy(self) -> bool:
        return self.caught_up and self.probe_age_s() <= DEAF_S

    async def follow(self, channel: str) -> None:
        """Returns when nothing published to `channel` from now on is missed. Waits while Redis is away."""
        self._channels.add(channel)
        confirmed = self._confirmed.setdefault(channel, asyncio.Event())
        if self._pubsub is not None and not confirmed.is_set():
            with suppress(RedisError, OSError):
                await self._pubsub.subscribe(channel)
        await confirmed.wait()

    async def leave(self, channel: str) -> None:
        """Who still waits for `channel` waits no longer."""
        self._channels.discard(channel)
        if (confirmed := self._confirmed.pop(channel, None)) is not None:
            confirmed.set()
        if self._pubsub is not None:
            with suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(channel)

    async def run(self) -> None:
        """Until cancelled."""
        pause_s = BACKOFF_S[0]
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._live()
            except* Exception as group:  # whatever it is: a node without ears is worse than one more try
                self._telemetry.log.error("redis.reader_lost", error=repr(_first(group)))
            self.caught_up = False
            if asyncio.get_running_loop().time() - started > DEAF_S:
                pause_s = BACKOFF_S[0]
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))
            pause_s = min(pause_s * 2, BACKOFF_S[1])

    async def _live(self) -> None:
        """One life of the connection; ends with an error only."""
        client = Redis.from_url(self._url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=3, socket_timeout=None)
        pubsub: Any = client.pubsub()
        for confirmed in self._confirmed.values():
            confirmed.clear()
        try:
            await self._subscribe(pubsub)
            self._heed_end()
            self._pubsub = pubsub  # from here on who follows or leaves says so itself; no await since the last look at the channels
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(pubsub))
                group.create_task(self._probe())
                group.create_task(self._catch_up())
        except TimeoutError:
            raise OSError("no answer to SUBSCRIBE") from None
        finally:
            self._pubsub = None
            with suppress(RedisError, OSError):
                await pubsub.aclose()
            await client.aclose()

    async def _subscribe(self, pubsub: Any) -> None:
        """To all that is followed, until that has not changed meanwhile."""
        subscribed: set[str] = set()
        while self._channels != subscribed:
            for names, say in ((self._channels - subscribed, pubsub.subscribe), (subscribed - self._channels, pubsub.unsubscribe)):
                rest = iter(sorted(names))
                while batch := list(islice(rest, BATCH)):
                    await asyncio.wait_for(say(*batch), 5)
                subscribed ^= names

    async def _listen(self, pubsub: Any) -> None:
        count = 0
        while True:
            message = await pubsub.get_message(timeout=None)
            if message is None:
                continue
            channel = message["channel"].decode()
            if message["type"] == "message":
                if channel == self._probe_channel:
                    self._probed_at = asyncio.get_running_loop().time()
                else:
                    self._heard(channel, message["data"])
            elif message["type"] == "subscribe" and channel in self._channels:
                self._confirmed.setdefault(channel, asyncio.Event()).set()
            count += 1
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def _probe(self) -> None:
        born = asyncio.get_running_loop().time()
        while True:
            async with asyncio.timeout(DEAF_S):
                await self._commands.publish(self._probe_channel, b"")
            self._heed_end()
            await asyncio.sleep(PROBE_S)
            self._telemetry.metrics.probe_age.set(min(self.probe_age_s(), 1e6))
            if asyncio.get_running_loop().time() - max(born, self._probed_at) > DEAF_S:
                raise Deaf

    async def _catch_up(self) -> None:
        for channel in list(self._channels):
            if (confirmed := self._confirmed.get(channel)) is not None:
                async with asyncio.timeout(CONFIRMED_S):
                    await confirmed.wait()
        await self._connected()
        self.caught_up = True


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    error: Exception | BaseExceptionGroup[Exception] = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
