"""`python -m ws_server`: one socket node. The only reader of the environment."""

import asyncio
import os

from contest.config import ConfigError, exit_on
from contest.edge.start import until_signalled
from contest.telemetry import Telemetry
from ws_server.config import Config, read
from ws_server.gc_watch import settle
from ws_server.server import run


async def serve(config: Config, stop: asyncio.Event) -> None:
    telemetry = Telemetry("ws_server", config.log_level)
    settle(telemetry)
    await run(config, telemetry, stop)


def main() -> None:
    try:
        config = read(os.environ)
    except ConfigError as error:
        exit_on(error, "ws_server")
    until_signalled(lambda stop: serve(config, stop))


if __name__ == "__main__":
    main()
