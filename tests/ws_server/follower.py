"""A client written from protocol.md alone: it follows its logs, and complains of each frame that may not come where it came.

It shares no code with the servers or the SDKs. What it complains of fails the test; what it holds is compared with what was published."""

import json
from dataclasses import dataclass, field
from typing import Any

EVENT_LOGS = frozenset({"events:public", "events:organiser", "events:proctor", "inbox"})
SNAPSHOTS = frozenset({"board.snapshot", "events.snapshot", "inbox.snapshot", "log.snapshot"})


@dataclass
class Held:
    """Where a follower stands in one log, and how it came there.

    `rows`: of a board, by id; `boards`: what they came to at each (epoch, seq). `told`: events by (epoch, seq). `snapshot`: the last."""

    epoch: str = ""
    seq: int = 0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    boards: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    told: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    snapshot: dict[str, Any] = field(default_factory=dict)


class Follower:
    """One client over all its connections. `begin` with each new one, then `see` every frame in the order of its arrival."""

    def __init__(self, may_read: frozenset[str]) -> None:
        self.may_read = may_read
        self.logs: dict[str, Held] = {}
        self.raw: list[bytes] = []
        self._greeted = False
        self._continues: set[str] = set()

    def have(self) -> str:
        return ",".join(f"{log}@{held.epoch}.{held.seq}" for log, held in self.logs.items())

    def begin(self) -> None:
        self._greeted, self._continues = False, set(self.logs)

    def see(self, raw: bytes) -> None:
        """Raises AssertionError on a frame that the protocol does not allow here."""
        self.raw.append(raw)
        frame = json.loads(raw)
        if not self._greeted:
            assert frame["type"] == "hello", "the first frame greets"
            assert set(frame["logs"]) <= self.may_read
            self._greeted = True
        elif frame["type"] == "resync":
            assert frame["log"] in self._continues, "only who holds a position is told that it cannot be continued"
            self._continues.discard(frame["log"])
        elif "log" in frame:
            self._follow(frame)

    def _follow(self, frame: dict[str, Any]) -> None:
        log, here = frame["log"], (frame["epoch"], frame["seq"])
        assert log in self.may_read, f"{log} is not for this reader"
        held = self.logs.setdefault(log, Held())
        if frame["type"] in SNAPSHOTS:
            assert log not in self._continues, f"a snapshot of {log} that no resync announced"
            held.epoch, held.seq, held.snapshot = *here, frame
            self._continues.add(log)
            if log not in EVENT_LOGS:
                self._moved(held, {row["id"]: row for row in frame["board"]["rows"]})
            return
        assert log in self._continues, f"{log} goes on before its snapshot"
        assert frame["epoch"] == held.epoch, f"{log} goes on in another epoch"
        if log in EVENT_LOGS:
            assert frame["seq"] == held.seq + 1, f"{log} goes from {held.seq} to {frame['seq']}"
            held.seq, held.told[here] = frame["seq"], frame
        else:
            assert frame["since"] == held.seq < frame["seq"], f"{log} at {held.seq} gets {frame['since']} to {frame['seq']}"
            held.seq = frame["seq"]
            self._moved(held, held.rows | {row["id"]: held.rows.get(row["id"], {}) | row for row in frame["rows"]})

    def _moved(self, held: Held, rows: dict[str, dict[str, Any]]) -> None:
        held.rows = rows
        held.boards[held.epoch, held.seq] = {name: row.get("solved", 0) for name, row in rows.items()}
