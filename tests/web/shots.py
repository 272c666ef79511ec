"""Pictures of the board in each of its states: `python -m tests.web.shots FOLDER [name ...]`. For people's eyes, and for docs/."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.web.conftest import CHROMIUM
from tests.web.scenes import FREEZE_MIN, board, chain, status
from tests.web.stage import Stage

RUNS = chain()
DESK = {"width": 1280, "height": 720}
PHONE = {"width": 360, "height": 780}
HALL = {"width": 1920, "height": 1080}
FROZEN = {"frozen": True, "frozen_from_s": FREEZE_MIN * 60.0, "frozen_at": "2026-11-24T14:00:00.000Z"}
ENDED = {**FROZEN, "state": "ended", "ended_at": "2026-11-24T15:00:00.000Z"}


@asynccontextmanager
async def page_of(browser: Browser, stage: Stage, size: dict[str, int], query: str = "", scheme: Any = "light") -> AsyncIterator[Page]:
    page = await browser.new_page(viewport=size, color_scheme=scheme, is_mobile=size is PHONE, has_touch=size is PHONE)  # type: ignore[arg-type]
    page.on("console", lambda line: print("console:", line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: print("error:", error))
    await page.goto(stage.url + query)
    await page.wait_for_timeout(700)
    try:
        yield page
    finally:
        await page.close()


async def busy(browser: Browser, save: Callable[[Page, str], Awaitable[None]]) -> None:
    async with Stage(board(RUNS, 143), minute=143.4) as stage:
        for name, size, query, scheme in (
            ("light", DESK, "", "light"), ("dark", DESK, "", "dark"), ("phone", PHONE, "", "light"), ("phone-dark", PHONE, "", "dark"),
            ("rtl", DESK, "?lang=ar", "light"), ("hall", HALL, "?hall", "dark"), ("hall-light", HALL, "?hall", "light"),
            ("embed", {"width": 900, "height": 500}, "?embed", "light"),
        ):  # fmt: skip
            async with page_of(browser, stage, size, query, scheme) as page:
                await save(page, name)
        async with page_of(browser, stage, DESK) as page:
            for key in "jjjjjf":
                await page.keyboard.press(key)
            await stage.announce("Problem C: the sample output was corrected.")
            await stage.show(board(RUNS, 147))
            await page.wait_for_timeout(200)
            await save(page, "gliding")
            await page.wait_for_timeout(900)
            await page.keyboard.press("Enter")
            await page.wait_for_timeout(300)
            await save(page, "story")
            await page.keyboard.press("Escape")
            await page.keyboard.press("?")
            await page.wait_for_timeout(200)
            await save(page, "keys")
        async with page_of(browser, stage, PHONE) as page:
            await page.evaluate("window.scrollTo(0, 600)")
            await page.wait_for_timeout(300)
            await save(page, "phone-scrolled")
        async with page_of(browser, stage, DESK) as page:
            await stage.shut()
            await page.wait_for_timeout(4000)
            await save(page, "offline")
        await stage.open()
        async with page_of(browser, stage, PHONE) as page:
            await stage.shut()
            await page.wait_for_timeout(4000)
            await save(page, "phone-offline")


async def frozen(browser: Browser, save: Callable[[Page, str], Awaitable[None]]) -> None:
    shown = board(RUNS, 287, frozen_from=FREEZE_MIN)
    async with Stage(shown, minute=287.2, state=status(**FROZEN)) as stage:
        async with page_of(browser, stage, DESK) as page:
            await save(page, "frozen")
        async with page_of(browser, stage, DESK, scheme="dark") as page:
            await save(page, "frozen-dark")
        async with page_of(browser, stage, PHONE) as page:
            await save(page, "frozen-phone")


async def thaw(browser: Browser, save: Callable[[Page, str], Awaitable[None]]) -> None:
    async with (
        Stage(board(RUNS, 300, frozen_from=FREEZE_MIN), minute=301, state=status(**ENDED)) as stage,
        page_of(browser, stage, DESK, "?thaw_s=40") as page,
    ):
        await save(page, "ended-frozen")
        await stage.tell(frozen=False, thawed_at="2026-11-24T15:20:00.000Z")
        await stage.show(board(RUNS, 300, wait_min=0))
        await page.wait_for_timeout(9000)
        await save(page, "thaw")
        await page.wait_for_timeout(8000)
        await save(page, "thaw-later")
        await page.get_by_role("button", name="Show the result now").click()
        await page.wait_for_timeout(600)
        await page.evaluate("window.scrollTo(0, 0)")
        await stage.tell(state="finalized", finalized_at="2026-11-24T15:30:00.000Z")
        await page.wait_for_timeout(600)
        await save(page, "final")


async def before(browser: Browser, save: Callable[[Page, str], Awaitable[None]]) -> None:
    waiting = status(
        state="scheduled", started_at=None, clock={"at": None, "contest_time_s": 0.0, "rate": 0.0}, theme={"accent": "#c2185b"}
    )
    async with Stage(board([], 0), minute=-42, state=waiting) as stage, page_of(browser, stage, DESK) as page:
        await save(page, "before")
    async with Stage(board([], 0, teams=0), minute=-42, state=waiting) as stage, page_of(browser, stage, DESK) as page:
        await save(page, "empty")


async def refused(browser: Browser, save: Callable[[Page, str], Awaitable[None]]) -> None:
    async with Stage(board([], 0), has_contest=False) as stage:
        async with page_of(browser, stage, DESK) as page:
            await save(page, "error")
        stage.refusal = (401, "token.missing", "This needs a valid access token.")
        async with page_of(browser, stage, PHONE, scheme="dark") as page:
            await save(page, "private")


SCENES = {"busy": busy, "frozen": frozen, "thaw": thaw, "before": before, "refused": refused}


async def main(folder: Path, wanted: list[str]) -> None:

    async def save(page: Page, name: str) -> None:
        await page.screenshot(path=folder / f"{name}.png")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in wanted or list(SCENES):
            await SCENES[name](browser, save)
        await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, sys.argv[2:]))
