"""The ends of supervised processes, as `podium up` notes them in a file and the admin shows them under monitoring: what died is then
readable also when it is what would have told. How many are kept is decided here; who writes and who reads is theirs."""

from pathlib import Path

import msgspec

KEPT = 100
"""Ends kept one by one, about 15 kB; the oldest is forgotten first. A process that ends at every start fills it in a quarter of an hour."""


class ProcessEnd(msgspec.Struct, frozen=True):
    """One end that nobody asked for. `end`: exit code or signal in words; `again_in_s`: the pause before it was started again."""

    at: str
    process: str
    end: str
    lived_s: float
    again_in_s: float


class ProcessEnds(msgspec.Struct, frozen=True):
    """`counts`: ends of each supervised process since its supervisor started, 0 included. `last`: the newest first, at most KEPT."""

    counts: dict[str, int] = {}
    last: tuple[ProcessEnd, ...] = ()

    def watching(self, process: str) -> "ProcessEnds":
        return ProcessEnds(self.counts | {process: self.counts.get(process, 0)}, self.last)

    def with_end(self, end: ProcessEnd) -> "ProcessEnds":
        return ProcessEnds(self.counts | {end.process: self.counts.get(end.process, 0) + 1}, (end, *self.last)[:KEPT])


def read_ends(path: Path) -> ProcessEnds:
    """Raises OSError if there is no such file, msgspec.MsgspecError if it holds something else."""
    return msgspec.json.decode(path.read_bytes(), type=ProcessEnds)
