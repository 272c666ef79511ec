"""On every feed here the oracle, `fold` and `Tally` agree, thawed and as the public sees it frozen, and with what was counted by hand.

`FEED=<path>` in the environment adds that feed: there the feed's own first-to-solve awards have the last word.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contest.domain.boards import Board
from contest.domain.scoring import Entrant, GroupOf, Judged, Question, Rules, Tally, fold, hidden_by_groups
from tests.oracle import icpc_fold as oracle

HERE = Path(__file__).parent
OWN = sorted(HERE.glob("*.ndjson"))
FEEDS = OWN + [Path(path) for path in [os.environ.get("FEED")] if path]

BY_HAND = {
    "broken": "1 t1 1/1, 2 t3 1/7, 3 t4 1/16, 4 t2 1/28",
    "deleted": "1 t1 1/1, 2 t3 1/4, 3 t2 1/10, 4 t4 1/35",
    "duplicates": "1 t2 1/5, 2 t4 1/16, 3 t1 1/22, 4 t3 1/28",
    "hidden-group": "1 t1 2/41, 2 t2 1/3, 3 t4 1/6, 4 t7 1/15",
    "judged-in-freeze": "1 t1 2/16, 2 t4 2/53, 3 t5 1/16, 4 t3 1/34, 4 t2 1/34",
    "operations": "1 t3 2/26, 2 t1 1/22, 3 t2 1/35, 4 t4 0/0",
    "penalty-number": "1 t3 2/39, 2 t1 1/11, 3 t2 1/11, 4 t4 1/26",
    "penalty-reltime": "1 t3 2/29, 2 t1 1/6, 3 t2 1/11, 4 t4 1/21",
    "rejudged": "1 t4 2/20, 2 t3 1/2, 2 t2 1/2, 4 t6 1/19, 5 t5 1/27, 6 t1 1/28",
    "strays": "1 t2 2/9, 2 t3 2/24, 3 t1 1/25, 4 t4 0/0",
    "two-judgements": "1 t4 2/42, 2 t1 1/1, 3 t2 1/2, 4 t3 1/6",
}
"""`rank id solved/penalty_min` at the end."""

BY_HAND_FROZEN = {
    "hidden-group": "1 t2 1/3, 2 t4 1/6, 3 t1 1/23, 4 t7 0/0",
    "judged-in-freeze": "1 t1 1/1, 2 t3 1/34, 2 t2 1/34, 4 t5 0/0, 4 t4 0/0",
    "rejudged": "1 t3 1/2, 1 t2 1/2, 3 t4 1/4, 4 t5 1/27, 5 t1 1/28, 6 t6 0/0",
    "two-judgements": "1 t1 1/1, 2 t2 1/2, 3 t3 1/6, 4 t4 1/7",
}
"""The same as the public sees it before the thaw."""


class Contest(NamedTuple):
    """A feed as `scoring` takes it."""

    penalty_s: int
    freeze_from_s: float | None
    questions: list[Question]
    groups: list[GroupOf]
    entrants: list[Entrant]
    runs: list[Judged]

    def rules(self, *, frozen: bool) -> Rules:
        return Rules("icpc", self.penalty_s, self.freeze_from_s if frozen else None)


def contest_of(objects: oracle.Objects) -> Contest:
    contest = objects["contest"]["contest"]
    groups = [GroupOf(key, group["name"], group.get("hidden", False)) for key, group in objects.get("groups", {}).items()]
    entrants = []
    for key, team in objects["teams"].items():
        own = tuple(team.get("group_ids", ()))
        hidden = team.get("hidden", False) or hidden_by_groups(own, groups)
        entrants.append(Entrant(key, team.get("display_name") or team["name"], own, hidden=hidden))
    problems = sorted(objects["problems"].items(), key=lambda each: each[1]["ordinal"])
    questions = [Question(key, problem["label"], problem["name"]) for key, problem in problems]
    verdicts = oracle.verdicts_of(objects)
    runs = []
    for arrival, (key, run) in enumerate(objects["submissions"].items()):
        at_ms = oracle.ms_of(run["contest_time"])
        assert at_ms is not None
        runs.append(Judged(key, run["team_id"], run["problem_id"], at_ms / 1000, arrival, verdicts.get(key)))
    freeze_ms = oracle.freeze_ms_of(contest)
    return Contest(int(oracle.penalty_s_of(contest)), None if freeze_ms is None else freeze_ms / 1000, questions, groups, entrants, runs)


def as_oracle(board: Board) -> dict[str, Any]:
    rows = [{"rank": row.rank, "id": row.id, "name": row.name, "solved": row.solved, "penalty_min": row.penalty_min} for row in board.rows]
    ids = {problem.label: problem.id for problem in board.problems}
    firsts = {ids[label]: row.id for row in board.rows for label, cell in row.cells.items() if cell.first_to_solve}
    return {"board": rows, "first_to_solve": firsts}


def in_short(board: list[dict[str, Any]]) -> str:
    return ", ".join(f"{row['rank']} {row['id']} {row['solved']}/{row['penalty_min']}" for row in board)


def lines_of(feed: Path) -> list[bytes]:
    return feed.read_bytes().split(b"\n")


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.stem)
@pytest.mark.parametrize("frozen", [False, True], ids=["thawed", "frozen"])
def test_oracle_fold_and_tally_agree(feed: Path, *, frozen: bool) -> None:
    objects = oracle.objects_of(lines_of(feed))
    contest = contest_of(objects)
    rules = contest.rules(frozen=frozen)
    folded = fold(rules, contest.questions, contest.groups, contest.entrants, contest.runs, "public")
    tally = Tally(rules, contest.questions, contest.groups, contest.entrants)
    for run in contest.runs:
        tally.put(run)
        tally.board("public")
    hide_from_ms = oracle.freeze_ms_of(objects["contest"]["contest"]) if frozen else None
    assert as_oracle(folded) == as_oracle(tally.board("public")) == oracle.standing(objects, hide_from_ms)


@pytest.mark.parametrize("feed", OWN, ids=lambda feed: feed.stem)
def test_boards_are_what_was_counted_by_hand(feed: Path) -> None:
    found = oracle.judged_feed(lines_of(feed))
    assert in_short(found["board"]) == BY_HAND[feed.stem]
    assert in_short(found["public"]["board"]) == BY_HAND_FROZEN.get(feed.stem, in_short(found["public"]["board"]))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.stem)
def test_first_to_solve_is_what_the_feed_awards(feed: Path) -> None:
    """Own feeds award nothing: nothing may contradict them either."""
    objects = oracle.objects_of(lines_of(feed))
    prefix = "first-to-solve-"
    awarded = {key.removeprefix(prefix): each["team_ids"] for key, each in objects.get("awards", {}).items() if key.startswith(prefix)}
    found = {problem: [team] for problem, team in oracle.standing(objects)["first_to_solve"].items()}
    assert not awarded or found == awarded


@pytest.mark.parametrize("feed", OWN, ids=lambda feed: feed.stem)
def test_every_feed_is_listed_and_goes_through_all_states(feed: Path) -> None:
    assert f"`{feed.name}`" in (HERE / "README.md").read_text()
    states = []
    for line in dict.fromkeys(lines_of(feed)):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("type") == "state" and isinstance(found["data"], dict):
            states.append(found["data"])
    named = ["started", "frozen", "ended", "thawed", "finalized", "end_of_updates"]
    assert list(states[-1]) == named
    counts = [len(state) for state in states]
    assert counts == sorted(counts)
    assert set(counts) == set(range(len(named) + 1))


def test_the_same_contest_differs_by_its_penalty_alone() -> None:
    number, reltime = (oracle.objects_of(lines_of(HERE / f"penalty-{kind}.ndjson")) for kind in ("number", "reltime"))
    assert number["contest"]["contest"]["penalty_time"] == 10
    assert reltime["contest"]["contest"]["penalty_time"] == "0:05:00.000"
    assert [oracle.penalty_s_of(objects["contest"]["contest"]) for objects in (number, reltime)] == [600, 300]
