"""Two contestants take a contest in their browsers: one loses the line and reloads, one goes on with a second device. What was typed is in
PostgreSQL."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from playwright.async_api import Page, expect

from tests.faults.cuttable_line import CuttableLine
from tests.running import RunningPodium
from tests.support import eventually
from tests.web.conftest import OpenPage
from tests.web.test_board_page import axe_finds, live

pytestmark = pytest.mark.anyio

VALUE = """
SELECT a.value FROM attempts_answer a JOIN attempts_attempt t ON t.id = a.attempt_id
 WHERE t.participant_id = $1::uuid AND a.question_id = $2::uuid
"""


class Hall:
    """One contest, its organiser at the REST interface and its database."""

    def __init__(self, podium: RunningPodium, client: httpx.AsyncClient, database: asyncpg.Connection) -> None:
        self.podium, self.client, self._database = podium, client, database
        self.contest = ""
        self.questions: dict[str, str] = {}
        self.people: dict[str, dict[str, str]] = {}

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self.client.post(f"/api/v1/admin/{path}", json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return answer.json()

    async def set_up(self, questions: Mapping[str, Any], names: Mapping[str, Any], **members: Any) -> None:
        """A contest that is scheduled, `questions` by label, people by name with what else is said of them."""
        self.contest = (await self.post("contests/", **members))["id"]
        for label, more in questions.items():
            made = await self.post(
                "questions/", **{"contest_id": self.contest, "label": label, "title": f"Question {label}", "points": 4, **more}
            )
            self.questions[label] = made["id"]
        for name, more in names.items():
            await self.post("participants/", contest_id=self.contest, name=name, **more)
        made = await self.post("participants/codes/", contest_id=self.contest)
        self.people = {one["name"]: one for one in made["items"]}
        await self.post(f"contests/{self.contest}/schedule/")

    async def value(self, name: str, label: str) -> Any:
        found = await self._database.fetchval(VALUE, self.people[name]["participant_id"], self.questions[label])
        return None if found is None else json.loads(found)


@asynccontextmanager
async def hall_of(podium: RunningPodium) -> AsyncIterator[Hall]:
    headers = {"Authorization": f"Bearer {podium.token('organiser')}"}
    database = await asyncpg.connect(podium.run["database_url"])
    try:
        async with httpx.AsyncClient(base_url=podium.url, headers=headers, trust_env=False) as client:
            yield Hall(podium, client, database)
    finally:
        await database.close()


@pytest.fixture
async def hall(podium: RunningPodium) -> AsyncIterator[Hall]:
    numeric = {"kind": "numeric", "body": {"unit": "m"}, "answer_key": {"value": 9.81, "absolute": 0.02}}
    text = {"kind": "short_text", "body": {"max_length": 500, "lines": 4}}
    async with hall_of(podium) as made:
        await made.set_up({"A": numeric, "B": text}, {"Ada": {}, "Grace": {}}, title="Two at Work", duration_s=3600, rehearsal=True)
        yield made


async def goes_in(open_page: OpenPage, hall: Hall, name: str, origin: str, **options: Any) -> Page:
    page = await open_page(f"{origin}{hall.people[name]['link']}", line_may_fail=True, **options)
    await live(page)
    assert hall.people[name]["code"] not in page.url
    return page


async def opens(page: Page, label: str) -> None:
    await page.locator("[data-question]").nth("AB".index(label)).click()
    await expect(page.locator("h2")).to_contain_text(f"Question {label}")


async def is_saved(page: Page) -> None:
    await expect(page.locator("[data-saved]")).to_have_attribute("data-saved", "saved")


async def test_two_contestants_lose_a_line_and_change_a_device_and_nothing_else(hall: Hall, open_page: OpenPage) -> None:
    async with CuttableLine(int(hall.podium.url.rpartition(":")[2])) as line:
        cuttable = f"http://127.0.0.1:{line.port}"
        ada = await goes_in(open_page, hall, "Ada", cuttable)
        grace = await goes_in(open_page, hall, "Grace", hall.podium.url)
        await expect(ada.locator("[data-question]")).to_have_count(0)
        await hall.post(f"contests/{hall.contest}/start/")
        for page in (ada, grace):
            await expect(page.locator("[data-question]")).to_have_count(2)

        # Graded on the spot, next to the answer.
        await opens(grace, "A")
        await grace.get_by_label("A number").fill("9,81")
        await is_saved(grace)
        await grace.keyboard.press("Control+Enter")
        await expect(grace.locator("[data-verdict=AC]")).to_be_visible()
        assert await hall.value("Grace", "A") == 9.81

        # The line goes in the middle of a word; the page is closed on it, and opened again.
        await opens(ada, "B")
        await ada.locator("#answer").fill("Before the cut, ")
        await is_saved(ada)
        await line.cut()
        await ada.locator("#answer").press("End")
        await ada.keyboard.type("and all the words after it")
        await expect(ada.locator("[data-saved]")).to_have_attribute("data-saved", "kept")
        assert await hall.value("Ada", "B") == "Before the cut, "
        await line.mend()
        await ada.reload()
        await opens(ada, "B")
        await expect(ada.locator("#answer")).to_have_value("Before the cut, and all the words after it")
        await is_saved(ada)
        await eventually(lambda: holds(hall, "Ada", "Before the cut, and all the words after it"))

        # A second device goes on where the first one is, and each sees the other's words.
        phone = await goes_in(open_page, hall, "Grace", hall.podium.url)
        await opens(phone, "B")
        await opens(grace, "B")
        await phone.locator("#answer").fill("Begun on the phone")
        await is_saved(phone)
        await expect(grace.locator("#answer")).to_have_value("Begun on the phone")
        await grace.locator("#answer").fill("Begun on the phone, ended at the desk")
        await is_saved(grace)
        await expect(phone.locator("#answer")).to_have_value("Begun on the phone, ended at the desk")
        assert await hall.value("Grace", "B") == "Begun on the phone, ended at the desk"

        # Told, handed in; then it is over.
        await hall.post("announcements/", contest_id=hall.contest, text="The hall closes at six.")
        await expect(ada.locator("[data-notice=announcement]")).to_contain_text("The hall closes at six.")
        await ada.get_by_role("button", name="Hand in").click()
        await ada.get_by_role("button", name="Hand in now").click()
        await expect(ada.locator("[data-over=handed_in]")).to_be_visible()
        await hall.post(f"contests/{hall.contest}/end/")
        await expect(grace.locator("[data-over=over]")).to_be_visible()
        assert await axe_finds(grace) == []


async def holds(hall: Hall, name: str, value: str) -> bool:
    return bool(await hall.value(name, "B") == value)
