"""What a rehearsal has to show, each as a sentence that holds or not. Judged against the independent fold and the feed's own awards."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from podium.replay.run import Played

ORACLE = Path(__file__).parent.parent.parent / "tests" / "oracle" / "icpc_fold.py"


class Check(NamedTuple):
    """`holds` None: there was nothing to compare with. `found`: what was seen, for people."""

    claim: str
    holds: bool | None
    found: str


def independent_fold(oracle: Path, feed: Path) -> dict[str, Any]:
    """What the fold says of the feed. Raises OSError, subprocess.CalledProcessError, ValueError."""
    run = subprocess.run([sys.executable, str(oracle), str(feed)], check=True, capture_output=True, timeout=120)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def checks(played: Played, fold: dict[str, Any], viewers: int) -> list[Check]:
    result, timeline = played.result, played.timeline
    frozen = timeline.frozen_verdicts
    staff_missed = result.staff_saw_frozen != frozen
    return [
        _board([msgspec.to_builtins(row) for row in result.board], fold["board"]),
        _firsts("first to solve, by the independent fold", first_to_solve(played), {k: (v,) for k, v in fold["first_to_solve"].items()}),
        _firsts("first to solve, by the feed's awards", first_to_solve(played), timeline.first_to_solve),
        Check(f"all {viewers} viewers hold this board", result.viewers_agree, f"epoch {result.epoch}, seq {result.seq}"),
        Check("no public viewer saw a frozen verdict", result.leaks == 0, f"{result.leaks} leaks in the raw bytes"),
        Check("staff held the frozen verdicts before the thaw", not staff_missed, f"{result.staff_saw_frozen} of {frozen}"),
    ]


def first_to_solve(played: Played) -> dict[str, tuple[str, ...]]:
    """By the feed's problem id, the teams that the final board marks."""
    ids = {problem.label: problem.id for problem in played.timeline.problems}
    found: dict[str, tuple[str, ...]] = {}
    for row in played.board.rows:
        for label, cell in row.cells.items():
            if cell.first_to_solve:
                found[ids[label]] = (*found.get(ids[label], ()), row.external_id or row.id)
    return found


def _board(shown: list[dict[str, Any]], folded: list[dict[str, Any]]) -> Check:
    claim = "the whole final board equals the independent fold"
    if shown == folded:
        return Check(claim, True, f"{len(shown)} rows")
    here = next((n for n, (a, b) in enumerate(zip(shown, folded, strict=False)) if a != b), min(len(shown), len(folded)))
    return Check(claim, False, f"row {here + 1}: {_at(shown, here)}, the fold says {_at(folded, here)}")


def _at(rows: list[dict[str, Any]], number: int) -> str:
    return json.dumps(rows[number], ensure_ascii=False) if number < len(rows) else "nothing"


def _firsts(claim: str, shown: dict[str, tuple[str, ...]], wanted: dict[str, tuple[str, ...]]) -> Check:
    if not wanted:
        return Check(claim, None, "nothing to compare with")
    wrong = sorted(problem for problem in shown.keys() | wanted.keys() if set(shown.get(problem, ())) != set(wanted.get(problem, ())))
    if not wrong:
        return Check(claim, True, f"{len(wanted)} problems")
    return Check(claim, False, "; ".join(f"{one}: {shown.get(one, ())}, not {wanted.get(one, ())}" for one in wrong))
