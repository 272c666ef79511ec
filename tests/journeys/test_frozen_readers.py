"""Nothing that is not staff can read tells what is frozen or hidden: two contests that differ only there look the same to every reader.

(Non-interference: Goguen and Meseguer, 1982. It catches a leak in any member, also one that nobody thought of.)
"""

import re
from typing import Any

import httpx
import pytest

from tests.readers import NON_STAFF_READERS, Place
from tests.running import RunningPodium
from tests.support import eventually

pytestmark = pytest.mark.anyio

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(rb'"\d{4}-\d\d-\d\dT[\d:.]+Z"')
PLACE_IN_LOG = re.compile(rb'"(epoch)":"[0-9a-z]+"|"(seq|since)":\d+')
CLOCK = re.compile(rb'"(contest_time_s|started_s)":[\d.e-]+')


class Organiser:
    """An organiser at the REST interface: every call must succeed."""

    def __init__(self, podium: RunningPodium) -> None:
        self.client = httpx.AsyncClient(
            base_url=podium.url, headers={"Authorization": f"Bearer {podium.token('organiser')}"}, trust_env=False
        )

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def get_or_none(self, path: str) -> dict[str, Any] | None:
        answer = await self.client.get(f"/api/v1/{path}")
        return answer.json() if answer.status_code == 200 else None

    async def close(self) -> None:
        await self.client.aclose()


async def frozen_contest(podium: RunningPodium, frozen_verdict: str, hidden_verdict: str) -> tuple[Place, dict[bytes, bytes]]:
    """A contest in its frozen hour: a public solve, a run in the freeze judged `frozen_verdict`, a hidden team's early run judged
    `hidden_verdict`. Returns it when staff has seen both, with its ids and what stands for them."""
    organiser = Organiser(podium)
    contest = (await organiser.post("admin/contests/", title="Same", duration_s=3600, freeze_after_s=1800, rehearsal=True))["id"]
    names: dict[str, str] = {"contest": contest}
    for label in "AB":
        names[f"question {label}"] = (await organiser.post("admin/questions/", contest_id=contest, label=label, title=f"Problem {label}"))[
            "id"
        ]
    hidden = names["hidden group"] = (await organiser.post("admin/groups/", contest_id=contest, name="Shadows", hidden=True))["id"]
    for team, groups in (("One", []), ("Two", []), ("Three", []), ("Nobody Knows", [hidden])):
        names[f"team {team}"] = (await organiser.post("admin/participants/", contest_id=contest, name=team, group_ids=groups))["id"]
    await organiser.post(f"admin/contests/{contest}/start/")
    await eventually(lambda: on_the_board(organiser, contest))
    await run(organiser, names, "One", "A", 600.0, "AC")
    await run(organiser, names, "Nobody Knows", "A", 60.0, hidden_verdict)
    await run(organiser, names, "Two", "A", 700.0, "WA")
    await organiser.post(f"admin/contests/{contest}/freeze/", contest_time_s=1800)
    await run(organiser, names, "Two", "B", 1900.0, frozen_verdict)
    await run(organiser, names, "Two", "B", 1950.0, "WA")
    tokens = {role: podium.token(role, contest) for role in ("viewer", "proctor", "operator")}
    tokens["contestant"] = (await organiser.post(f"admin/participants/{names['team One']}/token/"))["token"]
    await organiser.close()
    async with httpx.AsyncClient(base_url=podium.url, headers={"Authorization": f"Bearer {tokens['contestant']}"}, trust_env=False) as one:
        attempt = names["attempt"] = (await one.post(f"/api/v1/contest/{contest}/start/", json={})).json()["attempt_id"]
        answer = {"question_id": names["question A"], "value": "print(42)", "device": "desk"}
        assert (await one.post(f"/api/v1/attempt/{attempt}/answer/", json=answer)).status_code == 200
    place = Place(
        podium.url, podium.run["redis_url"], podium.run["prefix"], contest, names["team Two"], names["team Nobody Knows"], tokens,
        attempt, names["question A"],
    )  # fmt: skip
    return place, {value.encode(): f"<{name}>".encode() for name, value in names.items()}


async def on_the_board(organiser: Organiser, contest: str) -> bool:
    answer = await organiser.get_or_none(f"contest/{contest}/leaderboard/")
    return answer is not None and answer["total"] == 3


async def run(organiser: Organiser, names: dict[str, str], team: str, label: str, at_s: float, verdict: str) -> None:
    """Submit, judge, and wait for each to stand on the board, so that how changes are conflated is the same every time."""
    view = "admin/contests/{}/leaderboard/" if team == "Nobody Knows" else "contest/{}/leaderboard/"
    seen_by, full = view.format(names["contest"]), f"admin/contests/{names['contest']}/leaderboard/"
    before, solved = await cell(organiser, names, seen_by, team, label), (await cell(organiser, names, full, team, label)).get("solved")
    question, participant = names[f"question {label}"], names[f"team {team}"]
    body = {"question_id": question, "participant_id": participant, "contest_time_s": at_s, "language": "cpp", "source": "-"}
    submission = (await organiser.post(f"contest/{names['contest']}/submit/", **body))["submission_id"]

    async def stands() -> bool:
        return tries(await cell(organiser, names, seen_by, team, label)) == tries(before) + 1

    async def judged() -> bool:
        found = await cell(organiser, names, full, team, label)
        return found.get("num_pending", 0) == 0 and found.get("solved", False) == (verdict == "AC")

    await eventually(stands)
    await organiser.post("admin/grading/manual/", submission_id=submission, verdict=verdict)
    if not solved:
        await eventually(judged)


async def cell(organiser: Organiser, names: dict[str, str], path: str, team: str, label: str) -> dict[str, Any]:
    rows = (await organiser.get(path))["rows"]
    found: dict[str, Any] = next((row["cells"].get(label, {}) for row in rows if row["id"] == names[f"team {team}"] and "cells" in row), {})
    return found


def tries(cell: dict[str, Any]) -> int:
    return int(cell.get("num_judged", 0) + cell.get("num_pending", 0))


def scrubbed(text: bytes, names: dict[bytes, bytes]) -> bytes:
    """The text without what differs between any two contests: ids, moments, places in a log."""
    text = UUID.sub(lambda found: names.get(found[0], b"<id>"), text)
    text = PLACE_IN_LOG.sub(lambda found: b'"' + (found[1] or found[2]) + b'":_', text)
    return CLOCK.sub(rb'"\1":_', TIME.sub(b"<time>", text))


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """Contests are made once for all readers."""
    return {}


@pytest.mark.parametrize("reader", NON_STAFF_READERS)
async def test_a_reader_cannot_tell_two_frozen_contests_apart(podium: RunningPodium, seen: dict[str, Any], reader: str) -> None:
    if not seen:
        seen["solved"] = await frozen_contest(podium, frozen_verdict="AC", hidden_verdict="AC")
        seen["not"] = await frozen_contest(podium, frozen_verdict="TLE", hidden_verdict="WA")
    read = NON_STAFF_READERS[reader]
    texts = [scrubbed(await read(place), names) for place, names in (seen["solved"], seen["not"])]
    assert texts[0] == texts[1]
    for text in texts:
        assert b"Nobody Knows" not in text
        assert b"Shadows" not in text
