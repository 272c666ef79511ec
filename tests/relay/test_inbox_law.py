"""The law of the inboxes: what was kept at any moment, and the events after it, come to what PostgreSQL says."""

import random
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.domain.audience import inbox_log
from contest.ids import UserId, uuid7
from contest.store import announcements, clarifications, snapshots, turns
from contest.store.audit import Actor
from contest.store.clarifications import NewAnswer
from contest.telemetry import Telemetry
from contest.wire.channels import Channels
from contest.wire.times import rfc3339
from contest.wire.to_browser import INBOX_KEPT, Clarification, Inbox, InboxSnapshot, read
from tests.contest_rows import ContestRows
from tests.relay.test_relaying import all_published
from tests.support import eventually
from ws_server.inbox_view import InboxView
from ws_server.loading import load_inbox

pytestmark = pytest.mark.anyio

STAFF = Actor("0193577c-aaaa-7c11-8b7e-2f6d3a1c9e10", "grader")


class Day:
    """What happens to ann, one thing at a time, as the processes write it."""

    def __init__(self, contest: ContestRows, pool: asyncpg.Pool, chance: random.Random) -> None:
        self.contest, self.pool, self.chance = contest, pool, chance
        self.submitted: list[str] = []
        self.asked: list[str] = []
        self.participant = {"id": contest.participants["ann"], "contest_id": contest.id}

    async def happen(self) -> None:
        await self.chance.choice([self.submit, self.judge, self.announce, self.ask, self.answer, self.give_time])()

    async def submit(self) -> None:
        self.submitted.append(await self.contest.submit("ann", "A", 1.0))

    async def judge(self) -> None:
        if self.submitted:
            await self.contest.judge("ann", self.chance.choice(self.submitted), self.chance.choice(["AC", "WA"]))

    async def announce(self) -> None:
        row = {"id": uuid7(), "contest_id": self.contest.id, "text": "Lunch.", "posted_at": datetime.now(UTC), "posted_by": STAFF.id}
        async with self.pool.acquire() as connection, connection.transaction():
            await announcements.add(connection, {**row, "participant_id": self.participant["id"]}, STAFF)

    async def ask(self) -> None:
        now = datetime.now(UTC)
        new = Clarification(uuid7(), "May n be 0?", self.contest.questions["A"], "A", rfc3339(now), 1.0)
        async with self.pool.acquire() as connection, connection.transaction():
            made = await clarifications.ask(connection, self.participant, new, now, Actor(self.contest.users["ann"], "contestant"))
        self.asked.append(made.id)

    async def answer(self) -> None:
        if self.asked:
            async with self.pool.acquire() as connection, connection.transaction():
                row = await clarifications.load(connection, self.chance.choice(self.asked), locked=True)
                await clarifications.claim(connection, row, STAFF.id, STAFF)
                given = NewAnswer(f"No, {self.chance.random()}.", False, STAFF.id, datetime.now(UTC))
                await clarifications.answer(connection, row, given, STAFF.id, STAFF)

    async def give_time(self) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            extra_s = self.chance.randint(0, 900)
            await connection.execute(
                "UPDATE podium_participant SET extra_time_s = $2 WHERE participant_id = $1", self.participant["id"], extra_s
            )
            await turns.tell(connection, self.contest.id, participants=[self.participant["id"]])


def inbox_of(view: InboxView, user: UserId) -> Inbox:
    payload = view.snapshot(user)
    found: Any = read(payload[payload.index(b'{"') :]).message
    assert isinstance(found, InboxSnapshot)
    return Inbox(found.turn, found.submissions, found.announcements, found.clarifications)


async def test_kept_state_and_later_events_are_what_postgresql_says(
    relay: Telemetry,
    contest: ContestRows,
    pool: asyncpg.Pool,
    logs: Logs,
    redis: Redis,
    channels: Channels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clarifications, "ASKED_MOST", 1_000)
    day, ann = Day(contest, pool, random.Random(20_261_125)), UserId(contest.users["ann"])
    log, views = inbox_log(ann), list[InboxView]()
    await eventually(lambda: logs.position(contest.id, log))
    for number in range(240):
        if number % 24 == 0:
            view = InboxView(log, 5_000)
            view.begin(await load_inbox(logs, redis, channels, contest.id, log, 5_000))
            views.append(view)
        await day.happen()
    await eventually(lambda: all_published(pool))
    async with pool.acquire() as connection:
        true = (await snapshots.of_inboxes(connection, contest.id, [ann]))[ann]
    assert all(0 < len(each) <= INBOX_KEPT for each in (true.submissions, true.announcements, true.clarifications))
    assert true.turn is not None
    last = InboxView(log, 5_000)
    last.begin(await load_inbox(logs, redis, channels, contest.id, log, 5_000))
    assert inbox_of(last, ann) == true
    for view in views:
        assert view.position is not None
        for message in await logs.read(contest.id, log, view.position.seq):
            view.append(message)
        assert inbox_of(view, ann) == true
