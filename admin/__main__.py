"""Starts the admin process: `python -m admin`. The only reader of its environment."""

import os

from admin.app import run
from admin.config import Config
from contest.config import ConfigError, exit_on
from contest.edge.start import until_signalled
from contest.telemetry import Telemetry


def main() -> None:
    try:
        config = Config.of(os.environ)
    except ConfigError as error:
        exit_on(error, "admin")
    telemetry = Telemetry("admin", config.log_level)
    until_signalled(lambda stop: run(config, telemetry, stop))


if __name__ == "__main__":
    main()
