"""One contest of the demonstration, from its making to the final board: the organiser's part, and everybody who takes part in it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from podium_client import ContestFeed, PodiumRest
from podium_client.answers import Code

from podium.demo.contestant import Contestant, Task
from podium.demo.doors import visitors
from podium.demo.invented import ANNOUNCEMENTS, DESCRIPTION, PROBLEMS, team_names
from podium.demo.judge import Judge
from podium.demo.temper import VISITOR, Temper, temper

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
CONTEST_S = 7_200
"""What the contest's own clock shows at its end: two hours, so that minutes and penalties look like those of a contest."""
FREEZE_AT = 0.75
JUDGED_WITHIN_S = 120.0
SAY_EVERY_S = 10.0
GUESTS_EVERY = 12
"""Every so many teams one is a guest: shown without a rank."""

Say = Callable[[str], None]
GraderToken = Callable[[str], str]
OnMade = Callable[[PodiumRest, str], Awaitable[None]]
"""With the organiser's client and the contest's id."""


@dataclass(frozen=True, slots=True)
class Day:
    """A contest that is about to be: how many, under what title, and the pauses between its acts.

    `play_s`: how long it takes; its own clock goes through CONTEST_S meanwhile (a rehearsal). `start_in_s`: from the schedule to the
    start, time to open the board and see the countdown.
    """

    url: str
    title: str
    contestants: int
    play_s: float
    start_in_s: float = 12.0
    before_thaw_s: float = 8.0
    before_final_s: float = 15.0

    @property
    def rate(self) -> float:
        """Contest seconds a second."""
        return CONTEST_S / self.play_s

    async def run(self, rest: PodiumRest, grader_token: GraderToken, chance: random.Random, say: Say, made: OnMade | None = None) -> None:
        """All of it. `grader_token` mints for a contest; `made` is called once there is one. Raises Refused, Unreachable."""
        scene = await _set_scene(rest, self, chance)
        say(f"{self.title}: {self.contestants} contestants, two hours in {self.play_s / 60:g} minutes")
        say(f"the board: {self.url}/board/{scene.contest}")
        for door in scene.doors:
            say(f"take part as {door.name.lower()}: {self.url}{door.link}")
        if made is not None:
            await made(rest, scene.contest)
        grader = rest.with_token(grader_token(scene.contest))
        feed = ContestFeed(self.url, scene.contest, fetch_ticket=partial(grader.ticket, scene.contest))
        judge = Judge(grader, feed, scene.tempers, scene.difficulties, random.Random(chance.random()))
        people = [_contestant(self, rest, scene, one, chance) for one in scene.people]
        start_at = await _schedule(rest, scene.contest, self, say)
        await rest.until_known(scene.contest)  # nobody may watch a draft, and the news of the schedule travels
        judging = asyncio.create_task(judge.run())
        story = asyncio.create_task(self._story(rest, feed, judge, start_at, say))
        tasks = [judging, story, *(asyncio.create_task(one.run()) for one in people)]
        try:
            await asyncio.wait([judging, story], return_when=asyncio.FIRST_COMPLETED)
            await (judging if judging.done() else story)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _story(self, rest: PodiumRest, feed: ContestFeed, judge: Judge, start_at: datetime, say: Say) -> None:
        try:
            async with asyncio.TaskGroup() as acts:
                acts.create_task(_conduct(rest, feed.contest, self, start_at))
                acts.create_task(_follow(rest, feed, judge, self, say))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None  # one sentence is for the person at the terminal, not a tree of them
        await _finish(rest, feed, judge, self, say)


