"""Pictures of the organiser's pages, each view with data on a real Podium: `python -m tests.web.shots_manage FOLDER [name ...]`."""

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.running import start_podium
from tests.web.house import House, house_of

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
SECTIONS = ("run", "set-up", "questions", "people", "announcements", "clarifications", "grading", "submissions", "results", "audit")
Save = Callable[..., Awaitable[None]]


@dataclass
class Shoot:
    """One browser, one Podium, one organiser, one exam."""

    browser: Browser
    house: House
    login: str
    exam: str
    save: Save

    @asynccontextmanager
    async def page(self, path: str, size: dict[str, int] = DESK, scheme: Any = "light") -> AsyncIterator[Page]:
        async def opened(url: str, **_: Any) -> Page:
            page = await self.browser.new_page(viewport=size, color_scheme=scheme, is_mobile=size is PHONE, has_touch=size is PHONE)  # type: ignore[arg-type]
            page.set_default_timeout(15000)
            page.on("console", lambda line: print("console:", path, line.text) if line.type == "error" and "401" not in line.text else None)
            page.on("pageerror", lambda error: print("error:", path, error))
            await page.goto(url)
            return page

        page = await House(self.house.client, opened).page(self.login, path)
        await page.wait_for_timeout(900)
        try:
            yield page
        finally:
            await page.close()

    def at(self, section: str) -> str:
        return f"contests/{self.exam}/{'' if section == 'run' else section + '/'}"


async def sections(shoot: Shoot) -> None:
    async with shoot.page("") as page:
        await shoot.save(page, "contests")
        for section in SECTIONS:
            await page.goto(shoot.house.url + shoot.at(section))
            await page.wait_for_timeout(900)
            await shoot.save(page, section, full_page=True)
        for path in ("staff/", "keys/"):
            await page.goto(shoot.house.url + path)
            await page.wait_for_timeout(600)
            await shoot.save(page, path.strip("/"))


async def phone(shoot: Shoot) -> None:
    async with shoot.page("", PHONE, "dark") as page:
        await shoot.save(page, "phone-contests")
        for section in SECTIONS:
            await page.goto(shoot.house.url + shoot.at(section))
            await page.wait_for_timeout(900)
            await shoot.save(page, f"phone-{section}", full_page=True)


async def deeds(shoot: Shoot) -> None:
    async with shoot.page(shoot.at("run")) as page:
        for deed in ("pause", "extend", "freeze", "end"):
            await page.locator(f'[data-deed="{deed}"]').click()
            await page.wait_for_timeout(500)
            await shoot.save(page, f"deed-{deed}")
            await page.keyboard.press("Escape")
        await page.locator('[data-deed="extend"]').click()
        await page.get_by_label("One person").check()
        await page.wait_for_timeout(500)
        await shoot.save(page, "deed-extend-person")


async def questions(shoot: Shoot) -> None:
    async with shoot.page(shoot.at("questions")) as page:
        for at, label in enumerate("ABCDE"):
            await page.locator("[data-question]").nth(at).click()
            await page.wait_for_timeout(250)
            await shoot.save(page, f"question-{label}", full_page=True)
        await page.get_by_role("tab", name="As a contestant sees it").click()
        await shoot.save(page, "question-preview")
        await page.get_by_role("button", name="Add a question").click()
        await page.wait_for_timeout(250)
        await shoot.save(page, "question-kinds")
        await page.keyboard.press("Escape")


async def people(shoot: Shoot) -> None:
    async with shoot.page(shoot.at("people")) as page:
        await page.locator("[data-at]").nth(1).click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "person")
        await page.get_by_role("button", name="Close").last.click()
        await page.get_by_role("button", name="Groups").click()
        await page.wait_for_timeout(400)
        await shoot.save(page, "groups")
        await page.get_by_role("button", name="Edit").first.click()
        await shoot.save(page, "groups-edit")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name=re.compile("Import")).first.click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "import")
        text = "name,external_id,groups,ranked\nAlan Turing,T-101,North,true\nAlonzo Church,T-102,West,true\n"
        text += ",T-103,North,true\nAda,T-001,South,perhaps\n"
        await page.locator("#import-file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()})
        await page.wait_for_timeout(900)
        await shoot.save(page, "import-told")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name=re.compile("ersonal codes|odes")).first.click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "codes")
        await page.locator("[data-first]").click()
        await page.wait_for_timeout(900)
        await shoot.save(page, "codes-made")
        await page.emulate_media(media="print")
        await shoot.save(page, "codes-print", full_page=True)


