"""One simulated contestant: holds a feed with a ticket, starts its attempt, thinks, submits, waits for its verdicts. A client like
any other."""

import asyncio
import random
from dataclasses import dataclass

from podium_client import (
    ContestFeed,
    ContestStatus,
    EventsSnapshot,
    InboxSnapshot,
    PodiumRest,
    Refused,
    Submission,
    VerdictReached,
)

from podium.demo.temper import Temper, next_problem, thinks_s

VERDICT_WITHIN_S = 30.0
"""A contestant who waits longer turns to another problem."""
LANGUAGES = ("cpp", "python", "kotlin", "rust")


@dataclass(frozen=True, slots=True)
class Task:
    """A problem as a contestant sees it; `difficulty` is what it looks like."""

    question_id: str
    label: str
    difficulty: float


class Contestant:
    """Owner: one contest of the demonstration, which takes `play_s`. Bound: its own open problems. Rebuilt: by the next contest."""

    def __init__(
        self, name: str, rest: PodiumRest, feed: ContestFeed, who: Temper, tasks: list[Task], play_s: float, chance: random.Random
    ) -> None:
        self.name = name
        self._rest = rest
        self._feed = feed
        self._who = who
        self._play_s = play_s
        self._open = {task.label: task for task in tasks}
        self._awaited: dict[str, asyncio.Event] = {}
        self._verdicts: dict[str, str] = {}
        self._moved = asyncio.Event()
        self._chance = chance

    async def run(self) -> None:
        """Until the contest is over for this one. Ends quietly when the servers want it gone."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._take_part())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._feed.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        async for frame in self._feed:
            if isinstance(frame, InboxSnapshot):
                for submission in frame.submissions:
                    self._hear(submission)
            elif isinstance(frame, VerdictReached):
                self._hear(frame.submission)
            elif isinstance(frame, ContestStatus | EventsSnapshot):
                self._moved.set()

    def _hear(self, submission: Submission) -> None:
        if submission.verdict is not None:
            self._verdicts[submission.id] = submission.verdict
            if awaited := self._awaited.pop(submission.id, None):
                awaited.set()

    def _is(self, *states: str) -> bool:
        return self._feed.status is not None and self._feed.status.state in states

    async def _until(self, *states: str) -> None:
        while not self._is(*states):
            self._moved.clear()
            await self._moved.wait()

    async def _take_part(self) -> None:
        await self._until("ongoing", "ended", "finalized")
        if not self._is("ongoing"):
            return
        await asyncio.sleep(self._chance.uniform(0, 2))
        await self._rest.start(self._feed.contest)
        while self._open and self._is("ongoing"):
            label = next_problem(self._chance, self._who, {label: task.difficulty for label, task in self._open.items()})
            await self._work_on(self._open[label])
        await self._until("finalized")

    async def _work_on(self, task: Task) -> None:
        """Until it is accepted, given up for another, or the contest is over."""
        for _ in range(self._chance.randint(1, 4)):
            await asyncio.sleep(thinks_s(self._chance, self._who, task.difficulty, self._play_s))
            if not self._is("ongoing"):
                return
            verdict = await self._hand_in(task)
            if verdict == "AC":
                del self._open[task.label]
            if verdict in (None, "AC"):
                return

    async def _hand_in(self, task: Task) -> str | None:
        """The verdict, if it comes before patience ends."""
        source = f"# {self.name}, problem {task.label}\nprint('trust me')\n"
        try:
            made = await self._rest.submit(self._feed.contest, task.question_id, language=self._chance.choice(LANGUAGES), source=source)
        except Refused as refused:
            if refused.status == 409:  # over since we last heard
                return None
            raise
        if made.submission_id not in self._verdicts:
            awaited = self._awaited.setdefault(made.submission_id, asyncio.Event())
            try:
                async with asyncio.timeout(VERDICT_WITHIN_S):
                    await awaited.wait()
            except TimeoutError:
                return None
        return self._verdicts[made.submission_id]