@dataclass(frozen=True, slots=True)
class Person:
    """A contestant's name, id and access token."""

    name: str
    participant: str
    token: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What was made: `tempers` by participant, `difficulties` by question id and by label, `doors` for people who take part."""

    contest: str
    people: list[Person]
    tempers: dict[str, Temper]
    tasks: list[Task]
    difficulties: dict[str, float]
    doors: tuple[Code, ...]


async def _set_scene(rest: PodiumRest, day: Day, chance: random.Random) -> Scene:
    made = await rest.create_contest(
        day.title,
        CONTEST_S,
        description=DESCRIPTION,
        rehearsal=True,
        freeze_after_s=int(CONTEST_S * FREEZE_AT),
        theme={"accent": "#0a6cff"},
    )
    halls = [await rest.create_group(made.id, name) for name in ("North Hall", "South Hall")]
    guests = await rest.create_group(made.id, "Guests")
    tasks = []
    for place, problem in enumerate(PROBLEMS):
        label = chr(ord("A") + place)
        question = await rest.create_question(
            made.id, label, problem.title, position=place, color=problem.color, statement=problem.statement
        )
        tasks.append(Task(question.id, label, problem.difficulty))

    async def person(number_and_name: tuple[int, str]) -> Person:
        number, name = number_and_name
        is_guest = number % GUESTS_EVERY == GUESTS_EVERY - 1
        group = guests if is_guest else halls[number % len(halls)]
        who = await rest.create_participant(made.id, name, group_ids=[group.id], ranked=not is_guest)
        return Person(name, who.id, (await rest.participant_token(who.id)).token)

    people = await _each(list(enumerate(team_names(day.contestants))), person)
    doors = await visitors(rest, made.id, guests.id)
    tempers = {one.participant: temper(chance) for one in people} | {door.participant_id: VISITOR for door in doors}
    difficulties = {key: task.difficulty for task in tasks for key in (task.question_id, task.label)}
    return Scene(made.id, people, tempers, tasks, difficulties, doors)


def _contestant(day: Day, rest: PodiumRest, scene: Scene, person: Person, chance: random.Random) -> Contestant:
    own = rest.with_token(person.token)
    feed = ContestFeed(day.url, scene.contest, fetch_ticket=partial(own.ticket, scene.contest))
    return Contestant(person.name, own, feed, scene.tempers[person.participant], scene.tasks, day.play_s, random.Random(chance.random()))


async def _schedule(rest: PodiumRest, contest: str, day: Day, say: Say) -> datetime:
    """A little ahead; the moment at which it starts."""
    start_at = datetime.now(UTC) + timedelta(seconds=day.start_in_s)
    await rest.change_contest(contest, start_at=start_at)
    await rest.move(contest, "schedule")
    say(f"it starts by itself in {day.start_in_s:.0f} s")
    return start_at


async def _conduct(rest: PodiumRest, contest: str, day: Day, start_at: datetime) -> None:
    """The organiser of a rehearsal moves it where the servers' clock moves other contests: start, freeze, end."""
    await _until(start_at)
    await rest.move(contest, "start", contest_time_s=0)
    await rest.set_clock(contest, 0, day.rate)
    await _until(start_at + timedelta(seconds=day.play_s * FREEZE_AT))
    await rest.move(contest, "freeze", contest_time_s=CONTEST_S * FREEZE_AT)
    await _until(start_at + timedelta(seconds=day.play_s))
    await rest.move(contest, "end", contest_time_s=CONTEST_S)


async def _until(moment: datetime) -> None:
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


async def _follow(rest: PodiumRest, feed: ContestFeed, judge: Judge, day: Day, say: Say) -> None:
    """Until it has ended: tell what happens, announce a thing or two."""
    notices = [(CONTEST_S * (0.1 + 0.2 * n), text) for n, text in enumerate(ANNOUNCEMENTS)]
    told: tuple[str, bool] | None = None
    last_said_s = -float(CONTEST_S)
    while True:
        status = feed.status
        if status is not None:
            if (status.state, status.frozen) != told:
                told = (status.state, status.frozen)
                say(_news(status.state, frozen=status.frozen))
            if status.ended_at is not None:
                return
            now_s = feed.contest_time_s()
            if status.state == "ongoing" and now_s - last_said_s >= SAY_EVERY_S * day.rate:
                last_said_s = now_s
                say(_standing(feed, judge))
            while notices and status.state == "ongoing" and now_s >= notices[0][0]:
                await rest.announce(feed.contest, notices.pop(0)[1])
        await asyncio.sleep(0.25)


def _news(state: str, *, frozen: bool) -> str:
    if state == "ongoing" and frozen:
        return "frozen: from now on the public sees tries, not verdicts"
    return {"scheduled": "waiting for the start", "ongoing": "it runs", "ended": "it is over"}.get(state, state)


def _standing(feed: ContestFeed, judge: Judge) -> str:
    hours, minutes = divmod(int(feed.contest_time_s()) // 60, 60)
    leader = feed.board.rows[0] if feed.board and feed.board.rows else None
    ahead = f", {leader.name} ahead with {leader.solved}" if leader and leader.solved else ""
    return f"{hours}:{minutes:02}  {judge.judged_count} judged, {judge.waiting_count} in the queue{ahead}"


async def _finish(rest: PodiumRest, feed: ContestFeed, judge: Judge, day: Day, say: Say) -> None:
    await _all_judged(rest, feed.contest)
    say(f"all {judge.judged_count} submissions are judged; the thaw in {day.before_thaw_s:.0f} s")
    await asyncio.sleep(day.before_thaw_s)
    await rest.announce(feed.contest, "The envelopes are opened.")
    if feed.status is not None and feed.status.frozen:
        await rest.move(feed.contest, "thaw")
    say("thawed: everything is shown")
    await asyncio.sleep(day.before_final_s)
    await rest.move(feed.contest, "finalize")
    winner = (await rest.leaderboard(feed.contest, 0, 1)).rows[0]
    say(f"final: {winner.name} wins with {winner.solved} solved in {winner.penalty_min} minutes")


async def _all_judged(rest: PodiumRest, contest: str) -> None:
    """Bounded: a judge that lost its line for good must not hold up the thaw for ever; finalizing is then refused, and says why."""
    end = asyncio.get_running_loop().time() + JUDGED_WITHIN_S
    while asyncio.get_running_loop().time() < end:
        if not (await rest.contest(contest)).counts.unjudged:
            return
        await asyncio.sleep(0.5)


async def _each(items: list[T], make: Callable[[T], Awaitable[R]]) -> list[R]:
    """`make` of every item, AT_ONCE at a time, results in order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with slots:
            return await make(item)

    return await asyncio.gather(*(one(item) for item in items))
