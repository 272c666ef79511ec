"""Writes the file from which the admin reads how supervised processes ended (contest.process_ends)."""

from pathlib import Path
from typing import Any

import msgspec

from contest.process_ends import ProcessEnd, ProcessEnds
from podium.data_folder import write_private


class EndsFile:
    """Owner: the Supervisor. Bound: process_ends.KEPT ends. Begun anew with each `podium up`, as every process begins its metrics anew."""

    def __init__(self, path: Path, report: Any) -> None:
        self._path = path
        self._report = report
        self._ends = ProcessEnds()

    def watch(self, process: str) -> None:
        self._write(self._ends.watching(process))

    def note(self, end: ProcessEnd) -> None:
        self._write(self._ends.with_end(end))

    def _write(self, ends: ProcessEnds) -> None:
        """A full disk keeps the end from being shown, not the process from being started again."""
        self._ends = ends
        try:
            write_private(self._path, msgspec.json.encode(ends).decode())
        except OSError as error:
            self._report.error("process_ends.not_written", error=str(error))
