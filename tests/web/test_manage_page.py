"""The organiser's pages against a real Podium: from nothing to a final result, two who change one thing at once, a line that is down."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.running import RunningPodium, start_podium
from tests.web.conftest import OpenPage
from tests.web.sizes import first_script_bytes
from tests.web.stage import DIST
from tests.web.test_board_page import SCRIPT_BYTES, axe_finds

pytestmark = pytest.mark.anyio

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def podium(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    running = start_podium(tmp_path_factory.mktemp("manage") / "data")
    try:
        yield running
    finally:
        running.stop()


class House:
    """The staff of this Podium, over REST; every call must succeed."""

    def __init__(self, podium: RunningPodium, client: httpx.AsyncClient, open_page: OpenPage) -> None:
        self.url = f"{podium.url}/manage/"
        self._client = client
        self._open_page = open_page

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self._client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return answer.json()

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self._client.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    async def hire(self, name: str, role: str = "organiser") -> str:
        """Somebody new; their login. They chose their password already."""
        login = f"{name.lower()}-{len((await self.get('admin/people/', limit=1000))['items'])}"
        await self.post("admin/people/", login=login, name=name, password=PASSWORD, roles=[{"role": role}])
        async with httpx.AsyncClient(base_url=self._client.base_url, trust_env=False) as own:
            made = (await own.post("/api/v1/admin/session/", json={"login": login, "password": PASSWORD})).json()
            changed = await own.post(
                "/api/v1/admin/session/password/",
                json={"old_password": PASSWORD, "new_password": PASSWORD + "!"},
                headers={"Authorization": f"Bearer {made['token']}"},
            )
            assert changed.status_code < 300, changed.text
        return login

    async def page(self, login: str, path: str = "", **options: Any) -> Page:
        """A browser of this person, logged in. A page that is not logged in is told so with 401, which Chromium notes."""
        page = await self._open_page(self.url, line_may_fail=True, **options)
        await page.get_by_label("Login").fill(login)
        await page.get_by_label("Password").fill(PASSWORD + "!")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("button", name="Log out")).to_be_visible()
        if path:
            await page.goto(self.url + path)
        return page


@pytest.fixture
async def house(podium: RunningPodium, open_page: OpenPage) -> AsyncIterator[House]:
    headers = {"Authorization": f"Bearer {podium.token('organiser')}"}
    async with httpx.AsyncClient(base_url=podium.url, headers=headers, trust_env=False, timeout=30) as client:
        yield House(podium, client, open_page)


async def do(page: Page, deed: str, reason: str = "") -> None:
    """Press the action, look at what it says it does, and go."""
    await page.locator(f'[data-deed="{deed}"]').click()
    await expect(page.locator("[data-effect] b")).to_contain_text(re.compile("person|people"))
    if reason:
        await page.get_by_label(re.compile("Reason")).fill(reason)
    await page.locator("[data-go]").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_contest_from_nothing_to_its_final_result(house: House) -> None:
    page = await house.page(await house.hire("Ada"))
    await page.get_by_role("button", name="New contest").first.click()
    await page.get_by_label("Title").fill("Harbour Open")
    await page.get_by_label("Length").fill("2:00")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Open")
    contest = page.url.rstrip("/").split("/")[-1]
    await expect(page.locator('[data-deed="freeze"]')).to_have_attribute("aria-disabled", "true")
    assert await axe_finds(page) == []

    await page.get_by_role("link", name="Questions").click()
    await page.get_by_role("button", name="Add a question").first.click()
    await page.locator('[data-kind="multiple_choice"]').click()
    await page.get_by_label("Title").fill("Tides")
    await page.get_by_label("Text").fill("When is the tide *highest*?")
    await page.get_by_label("Option a", exact=True).fill("At noon")
    await page.get_by_label("Option b", exact=True).fill("At full moon")
    await page.get_by_label("Option b is right").check()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Everything is saved.")).to_be_visible()
    await page.get_by_role("tab", name="As a contestant sees it").click()
    await expect(page.get_by_role("article").locator("em")).to_have_text("highest")
    assert await axe_finds(page) == []
    (question,) = (await house.get("admin/questions/", contest_id=contest))["items"]
    assert (question["title"], question["answer_key"]["right"]) == ("Tides", ["b"])

    await page.get_by_role("link", name="People", exact=True).click()
    await page.get_by_role("button", name="Add a person").first.click()
    await page.get_by_label("Name").fill("Émilie du Châtelet")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("cell", name="Émilie du Châtelet")).to_be_visible()
    await page.get_by_role("button", name="Give a code").click()
    await expect(page.locator("[data-code]")).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
    assert await axe_finds(page) == []

    rubric = [{"id": "a", "text": "Says why", "points": 2}, {"id": "b", "text": "Says how", "points": 1}]
    essay = await house.post(
        "admin/questions/", contest_id=contest, label="B", title="The moon", kind="short_text", points=3, rubric=rubric, statement="Why?"
    )
    (person,) = (await house.get("admin/participants/", contest_id=contest))["items"]
    await do(page, "start")
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "running")
    await page.get_by_role("link", name="Announcements").click()
    await page.get_by_label("Announcement", exact=True).fill("Lunch is served.")
    await page.get_by_role("button", name="Announce …").click()
    await page.get_by_role("button", name="Announce", exact=True).click()
    await expect(page.get_by_role("listitem").filter(has_text="Lunch is served.")).to_be_visible()

    await house.post(
        f"contest/{contest}/submit/", question_id=essay["id"], participant_id=person["id"], contest_time_s=5, answer="It pulls."
    )
    await page.get_by_role("link", name="Grading").click()
    await expect(page.locator("[data-queued]")).to_have_count(1)
    await page.keyboard.press("n")
    await expect(page.locator("pre")).to_have_text("It pulls.")
    await expect(page.get_by_text("Châtelet")).to_have_count(0)
    await page.keyboard.press("1")
    await page.keyboard.press("2")
    await expect(page.locator("[data-score]")).to_have_text("3")
    assert await axe_finds(page) == []
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    (judged,) = (await house.get("admin/submissions/", contest_id=contest))["items"]
    assert (judged["verdict"], judged["score"]) == ("AC", 3)

    await do(page, "freeze")
    await do(page, "end", reason="The hall closes")
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "ended")
    await do(page, "thaw")
    await page.get_by_role("button", name="Undo").last.click()
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "ended")
    await do(page, "thaw")
    await do(page, "finalize")
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", "final")
    assert (await house.get(f"admin/contests/{contest}/"))["state"] == "finalized"

    await page.get_by_role("link", name="Audit").click()
    await expect(page.get_by_role("row").filter(has_text="contest.ended")).to_contain_text("The hall closes")
    assert await axe_finds(page) == []


async def made(house: House, people: int = 0) -> str:
    contest = await house.post("admin/contests/", title="Two at once", duration_s=3600)
    for number in range(people):
        await house.post("admin/participants/", contest_id=contest["id"], name=f"Person {number:03}")
    return str(contest["id"])


async def test_two_organisers_at_once_lose_nothing(house: House) -> None:
    contest = await made(house)
    await house.post("admin/questions/", contest_id=contest, label="A", title="Apples", kind="code", statement="Count them.")
    pages = [await house.page(await house.hire(name), f"contests/{contest}/questions/") for name in ("Ada", "Grace")]
    for page in pages:
        await page.locator("[data-question]").click()
    ada, grace = pages
    # Different things: both are kept.
    await ada.get_by_label("Title").fill("Apples and pears")
    await grace.get_by_label("Text").fill("Count them twice.")
    for page in pages:
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("[data-unsaved]")).to_have_attribute("data-unsaved", "0")
    (question,) = (await house.get("admin/questions/", contest_id=contest))["items"]
    assert (question["title"], question["statement"]) == ("Apples and pears", "Count them twice.")
    # The same thing: the second is shown both and chooses.
    await expect(ada.get_by_label("Text")).to_have_value("Count them twice.")
    await ada.get_by_label("Title").fill("Ada's title")
    await grace.get_by_label("Title").fill("Grace's title")
    await ada.get_by_role("button", name="Save").click()
    await expect(ada.locator("[data-unsaved]")).to_have_attribute("data-unsaved", "0")
    await grace.get_by_role("button", name="Save").click()
    dialog = grace.get_by_role("dialog")
    await expect(dialog).to_contain_text("Ada's title")
    await expect(dialog).to_contain_text("Grace's title")
    assert await axe_finds(grace) == []
    (question,) = (await house.get("admin/questions/", contest_id=contest))["items"]
    assert question["title"] == "Ada's title"
    await dialog.get_by_text("What you typed").click()
    await dialog.get_by_role("button", name="Save what I chose").click()
    await expect(grace.locator("[data-unsaved]")).to_have_attribute("data-unsaved", "0")
    (question,) = (await house.get("admin/questions/", contest_id=contest))["items"]
    assert question["title"] == "Grace's title"


async def test_what_is_typed_stays_while_the_line_is_down_and_leaving_asks(house: House) -> None:
    contest = await made(house)
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/set-up/")
    await page.get_by_label("Title").fill("A better title")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="did not answer")).to_be_visible()
    await expect(page.locator("[data-line]")).to_have_attribute("data-line", "down")
    await expect(page.get_by_label("Title")).to_have_value("A better title")
    await page.context.set_offline(False)
    await page.get_by_role("link", name="Grading").click()
    await page.get_by_role("button", name="Stay here").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A better title")
    assert (await house.get(f"admin/contests/{contest}/"))["title"] == "A better title"


async def test_order_and_people_by_keyboard(house: House) -> None:
    contest = await made(house, people=120)
    for label in "ABC":
        await house.post("admin/questions/", contest_id=contest, label=label, title=f"Problem {label}")
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/questions/")
    await page.locator("[data-question]").nth(2).focus()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.locator("[data-question] .label")).to_have_text(["A", "C", "B"])
    await page.keyboard.press("g")
    await page.keyboard.press("4")
    await expect(page.locator("[data-total]")).to_have_attribute("data-total", "120")
    assert await page.locator("[data-at]").count() < 60
    for _ in range(3):
        await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.locator("h1").click()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


@pytest.mark.parametrize("section", ["", "set-up/", "people/", "announcements/"])
async def test_on_a_phone_in_the_dark_and_from_right_to_left(house: House, section: str) -> None:
    contest = await made(house, people=2)
    page = await house.page(
        await house.hire("Ada"), f"contests/{contest}/{section}?lang=ar", width=360, height=780, color_scheme="dark", is_mobile=True
    )
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator("main h2").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await axe_finds(page) == []


async def test_who_may_not_is_not_shown_what_is_not_theirs(house: House, browser: Browser) -> None:
    contest = await made(house)
    page = await house.page(await house.hire("Gil", "grader"), f"contests/{contest}/people/")
    await expect(page.get_by_role("heading", name="Grading")).to_be_visible()
    await expect(page.get_by_role("link", name="Staff")).to_have_count(0)


def test_the_first_script_stays_small(pages: None) -> None:
    assert first_script_bytes(DIST, "manage.html") < SCRIPT_BYTES
