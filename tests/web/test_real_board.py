"""The board page against the real thing: gateway, node, engine, admin, ranker; a contest from its start to the thaw, with the node killed
in the middle."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.running import RunningPodium, start_podium
from tests.support import eventually
from tests.web.conftest import OpenPage
from tests.web.test_board_page import live, shown_order
from tests.web.test_line_states import frames_since_the_cut

pytestmark = pytest.mark.anyio

LATER = "2099-01-01T10:00:00.000Z"
SEQ = "() => podium.feed.positions()['board:public'].seq"


@pytest.fixture(scope="module")
def podium(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    running = start_podium(tmp_path_factory.mktemp("board") / "data")
    try:
        yield running
    finally:
        running.stop()


class Organiser:
    """A contest of three teams and two problems, moved over REST; every call must succeed."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.contest = ""
        self.questions: dict[str, str] = {}
        self.teams: dict[str, str] = {}

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self._client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return answer.json()

    async def set_up(self) -> None:
        made = await self.post(
            "admin/contests/", title="Harbour Open", start_at=LATER, duration_s=3600, freeze_after_s=1800, rehearsal=True
        )
        self.contest = made["id"]
        for label in "AB":
            made = await self.post("admin/questions/", contest_id=self.contest, label=label, title=f"Problem {label}", color="#1e88e5")
            self.questions[label] = made["id"]
        for name in ("Anchor", "Beacon", "Compass"):
            made = await self.post("admin/participants/", contest_id=self.contest, name=name)
            self.teams[name] = made["id"]
        await self.announce(self.contest)

    async def announce(self, contest: str) -> None:
        """Drafts are shown to nobody; wait until the node shows this one."""
        await self.post(f"admin/contests/{contest}/schedule/")
        await eventually(lambda: self.is_there(contest))

    async def act(self, action: str, **body: Any) -> None:
        await self.post(f"admin/contests/{self.contest}/{action}/", **body)

    async def run(self, team: str, label: str, at_s: float, verdict: str) -> None:
        body = {"participant_id": self.teams[team], "contest_time_s": at_s, "language": "cpp", "source": "int main() {}"}
        made = await self.post(f"contest/{self.contest}/submit/", question_id=self.questions[label], **body)
        await self.post("admin/grading/manual/", submission_id=made["submission_id"], verdict=verdict)

    async def is_there(self, contest: str) -> bool:
        return (await self._client.get(f"/api/v1/contest/{contest}/status/")).status_code == 200

    async def board(self) -> list[dict[str, Any]]:
        answer = await self._client.get(f"/api/v1/contest/{self.contest}/leaderboard/")
        found: list[dict[str, Any]] = answer.json()["rows"] if answer.status_code == 200 else []
        return found


@pytest.fixture
async def organiser(podium: RunningPodium) -> AsyncIterator[Organiser]:
    headers = {"Authorization": f"Bearer {podium.token('organiser')}"}
    async with httpx.AsyncClient(base_url=podium.url, headers=headers, trust_env=False) as client:
        one = Organiser(client)
        await one.set_up()
        yield one


async def test_a_contest_from_start_to_thaw_with_the_node_killed_in_between(
    podium: RunningPodium, organiser: Organiser, open_page: OpenPage
) -> None:
    page = await open_page(f"{podium.url}/board/{organiser.contest}?frames=1000&thaw_s=3", line_may_fail=True)
    await live(page)
    await organiser.act("start")
    await expect(page.locator(".phase")).to_have_text("Running")
    await organiser.run("Beacon", "A", 600, "AC")
    first = page.locator("[data-row] .name").first
    await expect(first).to_have_text("Beacon")
    await expect(page.locator(f'[data-row="{organiser.teams["Beacon"]}"] [data-label="A"]')).to_contain_text("10")

    held = await page.evaluate(SEQ)
    os.kill(podium.pid("ws_server-1"), signal.SIGKILL)
    await organiser.run("Compass", "A", 700, "WA")
    await organiser.run("Compass", "A", 710, "AC")
    await organiser.run("Compass", "B", 720, "AC")
    await expect(first).to_have_text("Compass", timeout=30_000)
    await live(page)
    frames = await frames_since_the_cut(page)
    assert not [frame for frame in frames if str(frame["type"]).endswith("snapshot") or frame["type"] == "resync"]
    assert next(frame["since"] for frame in frames if frame["type"] == "board.delta") == held

    await organiser.act("freeze", contest_time_s=1800)
    await organiser.run("Anchor", "A", 1900, "AC")
    await organiser.run("Anchor", "B", 1910, "AC")
    await organiser.run("Beacon", "B", 1920, "WA")
    await expect(page.locator(".phase")).to_have_text("Frozen")
    await expect(page.locator(".cell.frozen")).to_have_count(3)
    await organiser.act("end", contest_time_s=3600)
    await expect(page.locator(".phase")).to_have_text("Over, results to come")
    await organiser.act("thaw")
    await expect(page.get_by_role("region", name="The results, from the last place up")).to_be_visible()
    await expect(page.get_by_role("region", name="The results, from the last place up")).to_have_count(0)
    await expect(page.locator(".cell.frozen")).to_have_count(0)
    final = await eventually(organiser.board)
    assert await shown_order(page) == [row["id"] for row in final]
    assert await page.locator("[data-row] .rank").all_inner_texts() == [str(row["rank"]) for row in final]


async def test_a_board_that_is_not_there_says_so(podium: RunningPodium, open_page: OpenPage) -> None:
    page = await open_page(f"{podium.url}/board/0193577c-0000-7c11-8b7e-2f6d3a1c9e10", line_may_fail=True)
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such contest")


async def test_a_private_board_opens_by_the_link_alone(podium: RunningPodium, organiser: Organiser, open_page: OpenPage) -> None:
    made = await organiser.post("admin/contests/", title="Behind the Curtain", start_at=LATER, duration_s=3600, public=False)
    await organiser.announce(made["id"])
    url = f"{podium.url}/board/{made['id']}"
    page = await open_page(url, line_may_fail=True)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This board is not public")
    page = await open_page(f"{url}#token={podium.token('viewer', made['id'])}", line_may_fail=True)
    await live(page)
    assert "token" not in page.url
    await expect(page.get_by_role("heading", level=1)).to_have_text("Behind the Curtain")
