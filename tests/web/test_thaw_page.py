"""The results shown at a human pace: it begins by itself, obeys the keyboard, and ends at the final board."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from contest.domain.boards import Board
from tests.web.conftest import OpenPage
from tests.web.scenes import FREEZE_MIN, Run, board, chain, status, team_id
from tests.web.stage import Stage
from tests.web.test_board_page import PHONE, axe_finds, ids, live, shown_order

pytestmark = pytest.mark.anyio

RUNS = chain(teams=20)
BEFORE = board(RUNS, 300, teams=20, frozen_from=FREEZE_MIN)
AFTER = board(RUNS, 300, teams=20, wait_min=0)
ENDED = status(
    state="ended", frozen=True, frozen_from_s=FREEZE_MIN * 60.0, frozen_at="2026-11-24T14:00:00.000Z", ended_at="2026-11-24T15:00:00.000Z"
)


THAWED: dict[str, Any] = {"frozen": False, "thawed_at": "2026-11-24T15:20:00.000Z"}


def hiding(teams: int, *cells: tuple[int, int]) -> tuple[Board, Board]:
    """The boards before and after a thaw that reveals these cells (team, problem) alone."""
    runs = [run for run in chain(teams=teams) if run.minute < FREEZE_MIN and (run.team, run.problem) not in cells]
    runs += [Run(team, problem, FREEZE_MIN + 5, True) for team, problem in cells]
    return board(runs, 300, teams=teams, frozen_from=FREEZE_MIN), board(runs, 300, teams=teams, wait_min=0)


@asynccontextmanager
async def thawing(
    open_page: OpenPage, query: str, before: Board = BEFORE, after: Board = AFTER, **context: Any
) -> AsyncIterator[tuple[Stage, Page]]:
    async with Stage(before, minute=301, state=ENDED) as stage:
        page = await open_page(f"{stage.url}?{query}", **context)
        await live(page)
        await stage.show(after)
        await stage.tell(**THAWED)
        await expect(page.get_by_role("region", name="The results, from the last place up")).to_be_visible()
        yield stage, page


async def is_final(page: Page, after: Board = AFTER) -> None:
    await expect(page.get_by_role("region", name="The results, from the last place up")).to_have_count(0)
    await page.wait_for_function("() => window.scrollY === 0")
    order = await shown_order(page)
    assert order == ids(after)[: len(order)]
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
            await page.keyboard.press("ArrowUp")
        assert hidden > 5
        await page.keyboard.press("ArrowRight")  # nothing is left: that is the end
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


async def test_until_all_is_shown_the_phase_says_so(open_page: OpenPage) -> None:
    async with thawing(open_page, "thaw_s=3600") as (stage, page):
        await stage.tell(state="finalized", finalized_at="2026-11-24T15:30:00.000Z")
        await expect(page.locator(".phase")).to_have_text("Results being shown")
        await page.get_by_role("button", name="Show the result now").click()
        await expect(page.locator(".phase")).to_have_text("Final result")


@pytest.mark.parametrize(
    ("cells", "first"),
    [((), "status"), (((3, 0),), "board"), (((3, 0),), "status"), (((3, 0), (17, 2)), "board")],
    ids=["none", "one, board first", "one, status first", "two, board first"],
)
async def test_a_small_contest_thaws_as_well(open_page: OpenPage, cells: tuple[tuple[int, int], ...], first: str) -> None:
    """Whichever of the two logs comes first; with nothing hidden the result simply stands there."""
    before, after = hiding(20, *cells)
    async with Stage(before, minute=301, state=ENDED) as stage:
        page = await open_page(f"{stage.url}?thaw_s=3600&frames=10")
        await live(page)
        if first == "board":
            await stage.show(after)
            await page.wait_for_function(f"() => podium.feed.positions()['board:public'].seq >= {int(bool(cells))}")
            await stage.tell(**THAWED)
        else:
            await stage.tell(**THAWED)
            await expect(page.locator(".phase")).not_to_have_text("Over, results to come")
            await stage.show(after)
        for number in range(len(cells)):
            await page.wait_for_function(f"() => podium.ceremony?.total === {len(cells)} && podium.ceremony.done === {number}")
            await expect(page.locator(".cell.frozen")).to_have_count(len(cells) - number)
            await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        await is_final(page, after)
        await expect(page.locator(".phase")).to_have_text("Over")


@pytest.mark.parametrize("context", [PHONE, {"width": 1280, "height": 720}], ids=["phone", "desk"])
async def test_each_row_is_in_sight_before_its_cell_is_shown(open_page: OpenPage, context: dict[str, Any]) -> None:
    """Also one far above the last one: between them stand many teams with nothing hidden. Stepped by hand and by itself."""
    places = ids(board([run for run in chain(teams=50) if run.minute < FREEZE_MIN], 300, teams=50))
    low, middle, high = ([team_id(number) for number in range(50)].index(places[at]) for at in (46, 26, 3))
    before, after = hiding(50, (low, 0), (middle, 1), (middle, 2), (high, 3))
    async with thawing(open_page, "thaw_s=3600&frames=10", before, after, **context) as (_, page):
        await page.wait_for_function("() => podium.ceremony.total > 0")
        await page.keyboard.press(" ")
        for step in range(4):
            await page.wait_for_function(
                """() => { const row = document.querySelector(`[data-row="${podium.ceremony.next.id}"]`)?.getBoundingClientRect();
                const head = document.querySelector(".head").getBoundingClientRect();
                const bar = document.querySelector(".foot").getBoundingClientRect();
                return row !== undefined && row.top >= head.bottom - 1 && row.bottom <= bar.top; }"""
            )
            assert await page.evaluate("podium.ceremony.done") == step
            if step == 1:
                await page.keyboard.press(" ")  # goes on by itself
                await page.wait_for_function("() => podium.ceremony.done === 2")
                await page.keyboard.press(" ")
            elif step != 2:
                await page.keyboard.press("ArrowRight")
            else:
                await page.keyboard.press("ArrowUp")


@pytest.mark.parametrize("context", [PHONE, {"width": 1280, "height": 720}], ids=["phone", "desk"])
async def test_nothing_lies_behind_the_bar(open_page: OpenPage, context: dict[str, Any]) -> None:
    async with thawing(open_page, "thaw_s=3600&frames=10", **context) as (stage, page):
        await page.wait_for_function("() => podium.ceremony.total > 0")
        bar = page.get_by_role("region", name="The results, from the last place up")
        if "has_touch" in context:
            found = await bar.bounding_box()
            assert found is not None
            assert found["height"] <= context["height"] / 8
            await expect(bar.locator("kbd").first).to_be_hidden()
        await stage.announce("The envelopes are on the stage.")
        await expect(page.get_by_text("The envelopes are on the stage.")).to_be_visible()
        for _ in range(4):  # who climbs far leaves what is in sight upwards
            await bar.get_by_role("button", name="Next").click()
            await page.wait_for_function(
                """() => { const row = document.querySelector("[data-row].at")?.getBoundingClientRect();
                const bar = document.querySelector(".foot").getBoundingClientRect();
                return row === undefined || row.bottom <= bar.top; }"""
            )
        await page.get_by_role("status").get_by_role("button", name="Close").click()
        await expect(page.get_by_text("The envelopes are on the stage.")).to_have_count(0)


async def test_on_a_phone_the_head_keeps_its_height_from_phase_to_phase(open_page: OpenPage) -> None:
    running = {**ENDED, "state": "ongoing", "ended_at": None}
    async with Stage(BEFORE, minute=280, state=running) as stage:
        page = await open_page(f"{stage.url}?thaw_s=3600", **PHONE)
        await live(page)
        phase = page.locator(".phase")
        await expect(phase).to_contain_text("Frozen since 4:00:00")
        before = await page.locator(".top").evaluate("e => e.offsetHeight")
        await stage.tell(state="ended", ended_at=ENDED["ended_at"])
        await expect(phase).to_have_text("Over, results to come")
        assert await page.locator(".top").evaluate("e => e.offsetHeight") == before
        await stage.show(AFTER)
        await stage.tell(frozen=False, thawed_at="2026-11-24T15:20:00.000Z")
        await expect(phase).to_have_text("Results being shown")
        assert await page.locator(".top").evaluate("e => e.offsetHeight") == before
