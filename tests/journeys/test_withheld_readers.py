"""While a contest withholds its verdicts, nothing that is not staff can read tells one: two contests that differ in verdicts, scores and
comments alone look the same to every reader, the contestant who is judged included. Once the results are final the same readers see them.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from redis.asyncio import Redis

from contest.domain.audience import inbox_log
from contest.ids import ContestId
from contest.tokens import AccessSigner
from contest.wire.channels import Channels
from tests.journeys.test_frozen_readers import Organiser, cell, scrubbed, tries
from tests.ranker.test_freeze import raw
from tests.readers import NON_STAFF_READERS, NOT_STAFF, Place, followed
from tests.rest import ME
from tests.running import RunningPodium
from tests.support import eventually

pytestmark = pytest.mark.anyio

RUNS = (("One", "A"), ("Two", "A"), ("One", "B"), ("Two", "B"))
GOOD: tuple[dict[str, Any], ...] = (
    {"verdict": "AC", "score": 1}, {"verdict": "ZQXWORD", "score": 0.713579, "comment": "zqx-words"},
    {"verdict": "AC", "score": 1}, {"verdict": "ZQXWORD", "score": 0.713579},
)  # fmt: skip
BAD: tuple[dict[str, Any], ...] = (
    {"verdict": "ZQXWORD", "score": 0.213579}, {"verdict": "AC", "score": 1}, {"verdict": "CE", "score": 0.013579, "comment": "zqx-words"},
    {"verdict": "AC", "score": 1},
)  # fmt: skip
WORDS = re.compile(rb"ZQX|zqx|13579")
STAFF_KEYS = re.compile(rb":log:(board:full|events:organiser):|:ranks:full$")
TELL = {
    "leaderboard", "leaderboard, a page", "leaderboard, around", "leaderboard, around me", "leaderboard, proctor", "leaderboard, operator",
    "own submissions", "log, board", "places", "socket, nobody", "socket, viewer", "socket, contestant", "socket, proctor",
    "socket, operator",
}  # fmt: skip
"""The readers that tell verdicts once they may be known. The others never do."""


class World:
    """One of two contests that are the same but for what the judges say."""

    def __init__(self, podium: RunningPodium, organiser: Organiser) -> None:
        self.podium, self.organiser = podium, organiser
        self.names: dict[str, str] = {}
        self.submissions: list[str] = []
        self.user = self.token = ""

    @property
    def contest(self) -> str:
        return self.names["contest"]

    async def begin(self) -> None:
        post, names = self.organiser.post, self.names
        made = {"title": "Same", "duration_s": 3600, "rehearsal": True, "scoring": "ioi", "feedback": "after_end"}
        names["contest"] = (await post("admin/contests/", **made))["id"]
        for label in "AB":
            question = {"contest_id": self.contest, "label": label, "title": f"Problem {label}"}
            names[f"question {label}"] = (await post("admin/questions/", **question))["id"]
        for team in ("One", "Two", "Three", "Ghost"):
            member = {"contest_id": self.contest, "name": team, "hidden": team == "Ghost"}
            participant = await post("admin/participants/", **member)
            names[f"team {team}"] = participant["id"]
            self.user = participant["user_id"] if team == "One" else self.user
        await post(f"admin/contests/{self.contest}/start/")
        await eventually(lambda: self.organiser.get_or_none(f"contest/{self.contest}/leaderboard/"))

    async def submit(self) -> None:
        """One after the other, each once the one before stands on the board: what is told together is the same in both worlds."""
        for number, (team, label) in enumerate(RUNS):
            body = {"question_id": self.names[f"question {label}"], "participant_id": self.names[f"team {team}"], "source": "-"}
            made = await self.organiser.post(f"contest/{self.contest}/submit/", **body, language="c", contest_time_s=60.0 * (number + 1))
            self.submissions.append(made["submission_id"])
            await eventually(lambda team=team, label=label: self.stands(team, label, 1))

    async def stands(self, team: str, label: str, count: int) -> bool:
        return tries(await cell(self.organiser, self.names, f"contest/{self.contest}/leaderboard/", team, label)) == count

    async def judge(self, verdicts: tuple[dict[str, Any], ...]) -> None:
        """Until staff sees all of them."""
        for submission, verdict in zip(self.submissions, verdicts, strict=True):
            await self.organiser.post("admin/grading/manual/", submission_id=submission, **verdict)
        await eventually(self.all_judged)

    async def all_judged(self) -> bool:
        full = f"admin/contests/{self.contest}/leaderboard/"
        cells = [await cell(self.organiser, self.names, full, team, label) for team, label in RUNS]
        return all(each.get("num_judged") == 1 and "num_pending" not in each for each in cells)

    async def place(self) -> Place:
        """With the contestant of team One, who starts now."""
        signer = AccessSigner.of(self.podium.data / "keys")
        tokens = {role: signer.mint(ME, role, ContestId(self.contest), 600)[0] for role in ("viewer", "proctor", "operator")}  # type: ignore[arg-type]
        mine = await self.organiser.post(f"admin/participants/{self.names['team One']}/token/")
        tokens["contestant"] = mine["token"]
        self.token = tokens["contestant"]
        self.names["attempt"] = (await self.mine(f"contest/{self.contest}/start/"))["attempt_id"]
        await self.save("desk")
        return Place(
            self.podium.url, self.podium.run["redis_url"], self.podium.run["prefix"], self.contest, self.names["team Two"],
            self.names["team Ghost"], tokens, self.names["attempt"], self.names["question A"],
        )  # fmt: skip

    async def mine(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.organiser.client.post(f"/api/v1/{path}", json=body, headers={"Authorization": f"Bearer {self.token}"})
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def save(self, device: str) -> None:
        """From another device it is told to the inbox: what is kept of that is made anew."""
        await self.mine(f"attempt/{self.names['attempt']}/answer/", question_id=self.names["question A"], value="print(42)", device=device)

    async def read(self, place: Place) -> dict[str, bytes]:
        found = await asyncio.gather(*(read(place) for read in NON_STAFF_READERS.values()))
        names = {value.encode(): f"<{name}>".encode() for name, value in self.names.items()}
        return {name: scrubbed(text, names) for name, text in zip(NON_STAFF_READERS, found, strict=True)}

    async def finalize(self) -> None:
        await self.organiser.post(f"admin/contests/{self.contest}/end/")
        await eventually(self.finalized)

    async def finalized(self) -> bool:
        path = f"/api/v1/admin/contests/{self.contest}/finalize/"
        answer = await self.organiser.client.post(path, json={})
        assert answer.status_code == 200 or answer.json()["error"]["code"] == "contest.uncollected", answer.text
        return answer.status_code == 200


async def raw_keys(place: Place) -> dict[bytes, bytes]:
    """All that Redis holds of the contest and that is not staff's, the inboxes included."""
    async with Redis.from_url(place.redis_url) as redis:
        held: dict[bytes, bytes] = {}
        async for key in redis.scan_iter(f"{place.prefix}:*{place.contest}*", count=1000):
            if not STAFF_KEYS.search(key):
                held[key] = await raw(redis, key)
        return held


