"""Every view of the organiser's pages, with something of everything in it: axe finds nothing, phones need not scroll sideways, dialogs keep
the keyboard inside and give the focus back, and script typed into any field is shown as text."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.running import RunningPodium
from tests.web.conftest import OpenPage
from tests.web.house import House, house_of
from tests.web.test_board_page import axe_finds

pytestmark = pytest.mark.anyio

SECTIONS = {
    "": "Live", "set-up/": "About", "questions/": "Questions", "people/": "People", "announcements/": "Announcements",
    "clarifications/": "Clarifications", "grading/": "Grading", "submissions/": "Submissions", "results/": "Results", "audit/": "Audit",
}  # fmt: skip
SCRIPT = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


@pytest.fixture
async def house(podium: RunningPodium, open_page: OpenPage) -> AsyncIterator[House]:
    async with house_of(podium, open_page) as made:
        yield made


async def is_settled(page: Page) -> None:
    """What is read has come: no skeleton is left."""
    await expect(page.locator("main").first).to_be_visible()
    await expect(page.locator(".bone")).to_have_count(0)


async def test_axe_finds_nothing_in_any_view_and_phones_need_not_scroll_sideways(house: House) -> None:
    exam = await house.exam(people=4)
    await house.disagree(exam)
    await house.post("admin/keys/", name="Judge", role="grader", scopes=["grading:write"])
    page = await house.page(await house.hire("Ada"))
    for scheme, width, height in (("light", 1280, 860), ("dark", 360, 780)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": height})
        for path in ("", "staff/", "keys/", *(f"contests/{exam}/{section}" for section in SECTIONS)):
            await page.goto(house.url + path)
            await is_settled(page)
            assert (path, await axe_finds(page)) == (path, [])
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def keeps_the_keyboard(page: Page, opener: Locator) -> None:
    """The dialog that `opener` opens: Tabs stay in it, axe finds nothing, Escape closes it, and the opener has the focus again."""
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    for key in ("Tab", "Tab", "Tab", "Shift+Tab"):
        await page.keyboard.press(key)
        # Past the last one the browser's own controls come, which are no element of the page.
        assert await page.evaluate("document.activeElement.closest('dialog') !== null || document.activeElement === document.body")
    assert await axe_finds(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_each_dialog_is_reached_left_and_forgotten_by_keyboard(house: House) -> None:
    exam = await house.exam(people=2)
    page = await house.page(await house.hire("Ada"))
    button = page.get_by_role("button", name="New contest")
    await keeps_the_keyboard(page, button)
    await keeps_the_keyboard(page, page.get_by_role("button", name="Keys", exact=True))
    for path, names in (
        ("staff/", ("Add a person", "New password")),
        ("keys/", ("Make a key",)),
        (f"contests/{exam}/", ("Extend", "End now")),
        (f"contests/{exam}/questions/", ("Add a question",)),
        (f"contests/{exam}/people/", ("Groups", "Codes", "Import")),
    ):
        await page.goto(house.url + path)
        await is_settled(page)
        for name in names:
            await keeps_the_keyboard(page, page.locator(".page").get_by_role("button", name=name, exact=True).first)


async def test_leaving_the_file_dialog_leaves_the_import_open(house: House) -> None:
    """It says `cancel` as the dialog around it does, and that one bubbles."""
    page = await house.page(await house.hire("Ada"), f"contests/{await house.contest()}/people/")
    await page.get_by_role("button", name="Import").first.click()
    await page.locator("#import-file").dispatch_event("cancel", {"bubbles": True})
    await expect(page.get_by_role("dialog")).to_be_visible()


async def types_everywhere(page: Page, within: Locator, skip: str = "nothing") -> int:
    """SCRIPT into each field for text that is shown; how many there were."""
    fields = within.locator(f"textarea:visible, input:visible:not([type=checkbox], [type=radio], [type=color], [type=number], [type=file],"
                            f" [type=datetime-local], [inputmode=numeric], {skip})")  # fmt: skip
    await expect(fields.first).to_be_visible()
    count = await fields.count()
    for at in range(count):
        field = fields.nth(at)
        longest = await field.get_attribute("maxlength")
        await field.fill(SCRIPT[: int(longest)] if longest is not None else SCRIPT)
    return count


async def test_script_in_every_field_is_shown_as_text(house: House) -> None:
    contest = await house.contest(people=1)
    page = await house.page(await house.hire("Ada"), f"contests/{contest}/set-up/")
    await is_settled(page)
    assert await types_everywhere(page, page.locator("main"), "#set-logo, #set-external") >= 4
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(SCRIPT)

    await page.locator("nav").get_by_role("link", name="Questions").click()
    for kind in ("multiple_choice", "short_text"):
        await page.get_by_role("button", name="Add a question").first.click()
        await page.locator(f'[data-kind="{kind}"]').click()
        await expect(page.locator("#q-title")).to_be_focused()
        await page.get_by_role("button", name="Add a criterion").click()
        assert await types_everywhere(page, page.locator("main form"), "#q-label") >= 3
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_text("Everything is saved.")).to_be_visible()
        await page.get_by_role("tab", name="As a contestant sees it").click()
        await expect(page.get_by_role("article")).to_be_visible()

    await page.locator("nav").get_by_role("link", name="People", exact=True).click()
    await page.get_by_role("button", name="Groups").click()
    await types_everywhere(page, page.get_by_role("dialog"))
    await page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("dialog").get_by_text(SCRIPT)).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Add a person").first.click()
    assert await types_everywhere(page, page.locator("main form")) >= 3
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("cell", name=SCRIPT).first).to_be_visible()

    await house.post(f"admin/contests/{contest}/start/")
    person = (await house.get("admin/participants/", contest_id=contest))["items"][0]["id"]
    token = (await house.post(f"admin/participants/{person}/token/"))["token"]
    await house.post(f"contest/{contest}/clarifications/", token=token, text=SCRIPT)
    essay = (await house.get("admin/questions/", contest_id=contest))["items"][-1]["id"]
    await house.post(f"contest/{contest}/submit/", token=token, question_id=essay, answer=SCRIPT)
    await page.locator("nav").get_by_role("link", name="Announcements").click()
    await types_everywhere(page, page.locator("main"))
    await page.get_by_role("button", name="Announce …").click()
    await page.get_by_role("button", name="Announce", exact=True).click()
    await expect(page.get_by_role("listitem").get_by_text(SCRIPT)).to_be_visible()
    await page.locator("nav").get_by_role("link", name="Clarifications").click()
    await page.locator("[data-asked]").click()
    await types_everywhere(page, page.locator("main form"))
    saving = asyncio.Event()

    async def held(route: Route) -> None:
        await saving.wait()
        await route.continue_()

    await page.route("**/answer/", held)
    await page.get_by_role("button", name="Answer", exact=True).click()
    await page.locator("nav").get_by_role("link", name="Grading").click()
    await expect(page.get_by_role("dialog", name="Leave without saving?")).to_be_visible()
    saving.set()  # and once it is saved, nobody is asked any more
    await expect(page.locator("[data-queued]")).to_have_count(1)
    await page.keyboard.press("n")
    await expect(page.locator("pre")).to_have_text(SCRIPT)
    await page.get_by_role("button", name="Question text").click()

    for section in SECTIONS:
        await page.evaluate("document.querySelectorAll('dialog').forEach(one => one.remove())")
        await page.goto(f"{house.url}contests/{contest}/{section}")
        await is_settled(page)
    await page.goto(f"{house.url}staff/")
    await page.get_by_role("button", name="Add a person").click()
    await page.get_by_label("Login").fill("login-of-script")
    await page.get_by_label("Name").fill(SCRIPT)
    await page.get_by_role("dialog").get_by_role("button", name="Add a person").click()
    await expect(page.locator("[data-secret]")).to_be_visible()
    await page.keyboard.press("Escape")
    assert await page.locator("img[onerror], [onerror]").count() == 0
    assert "broken" not in await page.title() or SCRIPT in await page.title()
