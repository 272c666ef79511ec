"""Starts the engine process: `python -m engine`. The only reader of its environment."""

import os

from contest.config import ConfigError, exit_on
from contest.edge.start import until_signalled
from contest.telemetry import Telemetry
from engine.app import run
from engine.config import Config


def main() -> None:
    try:
        config = Config.of(os.environ)
    except ConfigError as error:
        exit_on(error, "engine")
    telemetry = Telemetry("engine", config.log_level)
    until_signalled(lambda stop: run(config, telemetry, stop))


if __name__ == "__main__":
    main()
