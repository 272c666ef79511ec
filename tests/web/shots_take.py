"""Pictures of the contestant's page in each of its states: `python -m tests.web.shots_take FOLDER [name ...]`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.web.sitting import CONSENT, RULES, Desk, before_stage, running_stage, stage_time
from tests.web.test_board_page import live

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
CODE = """t, k = map(int, input().split())
late = t % k
print(0 if late == 0 else k - late)
"""
Save = Callable[[Page, str], Awaitable[None]]


@asynccontextmanager
async def page_of(browser: Browser, desk: Desk, size: dict[str, int], query: str = "", scheme: Any = "light") -> AsyncIterator[Page]:
    page = await browser.new_page(viewport=size, color_scheme=scheme, is_mobile=size is PHONE, has_touch=size is PHONE)  # type: ignore[arg-type]
    page.on("console", lambda line: print("console:", line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: print("error:", error))
    await desk.prepare(page)
    await page.goto(desk.stage.url + query)
    if desk.is_logged_in:
        await live(page)
    await page.wait_for_timeout(400)
    try:
        yield page
    finally:
        await page.close()


async def door(browser: Browser, save: Save) -> None:
    async with running_stage() as stage:
        desk = Desk(stage, is_logged_in=False)
        for name, size, scheme in (("login", DESK, "light"), ("login-phone", PHONE, "dark")):
            async with page_of(browser, desk, size, scheme=scheme) as page:
                await save(page, name)
        async with page_of(browser, desk, DESK) as page:
            await page.get_by_label("Personal code").fill("K7PX-2MQD-93WU")
            await page.keyboard.press("Enter")
            await page.wait_for_timeout(300)
            await save(page, "login-wrong")


async def wait(browser: Browser, save: Save) -> None:
    async with before_stage() as stage:
        desk = Desk(stage, has_begun=False)
        desk.rules, desk.consent = RULES, CONSENT
        for name, size, scheme in (("waiting", DESK, "light"), ("waiting-phone", PHONE, "dark")):
            async with page_of(browser, desk, size, scheme=scheme) as page:
                await save(page, name)
    async with running_stage() as stage:
        stage.status["own_time_s"] = 7200
        desk = Desk(stage, has_begun=False)
        desk.rules, desk.consent = RULES, CONSENT
        async with page_of(browser, desk, DESK) as page:
            await save(page, "consent")


async def running(browser: Browser, save: Save) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("A", {"source": CODE, "language": "python3"})
        desk.write("B", ["a", "c"])
        desk.write("D", "Reading the index must not wait for the rows.")
        await desk.judge("A", "WA", 4310)
        await desk.judge("A", "AC", 5225)
        await desk.judge("B", "PA", 6100, score=2.0, comment="Heapsort is not stable.")
        await desk.judge("D", None, 8000)
        for name, size, query, scheme in (
            ("running", DESK, "", "light"), ("running-dark", DESK, "", "dark"), ("running-rtl", DESK, "?lang=ar", "light"),
            ("phone", PHONE, "", "light"), ("phone-dark", PHONE, "", "dark"), ("zoom", {"width": 640, "height": 400}, "", "light"),
        ):  # fmt: skip
            async with page_of(browser, desk, size, query, scheme) as page:
                await save(page, name)
                if name in ("phone", "running"):
                    await page.evaluate("scrollTo(0, 900)")
                    await page.wait_for_timeout(200)
                    await save(page, f"{name}-scrolled")
                if name == "running":
                    await page.evaluate("scrollTo(0, 0)")
                    for label in "BCDE":
                        await page.locator("[data-question]").nth("ABCDE".index(label)).click()
                        await page.wait_for_timeout(150)
                        await save(page, f"question-{label}")
                    await page.keyboard.press("Escape")
                    await page.keyboard.press("?")
                    await page.wait_for_timeout(200)
                    await save(page, "keys")
                    await page.keyboard.press("Escape")
                    await page.get_by_role("button", name="Hand in").click()
                    await page.wait_for_timeout(200)
                    await save(page, "hand-in")


async def told(browser: Browser, save: Save) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("D", "Reading the index must not wait.")
        for size, scheme, tail in ((DESK, "light", ""), (PHONE, "light", "-phone")):
            async with page_of(browser, desk, size, scheme=scheme) as page:
                await stage.announce("Problem C: lock 1 stands at 4.20 m, not 4.02 m. The statement was corrected.")
                question = desk.questions[2]["id"]
                asked = desk.clarification("Is the height asked for in metres?", question, "Yes, in metres; two decimals are enough.")
                await stage.publish("inbox", {"type": "clarification.answered", "clarification": asked})
                turn = {**desk.turn, "extra_s": 600}
                await stage.publish("inbox", {"type": "turn.changed", "turn": turn, "reason": "The power failed in row 4."})
                await page.wait_for_timeout(700)
                await save(page, f"told{tail}")
                await page.get_by_role("button", name="Seen", exact=True).first.click()
                await page.wait_for_timeout(400)
                await stage.publish("inbox", {"type": "turn.changed", "turn": desk.turn})
                clock = {"at": stage_time(stage, 144), "contest_time_s": 144 * 60.0, "rate": 0.0}
                await stage.tell(clock=clock, paused=True)
                await page.wait_for_timeout(500)
                await save(page, f"paused{tail}")
                await stage.tell(clock={"at": stage_time(stage, 143.2), "contest_time_s": 8600.0, "rate": 1.0}, paused=False)
                await page.evaluate("localStorage.clear()")


async def trouble(browser: Browser, save: Save) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("D", "Reading the index")
        for size, tail in ((DESK, ""), (PHONE, "-phone")):
            async with page_of(browser, desk, size) as page:
                await page.locator("[data-question]").nth(3).click()
                await page.locator("#answer").focus()
                await page.keyboard.press("End")
                await page.keyboard.type(" must not wait for the rows, which are many")
                await save(page, f"saving{tail}")
                desk.is_away = True
                await page.evaluate("Math.random = () => 0.9")
                await stage.shut()
                await page.keyboard.type(" and slow to read.")
                await page.wait_for_timeout(3500)
                await save(page, f"offline{tail}")
                desk.is_away = False
                await stage.open()
                await page.locator("[data-line] button").click()
                await live(page)
                await page.wait_for_timeout(1500)
                await page.locator("#answer").focus()
                await page.keyboard.press("End")
                await page.keyboard.type(" And so on.")
                desk.write("D", "The index is small enough to stay in memory; the rows are not.")
                await page.wait_for_timeout(1500)
                await save(page, f"overwrote{tail}")
                desk.write("D", "Written on the phone in the corridor.", "Chrome, Android (7hq2)")
                await desk.tell_saved("D")
                await page.wait_for_timeout(600)
                await save(page, f"taken{tail}")
        async with page_of(browser, desk, DESK) as page:
            await page.locator("[data-question]").nth(3).click()
            desk.is_away = True
            await page.locator("#answer").fill("Typed when the log-in ended.")
            await page.wait_for_timeout(1200)
            desk.is_away, desk.is_logged_in, desk.session_code = False, False, "session.ended"
            await stage.close(4450)
            await page.wait_for_timeout(600)
            await save(page, "ended-login")


async def over(browser: Browser, save: Save) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("A", {"source": CODE, "language": "python3"})
        desk.write("B", ["a", "c"])
        await desk.judge("A", "AC", 5225)
        desk.turn["handed_in_at"] = stage.now()
        async with page_of(browser, desk, DESK) as page:
            await save(page, "handed-in")
        desk.turn["handed_in_at"] = None
        async with page_of(browser, desk, DESK) as page:
            await stage.tell(state="ended", ended_at=stage.now())
            await page.wait_for_timeout(500)
            await save(page, "ended")
        async with page_of(browser, desk, PHONE, scheme="dark") as page:
            await save(page, "ended-phone")


SCENES = {"door": door, "wait": wait, "running": running, "told": told, "trouble": trouble, "over": over}


async def main(folder: Path, wanted: list[str]) -> None:
    async def save(page: Page, name: str) -> None:
        await page.screenshot(path=folder / f"{name}.png")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name in wanted or list(SCENES):
            await SCENES[name](browser, save)
        await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, sys.argv[2:]))
