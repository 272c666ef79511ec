"""A browser for the pages: built once, every page watched: an error on its console or a breach of its security policy fails the test."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.running import RunningPodium, start_podium
from web.build_pages import build

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
"""As deploy/chromium.sh looks for it."""
expect.set_options(timeout=40_000)  # a shared machine may be slow; what hangs is still found
Prepare = Callable[[Page], Awaitable[None]]
OpenPage = Callable[..., Awaitable[Page]]
LINE_IS_DOWN = ("WebSocket connection to", "Failed to load resource")
"""What Chromium itself says about a server that is away; a test that takes the server away expects it."""


@pytest.fixture(scope="session")
def pages() -> None:
    build()


@pytest.fixture(scope="package")
def podium(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    """One for the pages that are tried on the real thing."""
    running = start_podium(tmp_path_factory.mktemp("pages") / "data")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
async def browser(pages: None, anyio_backend: Any) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """`await open_page(url, width=1280, height=720, line_may_fail=False, **context)`; `prepare(page)`, if given, comes first."""
    errors: list[str] = []
    contexts = []

    async def open_one(
        url: str, *, width: int = 1280, height: int = 720, line_may_fail: bool = False, prepare: Prepare | None = None, **context: Any
    ) -> Page:
        opened = await browser.new_context(viewport={"width": width, "height": height}, **context)
        contexts.append(opened)
        page = await opened.new_page()
        page.set_default_timeout(40_000)
        page.on("pageerror", lambda error: errors.append(str(error)))

        def heard(line: Any) -> None:
            if line.type == "error" and not (line_may_fail and line.text.startswith(LINE_IS_DOWN)):
                errors.append(line.text)

        page.on("console", heard)
        if prepare is not None:
            await prepare(page)
        await page.goto(url)
        return page

    yield open_one
    for opened in contexts:
        await opened.close()
    assert errors == []