async def verdicts_heard(place: Place, world: World) -> list[str]:
    """Of which submissions the contestant's inbox log tells a verdict, in order."""
    async with Redis.from_url(place.redis_url) as redis:
        entries = await redis.xrange(Channels(place.prefix).log_stream(ContestId(world.contest), inbox_log(world.user)))
    told = [json.loads(fields[b"payload"]) for _, fields in entries if fields[b"user"].decode() == world.user]
    return [each["submission"]["id"] for each in told if each["type"] == "verdict.reached"]


async def both(work: Callable[[World], Awaitable[Any]], *worlds: World) -> list[Any]:
    return list(await asyncio.gather(*(work(world) for world in worlds)))


@pytest.fixture
async def organiser(podium: RunningPodium) -> AsyncIterator[Organiser]:
    found = Organiser(podium)
    yield found
    await found.close()


async def test_no_reader_tells_two_contests_apart_that_withhold_their_verdicts(podium: RunningPodium, organiser: Organiser) -> None:
    good, bad = World(podium, organiser), World(podium, organiser)
    await both(World.begin, good, bad)
    await both(World.submit, good, bad)
    places = await both(World.place, good, bad)
    async with AsyncExitStack() as stack:
        live = {role: await stack.enter_async_context(followed(places[0], role)) for role in (None, *NOT_STAFF)}
        await asyncio.gather(good.judge(GOOD), bad.judge(BAD))
        await both(lambda world: world.save("phone"), good, bad)
        await eventually(lambda: b"answer.saved" in b"".join(live["contestant"]))
        seen = await asyncio.gather(good.read(places[0]), bad.read(places[1]))
        for role, frames in live.items():
            assert frames
            assert not WORDS.search(b"".join(frames)), role
            assert b"verdict.reached" not in b"".join(frames), role
    for name in NON_STAFF_READERS:
        assert seen[0][name] == seen[1][name], name
        assert not WORDS.search(seen[0][name]), name
    for place in places:
        held = await raw_keys(place)
        assert any(b":log:inbox:" in key and key.endswith(b":kept") for key in held)
        for key, text in held.items():
            assert not WORDS.search(text), key
            assert b"verdict.reached" not in text, key

    await both(World.finalize, good, bad)
    await eventually(lambda: are_told(places[0], good))
    assert await verdicts_heard(places[0], good) == [good.submissions[0], good.submissions[2]]
    final = await asyncio.gather(good.read(places[0]), bad.read(places[1]))
    assert {name for name in NON_STAFF_READERS if final[0][name] != final[1][name]} == TELL


async def are_told(place: Place, world: World) -> bool:
    board = await NON_STAFF_READERS["leaderboard"](place)
    return b"13579" in board and len(await verdicts_heard(place, world)) == 2
