"""The results shown at a human pace: it begins by itself, obeys the keyboard, and ends at the final board."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import OpenPage
from tests.web.scenes import FREEZE_MIN, board, chain, status
from tests.web.stage import Stage
from tests.web.test_board_page import axe_finds, ids, live, shown_order

pytestmark = pytest.mark.anyio

RUNS = chain(teams=20)
BEFORE = board(RUNS, 300, teams=20, frozen_from=FREEZE_MIN)
AFTER = board(RUNS, 300, teams=20, wait_min=0)
ENDED = status(
    state="ended", frozen=True, frozen_from_s=FREEZE_MIN * 60.0, frozen_at="2026-11-24T14:00:00.000Z", ended_at="2026-11-24T15:00:00.000Z"
)


@asynccontextmanager
async def thawing(open_page: OpenPage, query: str) -> AsyncIterator[tuple[Stage, Page]]:
    async with Stage(BEFORE, minute=301, state=ENDED) as stage:
        page = await open_page(f"{stage.url}?{query}")
        await live(page)
        await stage.show(AFTER)
        await stage.tell(frozen=False, thawed_at="2026-11-24T15:20:00.000Z")
        await expect(page.get_by_role("region", name="The results, from the last place up")).to_be_visible()
        yield stage, page


async def is_final(page: Page) -> None:
    await expect(page.get_by_role("region", name="The results, from the last place up")).to_have_count(0)
    await page.wait_for_function("() => window.scrollY === 0")
    order = await shown_order(page)
    assert order == ids(AFTER)[: len(order)]
    assert await page.locator(".cell.frozen").count() == 0


async def test_it_ends_at_the_final_board_by_itself(open_page: OpenPage) -> None:
    async with thawing(open_page, "thaw_s=2") as (_, page):
        await expect(page.get_by_role("region", name="The results, from the last place up")).to_have_count(0, timeout=15_000)
        await is_final(page)


async def test_it_pauses_steps_and_skips_by_keyboard(open_page: OpenPage) -> None:
    async with thawing(open_page, "thaw_s=3600&frames=10") as (_, page):
        await page.wait_for_function("() => podium.ceremony.total > 0")
        hidden = await page.evaluate("podium.ceremony.total")
        await page.keyboard.press(" ")
        await expect(page.get_by_role("button", name="Go on")).to_be_visible()
        done = await page.evaluate("podium.ceremony.done")
        await page.keyboard.press("ArrowRight")
        assert await page.evaluate("podium.ceremony.done") == done + 1
        await page.keyboard.press("ArrowUp")
        assert await page.evaluate("podium.ceremony.done") > done + 1
        assert await axe_finds(page) == []
        while await page.evaluate("podium.ceremony !== null && podium.ceremony.done < podium.ceremony.total"):
            await page.keyboard.press("ArrowRight")
        assert hidden > 5
        await is_final(page)


async def test_the_result_can_be_had_now(open_page: OpenPage) -> None:
    async with thawing(open_page, "thaw_s=3600") as (_, page):
        await page.get_by_role("button", name="Show the result now").click()
        await is_final(page)


async def test_who_comes_late_sees_the_final_board(open_page: OpenPage) -> None:
    async with thawing(open_page, "thaw_s=3600") as (stage, _):
        late = await open_page(stage.url)
        await live(late)
        await is_final(late)


async def test_one_late_verdict_after_the_end_is_no_ceremony(open_page: OpenPage) -> None:
    async with Stage(BEFORE, minute=301, state=ENDED) as stage:
        page = await open_page(stage.url)
        await live(page)
        row = next(row for row in BEFORE.rows if any(cell.num_pending for cell in row.cells.values()))
        label = next(label for label, cell in row.cells.items() if cell.num_pending)
        change = {"id": row.id, "cells": {label: {"num_judged": 9}}}
        await stage.publish("board:public", {"type": "board.delta", "rows": [change], "gone": []})
        await page.get_by_label("Find a team").fill(row.name)
        await expect(page.locator(f'[data-row="{row.id}"] [data-label="{label}"]')).to_have_text("−9")
        await expect(page.get_by_role("region", name="The results, from the last place up")).to_have_count(0)
