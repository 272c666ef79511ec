"""Many save and submit all the time while the contest is paused, goes on, and ends: what was acknowledged is stored, what was refused is
not; nothing is submitted between a pause's answer and the going on, and nothing is stored after the end's."""

import asyncio
from dataclasses import dataclass

import asyncpg
import pytest

from tests.rest import Rest
from tests.sitting import Contestant, exam
from tests.support import eventually

pytestmark = pytest.mark.anyio
PEOPLE, PAUSES = 50, 2
STORED = "SELECT attempt_id, version, value FROM attempts_answer JOIN podium_answer USING (attempt_id, question_id)"


@dataclass
class Hand:
    """One who types and submits: what was acknowledged last, how often each was taken, how often something was refused."""

    who: Contestant
    acknowledged: str | None = None
    saved_count: int = 0
    submitted_count: int = 0
    refused_count: int = 0

    async def work_until(self, over: asyncio.Event) -> None:
        number = 0
        while not over.is_set():
            number += 1
            answer = await self.who.save("essay", f"{number}", self.saved_count, "desk")
            if self._taken(answer.status_code):
                self.acknowledged, self.saved_count = f"{number}", answer.json()["version"]
            if number % 3 == 0 and self._taken((await self.who.submit("numeric", number)).status_code):
                self.submitted_count += 1

    def _taken(self, status: int) -> bool:
        assert status in (200, 201, 409), status
        self.refused_count += status == 409
        return status != 409


async def test_what_is_acknowledged_is_stored_whatever_the_contest_does(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest, PEOPLE)
    hands, over = [Hand(who) for who in here.people], asyncio.Event()
    working = [asyncio.create_task(hand.work_until(over)) for hand in hands]

    async def submitted() -> int:
        return int(await pool.fetchval("SELECT count(*) FROM podium_submission WHERE contest_id = $1", here.contest))

    async def taken(more: int) -> None:
        """Until so many more savings were taken."""
        before = sum(hand.saved_count for hand in hands)
        await eventually(lambda: sum(hand.saved_count for hand in hands) >= before + more, within_s=60)

    for _ in range(PAUSES):
        await taken(PEOPLE)
        await rest.act(here.contest, "pause")
        at_pause = await submitted()
        await taken(PEOPLE)  # what is typed in a pause is kept
        assert [(await hand.who.submit("numeric", 1)).status_code for hand in hands[:3]] == [409] * 3
        assert await submitted() == at_pause
        await rest.act(here.contest, "resume")
    await taken(PEOPLE)
    await rest.act(here.contest, "end")
    at_end = await pool.fetch(STORED + " ORDER BY attempt_id")
    assert (await hands[0].who.save("essay", "too late", 0, "desk")).status_code == 409
    over.set()
    await asyncio.gather(*working)
    assert await pool.fetch(STORED + " ORDER BY attempt_id") == at_end
    assert {str(row["attempt_id"]): (row["version"], row["value"]) for row in at_end} == {
        str(hand.who.attempt): (hand.saved_count, hand.acknowledged) for hand in hands
    }
    own = "SELECT participant_id, count(*) FROM podium_submission WHERE contest_id = $1 AND question_id = $2 GROUP BY 1"
    counts = {str(row["participant_id"]): row["count"] for row in await pool.fetch(own, here.contest, here.questions["numeric"])}
    assert counts == {hand.who.id: hand.submitted_count for hand in hands if hand.submitted_count}
    assert sum(hand.refused_count for hand in hands) > 0
