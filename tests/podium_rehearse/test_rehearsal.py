"""A rehearsal fails when it should: each check by itself, and the whole command against a judge that says otherwise."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace
from podium_client import Cell, Row
from podium_client.answers import Leaderboard

from podium.clics.feed import read_feed
from podium.clics.timeline import plan
from podium.rehearse.checks import ORACLE, checks, independent_fold
from podium.replay.ending import BoardRow, Result
from podium.replay.run import Played
from tests.running import ROOT

FEED = ROOT / "tests" / "feeds" / "two-judgements.ndjson"


def quiet(_line: int, _reason: str) -> None: ...


@pytest.fixture(scope="module")
def perfect() -> tuple[Played, dict[str, Any]]:
    """What a replay of the feed has to come to, made from the fold itself."""
    fold = independent_fold(ORACLE, FEED)
    timeline = plan(read_feed(FEED.read_bytes().splitlines(), quiet), quiet)
    labels = {problem.id: problem.label for problem in timeline.problems}
    firsts: dict[str, dict[str, Cell]] = {}
    for problem, team in fold["first_to_solve"].items():
        firsts.setdefault(team, {})[labels[problem]] = Cell(1, solved=True, first_to_solve=True)
    board = tuple(BoardRow(**row) for row in fold["board"])
    rows = tuple(Row(row.id, row.name, row.rank, external_id=row.id, cells=firsts.get(row.id, {})) for row in board)
    result = Result("c", "e", 9, board, viewers_agree=True, leaks=0, staff_saw_frozen=timeline.frozen_verdicts)
    return Played(result, Leaderboard("e", 9, len(rows), rows), timeline), fold


def failing(played: Played, fold: dict[str, Any]) -> list[str]:
    return [check.claim for check in checks(played, fold, 5) if check.holds is False]


def test_a_perfect_one_holds(perfect: tuple[Played, dict[str, Any]]) -> None:
    assert failing(*perfect) == []


@pytest.mark.parametrize(
    ("members", "claim"),
    [
        ({"leaks": 1}, "no public viewer"),
        ({"viewers_agree": False}, "all 5 viewers"),
        ({"staff_saw_frozen": 0}, "staff held"),
        ({"staff_saw_frozen": 1}, "staff held"),
        ({"board": ()}, "the whole final board"),
    ],
)
def test_each_fault_fails_its_check(perfect: tuple[Played, dict[str, Any]], members: dict[str, Any], claim: str) -> None:
    played, fold = perfect
    wrong = Played(replace(played.result, **members), played.board, played.timeline)
    (found,) = failing(wrong, fold)
    assert found.startswith(claim)


@pytest.mark.parametrize("member", ["rank", "id", "name", "solved", "penalty_min"])
def test_one_wrong_member_of_one_row_is_found(perfect: tuple[Played, dict[str, Any]], member: str) -> None:
    played, fold = perfect
    rows = [to_builtins(row) for row in played.result.board]
    rows[-1][member] = 99 if isinstance(rows[-1][member], int) else "other"
    wrong = Played(replace(played.result, board=tuple(BoardRow(**row) for row in rows)), played.board, played.timeline)
    assert failing(wrong, fold) == ["the whole final board equals the independent fold"]


def test_a_missing_first_to_solve_is_found(perfect: tuple[Played, dict[str, Any]]) -> None:
    played, fold = perfect
    unmarked = tuple(replace(row, cells={}) for row in played.board.rows)
    wrong = Played(played.result, replace(played.board, rows=unmarked), played.timeline)
    assert "first to solve, by the independent fold" in failing(wrong, fold)


def test_the_command_ends_as_it_found(tmp_path: Path) -> None:
    """Once with the real fold, once with one that knows a better winner; two at a time, each with a Podium of its own."""
    liar = tmp_path / "liar.py"
    liar.write_text(
        "import json, subprocess, sys\n"
        f"told = json.loads(subprocess.run([sys.executable, {str(ORACLE)!r}, sys.argv[1]], capture_output=True, check=True).stdout)\n"
        "told['board'][0]['penalty_min'] -= 1\n"
        "print(json.dumps(told))\n"
    )
    command = [sys.executable, "-m", "podium", "rehearse", str(FEED), "--speed", "600", "--viewers", "3"]
    running = [
        subprocess.Popen([*command, *more], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for more in ([], ["--oracle", str(liar)])
    ]
    (good, good_said), (bad, bad_said) = (process.communicate(timeout=120) for process in running)
    assert [process.returncode for process in running] == [0, 1], good + good_said + bad + bad_said
    assert "FAILS" not in good
    assert bad.count("FAILS") == 1
