"""`python -m ranker`: reads the environment, runs until SIGTERM or SIGINT."""

import os

from contest.config import ConfigError, exit_on
from contest.edge.start import until_signalled
from contest.telemetry import Telemetry
from ranker.config import read_config
from ranker.run import run


def main() -> None:
    try:
        config = read_config(os.environ)
    except ConfigError as error:
        exit_on(error, "ranker")
    until_signalled(lambda stop: run(config, Telemetry("ranker", config.log_level), stop))


if __name__ == "__main__":
    main()
