"""A whole contest of the demonstration, short, over real servers; and the simulation's pure parts."""

import random
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from podium_client import PodiumRest

from podium.demo.day import CONTEST_S, FREEZE_AT, Day
from podium.demo.invented import PROBLEMS, team_names
from podium.demo.temper import Temper, accepted_odds, next_problem, temper, thinks_s, verdict
from tests.running import RunningPodium

CONTESTANTS = 12


@pytest.mark.anyio
async def test_a_contest_plays_itself(podium: RunningPodium) -> None:
    said: list[str] = []
    day = Day(podium.url, "Short", CONTESTANTS, 8, start_in_s=2, before_thaw_s=0.2, before_final_s=0.5)

    def grader_token(contest: str) -> str:
        return podium.token("grader", contest)

    async with PodiumRest(podium.url, podium.token("organiser")) as rest:
        await day.run(rest, grader_token, random.Random(5), said.append)
        contest = (await rest.contests(limit=1)).items[0]
        board = await rest.leaderboard(contest.id)
        told = await rest.submissions(contest.id)
    assert contest.state == "finalized"
    assert contest.started_at is not None
    assert contest.start_at is not None
    assert timedelta(0) <= contest.started_at - contest.start_at < timedelta(seconds=2), "it started by itself, at the planned moment"
    assert contest.frozen_from_s == CONTEST_S * FREEZE_AT
    assert max(one.contest_time_s for one in told.items) > CONTEST_S / 2, "the contest's own clock went through two hours"
    assert board.total == CONTESTANTS
    assert told.total > CONTESTANTS
    assert all(one.verdict is not None for one in told.items)
    assert sum(row.solved for row in board.rows) > 0
    assert [row for row in board.rows if not row.ranked], "guests are shown without a rank"
    story = ["starts by itself", "it runs", "frozen", "it is over", "are judged", "thawed", "final"]
    places = [next(place for place, line in enumerate(said) if part in line) for part in story]
    assert places == sorted(places), said


def test_names_are_many_distinct_and_of_several_scripts() -> None:
    names = team_names(300)
    assert len(set(names)) == 300
    scripts = {unicodedata.name(letter).split()[0] for name in names for letter in name if letter.isalpha()}
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "CJK", "HANGUL", "DEVANAGARI", "KATAKANA", "THAI"} <= scripts
    assert all(len(name) <= 200 for name in names)


chances = st.integers().map(random.Random)
tempers = st.builds(Temper, st.floats(0.05, 1), st.floats(0.6, 1.5))


@given(chances, tempers, st.floats(0, 1), st.floats(1, 18_000), st.integers(0, 50))
def test_people_think_and_fail_within_bounds(chance: random.Random, who: Temper, difficulty: float, duration_s: float, tries: int) -> None:
    assert 0 <= thinks_s(chance, who, difficulty, duration_s) <= duration_s / 2
    assert 0 < accepted_odds(who, difficulty, tries) < 1
    assert verdict(chance, who, difficulty, tries) in {"AC", "WA", "TLE", "RTE", "CE", "MLE"}
    assert next_problem(chance, who, {"A": difficulty}) == "A"


def test_the_skilled_solve_more() -> None:
    weak, strong = Temper(0.2, 1), Temper(0.95, 1)
    assert all(accepted_odds(strong, problem.difficulty, 0) > accepted_odds(weak, problem.difficulty, 0) for problem in PROBLEMS)


@given(chances)
def test_tempers_are_human(chance: random.Random) -> None:
    who = temper(chance)
    assert 0 < who.skill <= 1
    assert 0.5 < who.haste < 2
