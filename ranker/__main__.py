"""`python -m ranker`: reads the environment, runs until SIGTERM or SIGINT."""

import gc
import os

from contest.config import ConfigError, exit_on
from contest.edge.start import until_signalled
from contest.telemetry import Telemetry
from ranker.config import read_config
from ranker.run import run

GC_THRESHOLDS = (50_000, 20, 100)
"""Boards are made of values without cycles, which the collector walks for nothing: putting 100,000 rows in order took 0.65 s with Python's
own thresholds, 0.31 s with these (medians, 100 rows changed, a shared machine)."""


def main() -> None:
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        config = read_config(os.environ)
    except ConfigError as error:
        exit_on(error, "ranker")
    until_signalled(lambda stop: run(config, Telemetry("ranker", config.log_level), stop))


if __name__ == "__main__":
    main()
