"""An organiser takes a contest from nothing to its final result in the browser, with all that can happen to one on the way, in minutes."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.running import RunningPodium
from tests.support import eventually
from tests.web.conftest import OpenPage
from tests.web.house import RUBRIC, House, do, house_of
from tests.web.test_board_page import axe_finds

pytestmark = pytest.mark.anyio

PEOPLE = "name,external_id,groups\nÉmilie du Châtelet,T-001,South\n=Grace Hopper,T-002,North\nMary Somerville,T-003,North\n"
WRONG = PEOPLE + ",T-004,North\nHypatia,T-001,South\n"


@pytest.fixture
async def house(podium: RunningPodium, open_page: OpenPage) -> AsyncIterator[House]:
    async with house_of(podium, open_page) as made:
        yield made


async def phase_is(page: Page, phase: str) -> None:
    await expect(page.locator("[data-phase]")).to_have_attribute("data-phase", phase)


async def choose(page: Page, text: str) -> None:
    await page.locator("#import-file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()})


async def extend(page: Page, to: str, reason: str, whom: str = "") -> None:
    await page.locator('[data-deed="extend"]').click()
    await page.get_by_role("button", name="5 min", exact=True).click()
    await page.get_by_label(to, exact=True).check()
    if to == "A group":
        await page.get_by_label("Group", exact=True).select_option(label=whom)
    elif to == "One person":
        await page.get_by_label(re.compile(whom)).check()
    await expect(page.locator("[data-effect] b")).to_contain_text("Adds 5 min for")
    await page.get_by_label(re.compile("Reason")).fill(reason)
    await page.locator("[data-go]").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_contest_from_nothing_to_its_final_result(house: House, tmp_path: Path) -> None:
    page = await house.page(await house.hire("Ada Lovelace"))
    await page.get_by_role("button", name="New contest").first.click()
    await page.get_by_label("Title").fill("Harbour Open")
    await page.get_by_label("Length").fill("2:00")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Open")
    contest = page.url.rstrip("/").split("/")[-1]
    await expect(page.locator('[data-deed="freeze"]')).to_have_attribute("aria-disabled", "true")

    question = await writes_a_question(page, house, contest)
    people = await brings_people(page, house, contest)
    essay = await house.post(
        "admin/questions/", contest_id=contest, label="B", title="The moon", kind="short_text", points=5, rubric=RUBRIC, statement="Why?"
    )

    await do(page, "start")
    await phase_is(page, "running")
    await page.locator("nav").get_by_role("link", name="Announcements").click()
    await page.get_by_label("Announcement", exact=True).fill("Lunch is served.")
    await page.get_by_role("button", name="Announce …").click()
    await page.get_by_role("button", name="Announce", exact=True).click()
    await expect(page.get_by_role("listitem").filter(has_text="Lunch is served.")).to_be_visible()
    await pauses_and_extends(page, house, contest, people)

    token = (await house.post(f"admin/participants/{people['Émilie du Châtelet']}/token/"))["token"]
    await house.post(f"contest/{contest}/submit/", token=token, question_id=question, answer=["b"])
    await house.post(f"contest/{contest}/submit/", token=token, question_id=essay["id"], answer="It pulls.")
    await house.post(f"contest/{contest}/clarifications/", token=token, text="May we draw?")
    await page.locator("nav").get_by_role("link", name="Clarifications").click()
    await page.locator("[data-asked]").click()
    await page.get_by_label("Your answer").fill("You may.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("Answered Émilie du Châtelet.")).to_be_visible()
    await page.locator("nav").get_by_role("link", name="Live").click()
    await expect(page.locator('[data-tile="submissions"] svg')).to_be_visible()
    await expect(page.locator('[data-tile="submissions"]')).to_contain_text(re.compile("[12]"))
    await expect(page.get_by_role("link", name="Waiting for a verdict")).to_contain_text("Open the grading desk")
    await grades(page, house, contest)

    await do(page, "freeze")
    await do(page, "end", reason="The hall closes")
    await phase_is(page, "ended")
    await do(page, "reopen", reason="A lamp had failed")
    await phase_is(page, "frozen")
    await do(page, "end", reason="The hall closes")
    await do(page, "thaw")
    await phase_is(page, "thawed")
    await page.get_by_role("button", name="Undo").last.click()
    await phase_is(page, "ended")
    await do(page, "thaw")
    await eventually(lambda: is_collected(house, contest))
    await do(page, "finalize")
    await phase_is(page, "final")
    assert (await house.get(f"admin/contests/{contest}/"))["state"] == "finalized"
    await takes_results(page, tmp_path)

    await page.locator("nav").get_by_role("link", name="Audit").click()
    await expect(page.get_by_role("row").filter(has_text="contest.reopened")).to_contain_text("A lamp had failed")
    await page.get_by_label("What was done").fill("contest.paused")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("Fire alarm")
    assert await axe_finds(page) == []


async def writes_a_question(page: Page, house: House, contest: str) -> str:
    await page.locator("nav").get_by_role("link", name="Questions").click()
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
    (question,) = (await house.get("admin/questions/", contest_id=contest))["items"]
    assert (question["title"], question["answer_key"]["right"]) == ("Tides", ["b"])
    return str(question["id"])


async def brings_people(page: Page, house: House, contest: str) -> dict[str, str]:
    """By a file: first one with errors, which changes nothing. Their ids by name."""
    await page.locator("nav").get_by_role("link", name="People", exact=True).click()
    await page.get_by_role("button", name="Import").first.click()
    await choose(page, WRONG)
    faults = page.get_by_role("region", name="Errors").get_by_role("row")
    await expect(faults).to_have_count(3)
    await expect(faults.nth(1)).to_contain_text("name")
    assert await axe_finds(page) == []
    await expect(page.get_by_role("dialog").get_by_role("button", name="Import", exact=True)).to_be_disabled()
    assert (await house.get("admin/participants/", contest_id=contest))["total"] == 0
    await choose(page, PEOPLE)
    await expect(page.locator("[data-preview]")).to_contain_text("3")
    await expect(page.get_by_text("2 groups will be made:")).to_be_visible()
    await page.get_by_role("button", name="Import 3 people").click()
    await expect(page.locator("[data-total]")).to_have_attribute("data-total", "3")

    await page.get_by_role("row").filter(has_text="Châtelet").click()
    await page.get_by_role("button", name="Give a code").click()
    await expect(page.locator("[data-code]")).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
    await page.get_by_role("button", name="Close", exact=True).last.click()
    await page.get_by_role("button", name="Codes").click()
    await page.locator("[data-first]").click()
    await expect(page.get_by_text("2 codes made.")).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.locator(".slip")).to_have_count(2)
    await expect(page.locator("main").first).to_be_hidden()
    await page.emulate_media(media="screen")
    async with page.expect_download():
        await page.get_by_role("button", name="Download").click()
    await page.keyboard.press("Escape")
    return {one["name"]: one["id"] for one in (await house.get("admin/participants/", contest_id=contest))["items"]}


async def without_redis(route: Route) -> None:
    """What the server answers while Redis is away (tests/admin/test_live.py)."""
    answer = await route.fetch()
    nulls = dict.fromkeys(("on_line", "nodes", "answers_per_min", "submissions_per_min"))
    await route.fulfill(response=answer, json={**await answer.json(), **nulls})


async def pauses_and_extends(page: Page, house: House, contest: str, people: dict[str, str]) -> None:
    await page.route("**/live/", without_redis)
    await page.locator("nav").get_by_role("link", name="Live").click()
    for tile in ("on_line", "answers", "submissions"):
        await expect(page.locator(f'[data-tile="{tile}"]')).to_contain_text("Not to be had right now")
    await page.unroute("**/live/")
    await expect(page.locator('[data-tile="on_line"]')).to_contain_text("ws_server-1")
    await do(page, "pause", reason="Fire alarm")
    await expect(page.locator('[data-deed="resume"]')).to_be_visible()
    assert (await house.get(f"admin/contests/{contest}/"))["paused"]
    await do(page, "resume")
    await expect(page.locator('[data-deed="pause"]')).to_be_visible()
    await expect(page.get_by_role("heading", name="Pauses")).to_be_visible()

    await extend(page, "Everybody", "The power failed")
    assert (await house.get(f"admin/contests/{contest}/"))["duration_s"] == 7200 + 300
    await extend(page, "A group", "Row 4 had no line", "North")
    groups = {one["name"]: one["extra_time_s"] for one in (await house.get("admin/groups/", contest_id=contest))["items"]}
    assert groups == {"North": 300, "South": 0}
    await extend(page, "One person", "A broken chair", "Châtelet")
    assert (await house.get(f"admin/participants/{people['Émilie du Châtelet']}/"))["extra_time_s"] == 300


async def grades(page: Page, house: House, contest: str) -> None:
    await page.locator("nav").get_by_role("link", name="Grading").click()
    await expect(page.locator("[data-queued]")).to_have_count(1)
    await page.keyboard.press("n")
    await expect(page.locator("pre")).to_have_text("It pulls.")
    await expect(page.get_by_text("Châtelet")).to_have_count(0)
    for figure in "123":
        await page.keyboard.press(figure)
    await expect(page.locator("[data-score]")).to_have_text("5")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    judged = {
        one["problem"]: (one["verdict"], one["score"]) for one in (await house.get("admin/submissions/", contest_id=contest))["items"]
    }
    assert judged == {"A": ("AC", 1), "B": ("AC", 5)}


async def is_collected(house: House, contest: str) -> bool:
    """Whether the answers of those who did not hand in are in: before, finalizing is refused."""
    answer = await house.client.post(f"/api/v1/admin/contests/{contest}/finalize/", json={}, params={"preview": "true"})
    return answer.status_code == 200


async def takes_results(page: Page, folder: Path) -> None:
    await page.locator("nav").get_by_role("link", name="Results").click()
    found: dict[str, bytes] = {}
    for name, ending in (("Spreadsheet (XLSX)", "xlsx"), ("CSV", "csv"), ("JSON", "json")):
        async with page.expect_download() as coming:
            await page.get_by_role("button", name=name, exact=True).click()
        file = await coming.value
        assert file.suggested_filename.endswith(f".{ending}")
        await file.save_as(folder / ending)
        found[ending] = (folder / ending).read_bytes()
    assert found["xlsx"].startswith(b"PK")
    assert "'=Grace Hopper" in found["csv"].decode()
    told: dict[str, Any] = json.loads(found["json"])
    assert told["final"]
