"""The simulated grader: hears of submissions on the staff's feed, takes a moment, posts a verdict through REST. What it did not
hear of, it finds."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping

from podium_client import ContestFeed, PodiumRest, Refused, SubmissionReceived, Unreachable

from podium.demo.temper import Temper, verdict

SWEEP_EVERY_S = 5.0
AT_ONCE = 16


class Judge:
    """Owner: one contest of the demonstration. Bound: the submissions under way, and one number per contestant and problem."""

    def __init__(
        self, rest: PodiumRest, feed: ContestFeed, tempers: Mapping[str, Temper], difficulties: Mapping[str, float], chance: random.Random
    ) -> None:
        """`tempers` by participant, `difficulties` by question and by label."""
        self._rest = rest
        self._feed = feed
        self._tempers = tempers
        self._difficulties = difficulties
        self._chance = chance
        self._tries: Counter[tuple[str, float]] = Counter()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.judged_count = 0

    @property
    def waiting_count(self) -> int:
        return len(self._under_way)

    async def run(self) -> None:
        """Until cancelled."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            async for frame in self._feed:
                if isinstance(frame, SubmissionReceived) and frame.participant_id is not None:
                    self._take(frame.submission.id, frame.participant_id, self._difficulties[frame.submission.problem])
        finally:
            sweeping.cancel()
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(sweeping, *self._under_way.values(), return_exceptions=True)

    async def _sweep(self) -> None:
        """Whatever is unjudged and not under way: the feed may have been cut when it came."""
        offset = 0
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                page = await self._rest.submissions(self._feed.contest, offset)
            except (Refused, Unreachable):
                continue
            for one in page.items:
                if one.verdict is None:
                    self._take(one.id, one.participant_id, self._difficulties[one.question_id])
            offset = offset + len(page.items) if len(page.items) and offset + len(page.items) < page.total else 0

    def _take(self, submission: str, participant: str, difficulty: float) -> None:
        if submission not in self._under_way:
            task = asyncio.create_task(self._judge(submission, participant, difficulty))
            self._under_way[submission] = task
            task.add_done_callback(lambda _: self._under_way.pop(submission, None))

    async def _judge(self, submission: str, participant: str, difficulty: float) -> None:
        await asyncio.sleep(self._chance.uniform(0.5, 3.0))
        tries = self._tries[participant, difficulty]
        self._tries[participant, difficulty] += 1
        async with self._slots:
            try:
                await self._rest.judge(submission, verdict(self._chance, self._tempers[participant], difficulty, tries))
            except (Refused, Unreachable):
                return  # the sweep finds it again, if it still waits
        self.judged_count += 1
