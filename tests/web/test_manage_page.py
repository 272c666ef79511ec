"""The organiser's pages against a real Podium: two who change one thing at once, a line that is down, keys, phones; what is whose."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.running import RunningPodium
from tests.web.conftest import OpenPage
from tests.web.house import House, house_of
from tests.web.sizes import first_script_bytes
from tests.web.stage import DIST
from tests.web.test_board_page import SCRIPT_BYTES, axe_finds

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(podium: RunningPodium, open_page: OpenPage) -> AsyncIterator[House]:
    async with house_of(podium, open_page) as made:
        yield made


async def test_two_organisers_at_once_lose_nothing(house: House) -> None:
    contest = await house.contest()
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


async def test_two_organisers_lose_nothing_of_groups_and_accounts(house: House) -> None:
    contest = await house.contest()
    group = await house.post("admin/groups/", contest_id=contest, name="North")
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/people/")
    await page.get_by_role("button", name="Groups").click()
    await page.get_by_role("button", name="Edit North").click()
    await page.get_by_label("Extra time").fill("0:05")
    await house.put(f"admin/groups/{group['id']}/", name="North wing", extra_time_s=600)
    await page.get_by_role("button", name="Save", exact=True).click()
    clash = page.get_by_role("dialog", name="Somebody else has changed this too")
    await expect(clash).to_contain_text("0:10")
    await expect(clash).to_contain_text("0:05")
    assert await axe_finds(page) == []
    await clash.get_by_text("What you typed").click()
    await clash.get_by_role("button", name="Save what I chose").click()
    await expect(page.locator("bdi").get_by_text("North wing")).to_be_visible()
    now = await house.get(f"admin/groups/{group['id']}/")
    assert (now["name"], now["extra_time_s"]) == ("North wing", 300)

    login = await house.hire("Uma")
    (person,) = [one for one in (await house.get("admin/people/", limit=1000))["items"] if one["login"] == login]
    await page.goto(f"{house.url}staff/")
    await page.get_by_role("listitem").filter(has_text=login).get_by_role("button", name="Edit").click()
    await page.get_by_label("Name").fill("Uma the Younger")
    await house.put(f"admin/people/{person['id']}/", roles=[{"role": "grader"}])
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    now = await house.get(f"admin/people/{person['id']}/")
    assert (now["name"], [one["role"] for one in now["roles"]]) == ("Uma the Younger", ["grader"])


async def test_what_contestants_are_told_is_explained_and_never_taken_back(house: House) -> None:
    contest = await house.contest(people=1, feedback="never", scoring="ioi")
    question = await house.post("admin/questions/", contest_id=contest, label="A", title="Apples", kind="code")
    (person,) = (await house.get("admin/participants/", contest_id=contest))["items"]
    await house.post(f"admin/contests/{contest}/start/")
    run = {"question_id": question["id"], "participant_id": person["id"], "contest_time_s": 1, "language": "c", "source": "-"}
    made = await house.post(f"contest/{contest}/submit/", **run)
    await house.post("admin/grading/manual/", submission_id=made["submission_id"], verdict="WA")
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/set-up/")
    choice, note = page.get_by_label("Verdicts are told"), page.locator("p.change")
    await expect(page.locator("#set-feedback-hint")).to_contain_text("Nobody but graders and organisers")
    await expect(note).to_be_empty()
    await choice.select_option("at_once")
    await expect(page.locator("#set-feedback-hint")).to_contain_text("each verdict as it comes")
    await expect(note).to_contain_text("all verdicts that were kept")
    assert await axe_finds(page) == []
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("[data-unsaved]")).to_have_attribute("data-unsaved", "0")
    await choice.select_option("after_end")
    await expect(note).to_contain_text("refused once a verdict has been told")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("this contest can tell more, but not less")).to_be_visible()
    assert (await house.get(f"admin/contests/{contest}/"))["feedback"] == "at_once"


async def test_what_somebody_else_did_meanwhile_is_looked_at_before_anything_is_done(house: House) -> None:
    contest = await house.contest(people=2)
    await house.post(f"admin/contests/{contest}/start/")
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/")
    await page.locator('[data-deed="extend"]').click()
    await page.get_by_label(re.compile("Reason")).fill("The power failed")
    await expect(page.locator("[data-effect] b")).to_contain_text("Adds 10 min for 2 people")
    # Grace had the same thought, and the page has not heard of it yet.
    await page.route("**/admin/contests/*/", lambda route: route.abort() if route.request.method == "GET" else route.continue_())
    await house.post(f"admin/contests/{contest}/extend/", seconds=600, reason="The power failed")
    await page.locator("[data-go]").click()
    await page.unroute("**/admin/contests/*/")
    await expect(page.locator("[data-effect]")).to_contain_text("Somebody changed this contest meanwhile")
    assert (await house.get(f"admin/contests/{contest}/"))["duration_s"] == 3600 + 600
    await expect(page.get_by_label(re.compile("Reason"))).to_have_value("The power failed")
    await house.post(f"admin/contests/{contest}/end/")
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    await expect(page.locator("[data-go]")).to_be_disabled()


async def test_a_dispute_is_settled_with_the_answer_and_both_opinions_in_sight(house: House) -> None:
    contest = await house.exam(people=2)
    await house.disagree(contest)
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/grading/")
    await page.get_by_role("button", name="Disputed").click()
    await page.locator("[data-queued]").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator("pre")).to_contain_text("The moon pulls the near water")
    await expect(dialog.get_by_role("list", name="Opinions").get_by_role("listitem")).to_have_text(
        [re.compile("Gil.*5"), re.compile("Uma.*2")]
    )
    assert await axe_finds(page) == []
    await page.get_by_label("Verdict", exact=True).fill("PA")
    await page.get_by_label("Score").fill("3")
    await page.get_by_label(re.compile("Reason")).fill("Between both")
    await dialog.get_by_role("button", name="Override").click()
    await expect(page.locator("[data-queued]")).to_have_count(0)
    (judged,) = [
        one for one in (await house.get("admin/submissions/", contest_id=contest))["items"] if one["problem"] == "D" and one["verdict"]
    ]
    assert (judged["verdict"], judged["score"]) == ("PA", 3)


async def test_what_somebody_else_changed_is_not_deleted(house: House) -> None:
    contest = await house.contest()
    question = await house.post("admin/questions/", contest_id=contest, label="A", title="Apples")
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/questions/")
    await page.locator("[data-question]").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await house.put(f"admin/questions/{question['id']}/", title="Apples and pears")
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("alert").first).to_be_visible()
    assert (await house.get("admin/questions/", contest_id=contest))["total"] == 1


async def test_what_is_typed_stays_while_the_line_is_down_and_leaving_asks(house: House) -> None:
    contest = await house.contest()
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/set-up/")
    await page.get_by_label("Title").fill("A better title")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").filter(has_text="did not answer")).to_be_visible()
    await expect(page.locator("[data-line]")).to_have_attribute("data-line", "down")
    await expect(page.get_by_label("Title")).to_have_value("A better title")
    await page.context.set_offline(False)
    await page.locator("nav").get_by_role("link", name="Grading").click()
    await page.get_by_role("button", name="Stay here").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A better title")
    assert (await house.get(f"admin/contests/{contest}/"))["title"] == "A better title"


async def test_order_and_people_by_keyboard(house: House) -> None:
    contest = await house.contest(people=120)
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
    contest = await house.contest(people=2)
    page = await house.page(
        await house.hire("Ada"), f"contests/{contest}/{section}?lang=ar", width=360, height=780, color_scheme="dark", is_mobile=True
    )
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator("main h2").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert await axe_finds(page) == []


async def test_who_may_not_is_not_shown_what_is_not_theirs(house: House, browser: Browser) -> None:
    contest = await house.contest()
    page = await house.page(await house.hire("Gil", "grader"), f"contests/{contest}/people/")
    await expect(page.get_by_role("heading", name="Grading")).to_be_visible()
    await expect(page.get_by_role("link", name="Staff")).to_have_count(0)


def test_the_first_script_stays_small(pages: None) -> None:
    assert first_script_bytes(DIST, "manage.html") < SCRIPT_BYTES
