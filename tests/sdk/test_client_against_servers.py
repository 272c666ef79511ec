"""The client against a whole Podium: a contest's life over REST, the frames of it on sockets, a line cut in the middle."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from podium_client import (
    BoardSnapshot,
    ContestFeed,
    EventsSnapshot,
    InboxSnapshot,
    PodiumRest,
    Refused,
    Row,
    SubmissionReceived,
    VerdictReached,
)

from tests.running import RunningPodium
from tests.support import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
async def organiser(podium: RunningPodium, anyio_backend: Any) -> AsyncIterator[PodiumRest]:
    async with PodiumRest(podium.url, podium.token("organiser")) as rest:
        yield rest


@contextlib.asynccontextmanager
async def read(feed: ContestFeed) -> AsyncIterator[list[Any]]:
    seen: list[Any] = []

    async def run() -> None:
        async for frame in feed:
            seen.append(frame)  # noqa: PERF401 - looked at while it grows

    reading = asyncio.create_task(run())
    try:
        yield seen
    finally:
        await feed.close()
        await asyncio.wait([reading], timeout=5)
        assert reading.done()
        if not reading.cancelled() and reading.exception():
            raise reading.exception() or AssertionError


def num_pending(row: Row) -> int:
    return row.cells["A"].num_pending if "A" in row.cells else 0


async def test_a_contestants_day(podium: RunningPodium, organiser: PodiumRest) -> None:
    contest = (await organiser.create_contest("Client", 3600)).id
    question = (await organiser.create_question(contest, "A", "Alpha")).id
    hall = (await organiser.create_group(contest, "Hall")).id
    person = await organiser.create_participant(contest, "Žofie", group_ids=[hall])
    own = organiser.with_token((await organiser.participant_token(person.id)).token)
    await organiser.move(contest, "start")

    feed = ContestFeed(podium.url, contest, fetch_ticket=partial(own.ticket, contest))
    async with read(feed) as seen:
        await eventually(lambda: feed.status is not None and feed.status.state == "ongoing" and feed.board is not None)
        await own.start(contest)
        made = await own.submit(contest, question, language="python", source="print(1)")
        await eventually(lambda: [f for f in seen if isinstance(f, SubmissionReceived) and f.submission.id == made.submission_id])
        await eventually(lambda: feed.board and feed.board.rows and num_pending(feed.board.rows[0]) == 1)
        await organiser.judge(made.submission_id, "AC")
        await eventually(lambda: [f for f in seen if isinstance(f, VerdictReached) and f.submission.verdict == "AC"])
        await eventually(lambda: feed.board and feed.board.rows[0].cells["A"].solved)
        await organiser.announce(contest, "Cake.")
        await eventually(lambda: [one.text for one in feed.announcements] == ["Cake."])
        assert feed.board is not None
        page = await organiser.leaderboard(contest)
        assert page.rows == feed.board.rows
        assert (page.epoch, page.seq) == (feed.board.epoch, feed.board.seq)
        assert 0 <= feed.contest_time_s() < 3600
    with pytest.raises(Refused) as refused:
        await own.move(contest, "end")
    assert refused.value.status == 403


async def test_a_cut_line_resumes_with_what_was_missed_and_no_snapshot(podium: RunningPodium, organiser: PodiumRest) -> None:
    contest = (await organiser.create_contest("Cut", 3600)).id
    question = (await organiser.create_question(contest, "A", "Alpha")).id
    person = await organiser.create_participant(contest, "P")
    own = organiser.with_token((await organiser.participant_token(person.id)).token)
    await organiser.move(contest, "start")
    feed = ContestFeed(podium.url, contest, fetch_ticket=partial(own.ticket, contest))
    async with read(feed) as seen:
        await eventually(lambda: feed.board is not None and feed.board.rows and feed.status is not None)
        first = await own.submit(contest, question, language="python", source="print(1)")
        await eventually(lambda: feed.board and feed.board.rows[0].cells.get("A"))
        await eventually(lambda: feed.positions["inbox"].seq >= 1)
        before, held = len(seen), dict(feed.positions)
        assert feed._socket is not None
        feed._socket.transport.abort()
        await organiser.judge(first.submission_id, "WA")
        await organiser.announce(contest, "While you were away.")
        await eventually(lambda: feed.connections_count == 2 and feed.announcements)
        await eventually(lambda: feed.board and feed.board.rows[0].cells["A"].num_judged == 1)
        await eventually(lambda: [f for f in seen[before:] if isinstance(f, VerdictReached)])
    assert not [f for f in seen[before:] if isinstance(f, BoardSnapshot | EventsSnapshot | InboxSnapshot)]
    assert all(feed.positions[log].epoch == held[log].epoch for log in held)


async def test_a_removed_participant_is_sent_away_for_good(podium: RunningPodium, organiser: PodiumRest) -> None:
    contest = (await organiser.create_contest("Away", 3600)).id
    person = await organiser.create_participant(contest, "P")
    own = organiser.with_token((await organiser.participant_token(person.id)).token)
    await organiser.move(contest, "start")
    feed = ContestFeed(podium.url, contest, fetch_ticket=partial(own.ticket, contest))

    async def follow() -> None:
        async for _ in feed:
            pass

    following = asyncio.create_task(follow())
    await eventually(lambda: feed.board is not None)
    await organiser.remove_participant(person.id)
    await eventually(following.done)
    gone = following.exception()
    assert getattr(gone, "close_code", None) == 4450 or (isinstance(gone, Refused) and gone.status in (401, 403, 404)), gone


async def test_asking_and_being_told(podium: RunningPodium, organiser: PodiumRest) -> None:
    contest = (await organiser.create_contest("Asked", 3600)).id
    person = await organiser.create_participant(contest, "P")
    own = organiser.with_token((await organiser.participant_token(person.id)).token)
    await organiser.move(contest, "start")
    feed = ContestFeed(podium.url, contest, fetch_ticket=partial(own.ticket, contest))
    async with read(feed):
        await eventually(lambda: feed.board is not None and "inbox" in feed.positions)
        asked = await own.clarify(contest, "May n be 0?")
        (waiting,) = (await organiser.clarifications(contest, "open")).items
        assert (waiting.id, waiting.participant_name) == (asked.id, "P")
        await organiser.claim_clarification(asked.id)
        await organiser.release_clarification(asked.id)
        await organiser.claim_clarification(asked.id)
        await organiser.answer_clarification(asked.id, "No.")
        await organiser.announce(contest, "Come to the desk.", participant_id=person.id)
        await eventually(lambda: [one.answer for one in feed.clarifications] == ["No."])
        await eventually(lambda: [one.text for one in feed.own_announcements] == ["Come to the desk."])
        assert feed.announcements == ()
        assert (await own.own_clarifications(contest)).items == feed.clarifications
        await own.start(contest)
        await eventually(lambda: feed.turn is not None and feed.turn.started_s is not None)
