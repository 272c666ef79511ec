"""What the `__main__` of a process does: uvloop, signals that set `stop`. A wrong environment is `contest.config.exit_on`s matter."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import uvloop


def until_signalled(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `main(stop)` on uvloop; SIGTERM and SIGINT set `stop`."""

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await main(stop)

    uvloop.run(run())
