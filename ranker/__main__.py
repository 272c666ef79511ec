"""`python -m ranker`: reads the environment, runs until SIGTERM or SIGINT."""

import asyncio
import os
import signal

import uvloop

from contest.config import ConfigError, exit_on
from contest.telemetry import Telemetry
from ranker.config import Config, read_config
from ranker.run import run


def main() -> None:
    try:
        config = read_config(os.environ)
    except ConfigError as error:
        exit_on(error, "ranker")
    uvloop.run(_until_stopped(config))


async def _until_stopped(config: Config) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(config, Telemetry("ranker", config.log_level), stop)


if __name__ == "__main__":
    main()
