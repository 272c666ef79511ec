"""`python -m ws_server`: one socket node. The only reader of the environment."""

import asyncio
import os
import signal

import uvloop

from contest.config import ConfigError, exit_on
from contest.telemetry import Telemetry
from ws_server.config import Config, read
from ws_server.gc_watch import settle
from ws_server.server import run


async def serve(config: Config, telemetry: Telemetry) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settle(telemetry)
    await run(config, telemetry, stop)


def main() -> None:
    try:
        config = read(os.environ)
    except ConfigError as error:
        exit_on(error, "ws_server")
    uvloop.run(serve(config, Telemetry("ws_server", config.log_level)))


if __name__ == "__main__":
    main()
