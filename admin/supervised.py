"""What `podium up` noted of processes that ended, as errors and as a metric. A process cannot tell of its own end."""

from pathlib import Path
from typing import Any

import msgspec

from contest.process_ends import ProcessEnds, read_ends
from contest.telemetry import Telemetry


class Supervised:
    """Reads `path` anew each time it is asked; None: nobody supervises these processes but who started them."""

    def __init__(self, path: Path | None, telemetry: Telemetry) -> None:
        self._path = path
        self._telemetry = telemetry

    def listed(self) -> list[dict[str, Any]]:
        """Items as those of `contest.telemetry.Errors`, with `end`, `lived_s` and `again_in_s`."""
        return [{**msgspec.structs.asdict(end), "event": "process.ended", "count": 1} for end in self._read().last]

    def count(self) -> None:
        """Set the metric to what the file says: the supervisor counts, and this process may be younger than the counts."""
        for service, ends in self._read().counts.items():
            counter = self._telemetry.metrics.process_ends.labels(service)
            counter.reset()
            counter.inc(ends)

    def _read(self) -> ProcessEnds:
        if self._path is None:
            return ProcessEnds()
        try:
            return read_ends(self._path)
        except (OSError, msgspec.MsgspecError) as error:
            self._telemetry.log.error("process_ends.not_read", error=type(error).__name__)
            return ProcessEnds()
