"""Counts, in the raw frames that a viewer received, what the public must not see yet. Reads protocol.md's JSON itself: no code of the
servers or of the client takes part."""

from typing import Any

import orjson

from podium.replay.allowed import Allowed

_PUBLIC_LOGS = frozenset({"board:public", "events:public"})


class LeakCounter:
    """Follows one connection's frames. Owner: one reading. Bound: the row ids of one board."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._teams: dict[str, str | None] = {}

    def count(self, raw: bytes, *, thawed: bool) -> int:
        """How many things in this frame a public viewer must not get. After the thaw only hidden teams count."""
        frame = orjson.loads(raw)
        wrong = int("log" in frame and frame["log"] not in _PUBLIC_LOGS)
        if frame["type"] == "verdict.reached":
            return wrong + 1
        rows = frame["board"]["rows"] if frame["type"] == "board.snapshot" else frame.get("rows", [])
        return wrong + sum(self._in_row(row, thawed) for row in rows)

    def _in_row(self, row: dict[str, Any], thawed: bool) -> int:
        if "external_id" in row or row["id"] not in self._teams:
            self._teams[row["id"]] = row.get("external_id")
        team = self._teams[row["id"]]
        hidden = int(team in self._allowed.hidden or row.get("hidden", False))
        return hidden if thawed else hidden + beyond(self._allowed, team, row)


def beyond(allowed: Allowed, team: str | None, row: dict[str, Any]) -> int:
    """What a row (whole or changed members) says that no judgement of a submission before the freeze can give."""
    if allowed.freeze_s is None:
        return 0
    solvable = {label: cell.minutes for label, cell in allowed.teams.get(team or "", {}).items() if cell.minutes}
    minutes = {minute for of_cell in solvable.values() for minute in of_cell}
    found = int(row.get("solved", 0) > len(solvable))
    found += int(row.get("last_min", 0) not in minutes | {0})
    return found + sum(_in_cell(allowed, team, label, cell) for label, cell in row.get("cells", {}).items() if cell)


def _in_cell(allowed: Allowed, team: str | None, label: str, cell: dict[str, Any]) -> int:
    may = allowed.cell(team, label)
    told_too_much = cell.get("num_judged", 0) > may.runs
    solved_too_late = bool(cell.get("solved", False) or cell.get("first_to_solve", False)) and cell.get("time_min") not in may.minutes
    return int(told_too_much or solved_too_late)


class FrozenSeen:
    """Counts what a staff connection heard of the frozen hour before the thaw: verdicts, and cells of the full board."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._verdicts: set[str] = set()
        self._cells: set[tuple[str, str]] = set()
        self._teams: dict[str, str | None] = {}

    @property
    def count(self) -> int:
        """Distinct submissions with a verdict, or, when the events were missed, distinct cells that tell of one."""
        return max(len(self._verdicts), len(self._cells))

    def see(self, raw: bytes) -> None:
        if self._allowed.freeze_s is None:
            return
        frame = orjson.loads(raw)
        if frame["type"] == "verdict.reached":
            submission = frame["submission"]
            if submission["verdict"] is not None and submission["contest_time_s"] >= self._allowed.freeze_s:
                self._verdicts.add(submission["id"])
        elif frame.get("log") == "board:full" and frame["type"] in ("board.snapshot", "board.delta"):
            for row in frame["board"]["rows"] if frame["type"] == "board.snapshot" else frame["rows"]:
                self._see_row(row)

    def _see_row(self, row: dict[str, Any]) -> None:
        if "external_id" in row or row["id"] not in self._teams:
            self._teams[row["id"]] = row.get("external_id")
        team = self._teams[row["id"]]
        for label, cell in row.get("cells", {}).items():
            if cell and _in_cell(self._allowed, team, label, cell):
                self._cells.add((row["id"], label))
