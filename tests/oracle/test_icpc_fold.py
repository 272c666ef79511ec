"""The oracle itself, line by line: what it takes from a feed, and its command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import icpc_fold as oracle

HERE = Path(__file__).parent
FEED = HERE.parent / "feeds" / "rejudged.ndjson"


def told(kind: str, object_id: str, **data: Any) -> bytes:
    return json.dumps({"type": kind, "id": object_id, "data": {"id": object_id, **data}, "token": "x"}).encode()


START = [
    told("contest", "c", duration="0:20:00", scoreboard_freeze_duration="0:05:00", penalty_time=20, start_time="2026-03-01T09:00:00Z"),
    told("problems", "a", label="A"),
    told("teams", "t1", name="One"),
    told("teams", "t2", name="Two"),
]


def run(run_id: str, at: str, verdict: str | None, team: str = "t1", **judgement: Any) -> list[bytes]:
    return [
        told("submissions", run_id, team_id=team, problem_id="a", contest_time=at),
        told("judgements", f"j{run_id}", submission_id=run_id, judgement_type_id=verdict, end_contest_time=at, **judgement),
    ]


def short(lines: list[bytes]) -> list[tuple[int, str, int, int]]:
    return [(row["rank"], row["id"], row["solved"], row["penalty_min"]) for row in oracle.final_board(lines)]


def test_teams_without_submissions_share_the_last_rank() -> None:
    assert short(START) == [(1, "t1", 0, 0), (1, "t2", 0, 0)]
    assert short([*START, *run("s", "0:03:59.999", "AC", "t2")]) == [(1, "t2", 1, 3), (2, "t1", 0, 0)]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0:04:48.183", 288_183),
        ("12:00:00", 43_200_000),
        ("-0:06:13.697", -373_697),
        ("0:00:00.5", 500),
        ("4:5:6", None),
        ("", None),
        (17, None),
        (None, None),
    ],
)
def test_reltime(text: Any, ms: int | None) -> None:
    assert oracle.ms_of(text) == ms


@pytest.mark.parametrize(
    ("penalty", "seconds"), [(20, 1200), (0, 0), ("0:20:00.000", 1200), ("0:01:30", 90), (None, 1200), (True, 1200), ("x", 1200)]
)
def test_penalty_time(penalty: Any, seconds: float) -> None:
    assert oracle.penalty_s_of({"penalty_time": penalty}) == seconds
    assert oracle.penalty_s_of({}) == 1200


def test_penalty_counts_before_the_accepted_run_and_only_where_it_costs() -> None:
    lines = [*START, *run("s1", "0:01:00", "WA"), *run("s2", "0:02:00", "CE"), *run("s3", "0:03:00", "AC"), *run("s4", "0:04:00", "WA")]
    assert short(lines)[0] == (1, "t1", 1, 23)
    free = told("judgement-types", "WA", solved=False, penalty=False), told("judgement-types", "AC", solved=True)
    assert short([*lines, *free])[0] == (1, "t1", 1, 23), "CE is not among the feed's own types: rejected with penalty"


def test_the_latest_line_of_an_object_is_the_truth() -> None:
    lines = [*START, *run("s", "0:01:00", "AC")]
    assert short([*lines, told("judgements", "js", submission_id="s", judgement_type_id="WA")])[0][2] == 0
    assert short([*lines, *lines])[0][2] == 1
    gone = b'{"type":"judgements","id":"js","data":null}'
    assert short([*lines, gone])[0][2] == 0
    assert short([*lines, b'{"type":"teams","id":"ev9","op":"delete","data":{"id":"t1"}}']) == [(1, "t2", 0, 0)]
    assert short([*lines, b'{"type":"submissions","id":null,"data":[]}'])[0][2] == 0


def test_current_decides_then_the_end() -> None:
    first = run("s", "0:01:00", "WA")
    later = {"submission_id": "s", "judgement_type_id": "AC", "end_contest_time": "0:02:00"}
    assert short([*START, *first, told("judgements", "k", **later)])[0][2] == 1
    assert short([*START, told("judgements", "k", **later), *first])[0][2] == 1
    assert short([*START, *first, told("judgements", "k", **later, current=False)])[0][2] == 0
    assert short([*START, *run("s", "0:01:00", "WA", current=True), told("judgements", "k", **later)])[0][2] == 0
    by_wall = {"submission_id": "s", "judgement_type_id": "AC", "end_time": "2026-03-01T09:01:30Z"}
    assert short([*START, told("judgements", "k", **by_wall), *first])[0][2] == 1
    begun = told("judgements", "k", submission_id="s", start_contest_time="0:05:00")
    assert short([*START, *run("s", "0:01:00", "AC"), begun])[0][2] == 1, "a rejudgement that has only begun changes nothing"


def test_what_is_hidden_and_what_never_scores() -> None:
    hidden = told("groups", "h", hidden=True), told("teams", "t1", name="One", group_ids=["h"])
    assert short([*START, *hidden, *run("s", "0:01:00", "AC")]) == [(1, "t2", 0, 0)]
    assert short([*START, *run("s", "-0:00:00.001", "AC"), *run("r", "0:01:00", "AC", "nobody")])[0][2] == 0


def test_a_frozen_board_hides_by_time_of_submission() -> None:
    lines = [*START, *run("s1", "0:14:59.999", "AC"), *run("s2", "0:15:00", "AC", "t2")]
    found = oracle.judged_feed(lines)
    assert [row["solved"] for row in found["board"]] == [1, 1]
    assert [(row["id"], row["solved"]) for row in found["public"]["board"]] == [("t1", 1), ("t2", 0)]


@pytest.mark.parametrize(
    "line", [b"", b"x", b"{", b"[]", b"1", b'{"type":1}', b'{"type":"teams"}', b'{"type":"teams","id":"t1","data":"x"}', b"\xff"]
)
def test_broken_lines_change_nothing(line: bytes) -> None:
    lines = [*START, *run("s", "0:01:00", "AC")]
    assert short([*lines[:3], line, *lines[3:], line]) == short(lines)


def test_command_line_prints_json() -> None:
    done = subprocess.run([sys.executable, str(HERE / "icpc_fold.py"), str(FEED)], capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout) == oracle.judged_feed(FEED.read_bytes().splitlines())


def test_shares_no_code_with_podium() -> None:
    imports = [line for line in (HERE / "icpc_fold.py").read_text().splitlines() if line.startswith(("import ", "from "))]
    assert {line.split()[1].partition(".")[0] for line in imports} <= sys.stdlib_module_names
