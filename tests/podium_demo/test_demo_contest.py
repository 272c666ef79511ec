"""A whole contest of the demonstration, short, over real servers; and the simulation's pure parts."""

import asyncio
import random
import unicodedata
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from podium_client import ContestFeed, PodiumRest, Refused, VerdictReached

from podium.demo.day import CONTEST_S, FREEZE_AT, Day
from podium.demo.doors import LOGIN, VISITORS, OrganiserDoor
from podium.demo.invented import PROBLEMS, team_names
from podium.demo.temper import Temper, accepted_odds, next_problem, temper, thinks_s, verdict
from tests.running import RunningPodium

CONTESTANTS = 12


async def visit(url: str, link: str) -> str:
    """Come in by a link that was printed, take part, and hand one program in: the verdict."""
    contest, _, code = link.rpartition("/take/")[2].partition("#code=")
    async with PodiumRest(url) as rest:
        session = await rest.taking.log_in(contest, code=code)
        assert session.token is not None
        own = rest.with_token(session.token)
        feed = ContestFeed(url, contest, fetch_ticket=partial(own.ticket, contest))
        is_in = False
        async for frame in feed:
            if feed.status is not None and feed.status.state == "ongoing" and not is_in:
                is_in = True
                await own.start(contest)
                question = (await own.taking.paper(contest)).questions[0]
                assert question.statement
                await own.submit(contest, question.id, language="python", source="print(1)")
            if isinstance(frame, VerdictReached) and frame.submission.verdict is not None:
                await feed.close()
                return frame.submission.verdict
    raise AssertionError("the line ended before a verdict came")


@pytest.mark.anyio
async def test_a_contest_plays_itself(podium: RunningPodium) -> None:
    said: list[str] = []
    day = Day(podium.url, "Short", CONTESTANTS, 8, start_in_s=2, before_thaw_s=0.2, before_final_s=0.5)

    def grader_token(contest: str) -> str:
        return podium.token("grader", contest)

    visits: list[asyncio.Task[str]] = []

    async def made(rest: PodiumRest, contest: str) -> None:
        visits.extend(asyncio.create_task(visit(podium.url, line)) for line in said if f"/take/{contest}#code=" in line)

    async with PodiumRest(podium.url, podium.token("organiser")) as rest:
        await day.run(rest, grader_token, random.Random(5), said.append, made)
        assert len(visits) == VISITORS
        assert set(await asyncio.gather(*visits)) <= {"AC", "WA", "TLE", "RTE", "CE", "MLE"}
        contest = (await rest.contests(limit=1)).items[0]
        board = await rest.leaderboard(contest.id)
        told = await rest.submissions(contest.id)
    assert contest.state == "finalized"
    assert contest.started_at is not None
    assert contest.start_at is not None
    assert timedelta(0) <= contest.started_at - contest.start_at < timedelta(seconds=2), "it started by itself, at the planned moment"
    assert contest.frozen_from_s == CONTEST_S * FREEZE_AT
    assert max(one.contest_time_s for one in told.items) > CONTEST_S / 2, "the contest's own clock went through two hours"
    assert board.total == CONTESTANTS + VISITORS
    assert told.total > CONTESTANTS
    assert all(one.verdict is not None for one in told.items)
    assert sum(row.solved for row in board.rows) > 0
    assert [row for row in board.rows if not row.ranked], "guests are shown without a rank"
    story = ["starts by itself", "it runs", "frozen", "it is over", "are judged", "thawed", "final"]
    places = [next(place for place, line in enumerate(said) if part in line) for part in story]
    assert places == sorted(places), said


@pytest.mark.anyio
async def test_a_visitor_organises_what_the_demonstration_made_and_nothing_else(podium: RunningPodium) -> None:
    async with PodiumRest(podium.url, podium.token("organiser")) as rest:
        foreign, *own = [(await rest.create_contest(f"Contest {number}", 3600)).id for number in range(3)]
        door = OrganiserDoor()
        password = await door.open(rest, own[0])
        async with PodiumRest(podium.url) as visitor:
            account = next(one for one in (await rest.people.all(0, 100)).items if one.login == LOGIN)
            assert not account.must_change_password, "it is printed for many"
            organising = visitor.with_token((await visitor.log_in(LOGIN, password)).token)
            assert await door.open(rest, own[1]) == password, "whoever is in stays in"
            assert (await organising.contest(own[0])).id == own[0]
            again = visitor.with_token((await visitor.log_in(LOGIN, password)).token)
            assert {one.id for one in (await again.contests()).items} == set(own)
            with pytest.raises(Refused):
                await again.contest(foreign)
            after_restart = await OrganiserDoor().open(rest, own[1])
            assert after_restart != password
            with pytest.raises(Refused):
                await visitor.log_in(LOGIN, password)


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