async def grading(shoot: Shoot) -> None:
    async with shoot.page(shoot.at("grading")) as page:
        for state in ("Waiting", "Being graded", "Second opinion", "Disputed", "Graded"):
            button = page.get_by_role("group").get_by_role("button", name=re.compile(f"^{state}")).first
            await button.click()
            await page.wait_for_timeout(400)
            await shoot.save(page, f"grading-{state.lower().replace(' ', '-')}")
            if state == "Disputed":
                await page.locator("[data-queued]").first.click()
                await page.wait_for_timeout(300)
                await shoot.save(page, "override")
                await page.keyboard.press("Escape")
        await page.get_by_role("group").get_by_role("button", name=re.compile("Waiting")).first.click()
        await page.keyboard.press("n")
        await page.wait_for_timeout(700)
        await shoot.save(page, "grading-work", full_page=True)
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await page.wait_for_timeout(300)
        await shoot.save(page, "phone-grading-work", full_page=True)


async def desk(shoot: Shoot) -> None:
    async with shoot.page(shoot.at("clarifications")) as page:
        await page.locator("[data-asked]").first.click()
        await page.wait_for_timeout(600)
        await page.get_by_label("Your answer").fill("Yes, of any kind without a radio.")
        await shoot.save(page, "clarification")
        await page.get_by_role("button", name="Leave it to others").click()
    async with shoot.page(shoot.at("announcements")) as page:
        await page.locator("textarea").first.fill("The hall closes at six.")
        await page.get_by_role("button", name="Announce …").click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "announce")


async def doors(shoot: Shoot) -> None:
    async with shoot.page("staff/") as page:
        await page.get_by_role("button", name=re.compile("Add|New")).first.click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "staff-add")
        await page.keyboard.press("Escape")
        await page.goto(shoot.house.url + "keys/")
        await page.get_by_role("button", name="Make a key").click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "key-add")
    page = await shoot.browser.new_page(viewport=DESK)  # type: ignore[arg-type]
    await page.goto(shoot.house.url)
    await shoot.save(page, "login")
    await page.get_by_label("Login").fill("nobody")
    await page.get_by_label("Password").fill("wrong")
    await page.keyboard.press("Enter")
    await page.wait_for_timeout(900)
    await shoot.save(page, "login-refused")
    await page.close()


async def trouble(shoot: Shoot) -> None:
    async with shoot.page(shoot.at("set-up")) as page:
        await page.get_by_label("Title").fill("Harbour Open, second try")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Save").click()
        await page.wait_for_timeout(600)
        await shoot.save(page, "offline")
    async with shoot.page(f"contests/{shoot.exam}/set-up/") as page:
        await page.get_by_label("Title").fill("Harbour Open (mine)")
        await page.route(re.compile("admin/contests/"), lambda route: route.continue_())
        contest = await shoot.house.get(f"admin/contests/{shoot.exam}/")
        await shoot.house.put(f"admin/contests/{shoot.exam}/", title="Harbour Open (theirs)")
        await page.get_by_role("button", name="Save").click()
        await page.wait_for_timeout(700)
        await shoot.save(page, "clash")
        await shoot.house.put(f"admin/contests/{shoot.exam}/", title=contest["title"])


async def stages(shoot: Shoot) -> None:
    """The life of one contest; last, for it ends the exam."""
    draft = await shoot.house.contest(title="A new contest")
    async with shoot.page(f"contests/{draft}/") as page:
        await shoot.save(page, "stage-draft", full_page=True)
        for section in ("questions", "people", "clarifications", "grading", "submissions", "results", "announcements"):
            await page.goto(f"{shoot.house.url}contests/{draft}/{section}/")
            await page.wait_for_timeout(600)
            await shoot.save(page, f"empty-{section}")
        await page.goto(shoot.house.url)
        await page.get_by_role("button", name="New contest").click()
        await page.wait_for_timeout(300)
        await shoot.save(page, "new")
    async with shoot.page(shoot.at("run")) as page:
        for deed, body in (("pause", {"reason": "Fire alarm"}), ("freeze", {}), ("end", {}), ("thaw", {})):
            await shoot.house.post(f"admin/contests/{shoot.exam}/{deed}/", **body)
            await page.reload()
            await page.wait_for_timeout(900)
            await shoot.save(page, f"stage-{deed}", full_page=True)
            if deed == "pause":
                await shoot.house.post(f"admin/contests/{shoot.exam}/resume/")


SCENES = {
    "sections": sections, "phone": phone, "deeds": deeds, "questions": questions, "people": people, "grading": grading, "desk": desk,
    "doors": doors, "trouble": trouble, "stages": stages,
}  # fmt: skip


async def main(folder: Path, wanted: list[str]) -> None:
    async def save(page: Page, name: str, **options: Any) -> None:
        await page.screenshot(path=folder / f"{name}.png", **options)

    async def nobody(url: str, **_: Any) -> Page:
        raise AssertionError(url)

    with tempfile.TemporaryDirectory() as data:
        podium = start_podium(Path(data) / "data")
        try:
            async with house_of(podium, nobody) as house, async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                exam = await house.exam()
                await house.disagree(exam)
                shoot = Shoot(browser, house, await house.hire("Ada Lovelace"), exam, save)
                for name in wanted or list(SCENES):
                    await SCENES[name](shoot)
                await browser.close()
        finally:
            podium.stop()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, sys.argv[2:]))
