"""Python's garbage collector kept out of the way: what is there at start is never looked at again, and every pause is measured."""

import gc
import time
from typing import Any

from contest.telemetry import Telemetry

THRESHOLDS = (50_000, 20, 50)
"""A connection is about five tracked objects and, once gone, no cycle: looking often finds nothing and costs tens of ms at 20,000."""


def settle(telemetry: Telemetry) -> None:
    """For the process: call once, when everything is built."""
    began: dict[int, float] = {}

    def watch(phase: str, detail: dict[str, Any]) -> None:
        generation = int(detail["generation"])
        if phase == "start":
            began[generation] = time.perf_counter()
        elif generation in began:
            telemetry.metrics.gc_pause.labels(str(generation)).observe(time.perf_counter() - began.pop(generation))

    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.callbacks.append(watch)
