"""The board page in a real browser: order, motion, windowing, keyboard, accessibility, languages, size."""

import re
from typing import Any

import pytest
from axe_core_python.async_playwright import Axe
from playwright.async_api import Page, expect

from contest.domain.boards import Board, Group
from tests.web.conftest import OpenPage
from tests.web.scenes import FREEZE_MIN, board, chain, status, team_id, team_name, withheld
from tests.web.sizes import first_script_bytes
from tests.web.stage import DIST, Stage

pytestmark = pytest.mark.anyio

RUNS = chain()
PHONE = {"width": 360, "height": 780, "is_mobile": True, "has_touch": True}
FROZEN = {"frozen": True, "frozen_from_s": FREEZE_MIN * 60.0, "frozen_at": "2026-11-24T14:00:00.000Z"}
SCRIPT_BYTES = 120_000


async def live(page: Page) -> None:
    await expect(page.locator("[data-line]")).to_have_attribute("data-line", "live")


async def shown_order(page: Page) -> list[str]:
    """The ids of the rows in the document, by where they are drawn when nothing moves."""
    return await page.evaluate(
        """async () => {
          await Promise.all(document.getAnimations().filter(a => a.id === "glide").map(a => a.finished));
          const rows = [...document.querySelectorAll("[data-row]")];
          return rows.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map(row => row.dataset.row);
        }"""
    )


def ids(shown: Board) -> list[str]:
    return [row.id for row in shown.rows]


async def axe_finds(page: Page) -> list[tuple[str, Any]]:
    await page.evaluate(
        "Promise.all(document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished))"
    )
    found = await Axe().run(page)
    return [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found["violations"]]


async def test_rows_glide_to_board_order_and_changed_cells_flash(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        before = await shown_order(page)
        assert before == ids(stage.board)[: len(before)]
        await page.evaluate(
            """() => { window.moved = new Set(); window.flashed = new Set(); const animate = Element.prototype.animate;
            Element.prototype.animate = function (...args) {
              if (this.dataset.row) moved.add(this.dataset.row); else if (this.dataset.label) flashed.add(this.dataset.label);
              return animate.apply(this, args); }; }"""
        )
        await stage.show(board(RUNS, 160))
        await expect(page.locator(f'[data-row="{stage.board.rows[0].id}"] .rank')).to_have_text("1")
        await page.wait_for_function("() => moved.size > 0 && flashed.size > 0")
        after = await shown_order(page)
        assert after == ids(stage.board)[: len(after)]
        assert after != before
        assert 0 < await page.evaluate("moved.size") <= 30


async def test_a_board_that_withholds_says_so_and_ranks_nobody(open_page: OpenPage) -> None:
    shown = board(RUNS, 143)
    async with Stage(withheld(shown), state=status(feedback="after_end", **FROZEN)) as stage:
        page = await open_page(stage.url)
        await live(page)
        legend, first = page.locator("[data-withheld]"), page.locator(f'[data-row="{stage.board.rows[0].id}"]')
        await expect(legend).to_contain_text("Results are shown when the contest is final.")
        await expect(legend).to_be_in_viewport()
        assert [await first.locator(part).inner_text() for part in (".rank", ".solved", ".penalty")] == ["–", "–", "–"]
        label, cell = next(iter(stage.board.rows[0].cells.items()))
        await expect(first.locator(f'.cell.kept[data-label="{label}"]')).to_have_text(str(cell.num_pending))
        await expect(page.locator(".cell.pending, .cell.frozen")).to_have_count(0)
        assert await axe_finds(page) == []
        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(page.locator(".board.narrow")).to_be_visible()
        await expect(legend).to_be_in_viewport()
        await first.locator("[data-open]").click()
        await expect(page.locator(".story")).to_contain_text("result not shown")
        await expect(page.locator(".story")).not_to_contain_text("rank")
        await stage.tell(state="finalized", finalized_at="2026-11-24T16:00:00.000Z", frozen=False)
        await stage.show(shown)
        await expect(legend).to_have_count(0)
        await expect(page.locator(f'[data-row="{shown.rows[0].id}"] .rank')).to_have_text("1")


async def test_with_reduced_motion_nothing_travels(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url, reduced_motion="reduce")
        await live(page)
        await page.evaluate(
            """() => { window.frames_ = []; const animate = Element.prototype.animate;
            Element.prototype.animate = function (...args) {
              frames_.push(...args[0].flatMap(Object.keys));
              return animate.apply(this, args); }; }"""
        )
        await stage.show(board(RUNS, 160))
        await page.wait_for_function("() => frames_.length > 0")
        assert set(await page.evaluate("frames_")) == {"opacity"}


async def test_five_thousand_rows_keep_the_document_small_and_stay_in_order(open_page: OpenPage) -> None:
    runs = chain(teams=5_000, seed=3)
    async with Stage(board(runs, 100, teams=5_000)) as stage:
        page = await open_page(stage.url)
        await live(page)
        assert await page.locator("[data-row]").count() < 60
        await page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
        await expect(page.locator("[data-row]").first).to_have_attribute("aria-rowindex", re.compile(r"2\d\d\d"))
        order = await shown_order(page)
        at = ids(stage.board).index(order[0])
        assert order == ids(stage.board)[at : at + len(order)]
        await stage.show(board(runs, 130, teams=5_000))
        await page.wait_for_function("id => document.querySelector('[data-row]') !== null", arg="")
        assert await page.locator("[data-row]").count() < 200


@pytest.mark.parametrize(
    ("minute", "state", "context"),
    [
        (143, {}, {"color_scheme": "light"}),
        (143, {}, {"color_scheme": "dark"}),
        (287, FROZEN, {"color_scheme": "light"}),
        (287, FROZEN, {"color_scheme": "dark"}),
        (143, {}, {"color_scheme": "light", **PHONE}),
        (287, FROZEN, {"color_scheme": "dark", **PHONE}),
    ],
    ids=["light", "dark", "frozen", "frozen-dark", "phone", "phone-frozen-dark"],
)
async def test_axe_finds_nothing(open_page: OpenPage, minute: int, state: dict[str, Any], context: dict[str, Any]) -> None:
    shown = board(RUNS, minute, frozen_from=FREEZE_MIN if state else None)
    async with Stage(shown, minute=minute, state=status(**state)) as stage:
        page = await open_page(stage.url, **context)
        await live(page)
        assert await axe_finds(page) == []


async def test_axe_finds_nothing_in_what_opens(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url, color_scheme="light")
        await live(page)
        for key in ("j", "j", "f", "Enter"):
            await page.keyboard.press(key)
        await expect(page.get_by_role("complementary")).to_be_visible()
        assert await axe_finds(page) == []
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await axe_finds(page) == []


async def test_the_keyboard_does_everything(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        order = ids(stage.board)
        for _ in range(3):
            await page.keyboard.press("j")
        await page.keyboard.press("k")
        assert await page.evaluate("document.activeElement.dataset.open") == order[1]
        await page.keyboard.press("Enter")
        story = page.get_by_role("complementary")
        await expect(story.get_by_role("heading", level=2)).to_have_text(stage.board.rows[1].name)
        await page.keyboard.press("Escape")
        await expect(story).to_have_count(0)
        assert await page.evaluate("document.activeElement.dataset.open") == order[1]
        await page.keyboard.press("G")
        await page.wait_for_function("id => document.activeElement.dataset.open === id", arg=order[-1])
        await page.keyboard.press("/")
        await page.keyboard.type("kestrel")
        await expect(page.locator("[data-row]")).to_have_count(2)
        await page.keyboard.press("Enter")
        await page.wait_for_function("() => document.activeElement.textContent.includes('Kestrel Bay')")
        await page.keyboard.press("Escape")
        await expect(page.locator("[data-row]").nth(5)).to_be_visible()


async def test_focus_stays_with_a_row_that_moves(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        for _ in range(9):
            await page.keyboard.press("j")
        held = await page.evaluate("document.activeElement.dataset.open")
        await stage.show(board(RUNS, 175))
        await page.wait_for_function("id => document.querySelector('[data-row]').dataset.row === id", arg=stage.board.rows[0].id)
        assert await page.evaluate("document.activeElement.dataset.open") == held


async def test_followed_teams_are_pinned_told_and_remembered(open_page: OpenPage) -> None:
    first, later = board(RUNS, 143), board(RUNS, 175)
    rank = {row.id: row.rank for row in first.rows}
    mover = next(row for row in later.rows if row.rank is not None and rank[row.id] is not None and row.rank < (rank[row.id] or 0))
    async with Stage(first) as stage:
        page = await open_page(stage.url)
        await live(page)
        await page.get_by_label("Find a team").fill(mover.name)
        await page.get_by_role("button", name=f"Follow {mover.name}").first.click()
        await page.get_by_label("Find a team").fill("")
        pinned = page.get_by_role("table", name="Teams you follow")
        await expect(pinned.get_by_role("row")).to_have_count(1)
        await stage.show(later)
        await expect(page.locator("[data-spoken]")).to_have_text(f"{mover.name} is up to rank {mover.rank}.")
        await page.reload()
        await expect(pinned).to_contain_text(mover.name)


async def test_a_group_can_be_looked_at_alone(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        await page.get_by_label("Group").select_option(label="West")
        expected = [row.id for row in stage.board.rows if row.group_ids == (stage.board.groups[2].id,)]
        assert (await shown_order(page))[:10] == expected[:10]


async def test_colours_follow_the_system_the_address_and_the_switch(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 20)) as stage:
        page = await open_page(stage.url, color_scheme="dark")
        await live(page)
        background = "getComputedStyle(document.documentElement).backgroundColor"
        dark = await page.evaluate(background)
        await page.get_by_role("button", name="Light colours").click()
        assert await page.evaluate(background) != dark
        await page.reload()
        await live(page)
        assert await page.evaluate(background) != dark
        await page.goto(f"{stage.url}?theme=dark")
        assert await page.evaluate(background) == dark


async def test_right_to_left(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(f"{stage.url}?lang=ar")
        await live(page)
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        rank = await page.locator("[data-row] .rank").first.bounding_box()
        team = await page.locator("[data-row] .team").first.bounding_box()
        assert rank is not None
        assert team is not None
        assert rank["x"] > team["x"]
        assert await axe_finds(page) == []


async def test_the_hall_turns_its_pages_and_has_no_controls(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(f"{stage.url}?hall&page_s=2", width=1920, height=1080)
        await live(page)
        assert await page.get_by_role("button").count() == 0
        size = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('[data-row] .name')).fontSize)")
        assert size >= 20
        await page.wait_for_function("() => window.scrollY > 600")


async def test_embedded_there_is_only_the_board(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(f"{stage.url}?embed", width=900, height=500)
        await live(page)
        assert await page.get_by_role("heading", level=1).count() == 0
        assert await page.get_by_label("Find a team").count() == 0
        await expect(page.get_by_text(team_name(int(stage.board.rows[0].id[-12:])))).to_be_visible()


async def test_nothing_is_written_below_14_pixels_and_nothing_overflows(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 287, frozen_from=FREEZE_MIN), minute=287, state=status(**FROZEN)) as stage:
        for size in ({"width": 1280, "height": 720}, PHONE, {"width": 320, "height": 640}):
            page = await open_page(stage.url, **size)
            await live(page)
            small = await page.evaluate(
                """() => [...document.querySelectorAll("main *")]
                .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
                .filter(e => parseFloat(getComputedStyle(e).fontSize) < 14).map(e => e.outerHTML)"""
            )
            assert small == []
            assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("size", [PHONE, {**PHONE, "width": 390}, {"width": 1024, "height": 768}], ids=["360", "390", "1024"])
async def test_every_figure_can_be_read_in_its_cell(open_page: OpenPage, size: dict[str, Any]) -> None:
    async with Stage(board(RUNS, 287, frozen_from=FREEZE_MIN), minute=287, state=status(**FROZEN)) as stage:
        page = await open_page(stage.url, **size)
        await live(page)
        cells = {"A": {"num_judged": 4, "num_pending": 11}, "B": {"num_judged": 2, "solved": True, "time_min": 288, "first_to_solve": True}}
        await stage.publish("board:public", {"type": "board.delta", "rows": [{"id": stage.board.rows[0].id, "cells": cells}], "gone": []})
        await expect(page.locator('[data-label="A"]').first).to_have_text("4+11")
        cut = await page.evaluate(
            """() => { const box = node => { const range = document.createRange(); range.selectNodeContents(node);
              return range.getBoundingClientRect(); };
            return [...document.querySelectorAll(".cell:not(.none)")].filter(cell => { const outer = cell.getBoundingClientRect();
              const text = box(cell.querySelector(".main")); const star = cell.querySelector(".star")?.getBoundingClientRect();
              return text.left < outer.left || text.right > outer.right || (star && star.top < text.bottom - 4);
            }).map(cell => cell.textContent); }"""
        )
        assert cut == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 720}], ids=["phone", "desk"])
async def test_the_heads_of_the_columns_are_whole(open_page: OpenPage, language: str, size: dict[str, Any]) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(f"{stage.url}?lang={language}", **size)
        await live(page)
        heads = "[...document.querySelectorAll('.head > :is(.rank, .team, .solved, .penalty)')]"
        assert await page.locator(".head > .penalty").is_visible()
        assert await page.evaluate(f"{heads}.filter(e => e.scrollWidth > e.clientWidth).length") == 0


@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 720}], ids=["phone", "desk"])
async def test_an_opened_team_leaves_clock_and_line_in_sight(open_page: OpenPage, size: dict[str, Any]) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url, **size)
        await live(page)
        await page.locator("button.name").nth(2).click()
        bar, story = await page.locator(".bar").bounding_box(), await page.get_by_role("complementary").bounding_box()
        assert bar is not None
        assert story is not None
        assert story["y"] >= bar["y"] + bar["height"]


async def test_on_a_phone_long_groups_leave_room_to_find_a_team(open_page: OpenPage) -> None:
    shown = board(RUNS, 143)
    groups = (Group(id=shown.groups[0].id, name="Prequalified for the World Finals by Other Means"), *shown.groups[1:])
    async with Stage(Board(scoring="icpc", problems=shown.problems, groups=groups, rows=shown.rows)) as stage:
        page = await open_page(stage.url, **PHONE)
        await live(page)
        found = await page.get_by_label("Find a team").bounding_box()
        assert found is not None
        assert found["width"] >= 130


async def test_nothing_shifts_once_it_is_there(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        await stage.show(board(RUNS, 175))
        await page.wait_for_function("id => document.querySelector('[data-row]').dataset.row === id", arg=stage.board.rows[0].id)
        shift = await page.evaluate(
            """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().reduce((sum, e) => sum + e.value, 0)))
            .observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))"""
        )
        assert shift < 0.02


async def test_an_announcement_appears_and_can_be_put_away(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        await stage.announce("Lunch is served.")
        note = page.get_by_role("status").filter(has_text="Lunch is served.")
        await note.get_by_role("button", name="Close").click()
        await expect(page.get_by_text("Lunch is served.")).to_have_count(0)


async def test_hostile_names_are_text(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 143)) as stage:
        page = await open_page(stage.url)
        await live(page)
        rows = [{"id": team_id(900), "name": "<img src=x onerror=alert(1)>\u202e", "solved": 40}]
        await stage.publish("board:public", {"type": "board.delta", "rows": rows, "gone": []})
        await expect(page.locator("[data-row] .name").first).to_contain_text("<img src=x")


def test_the_script_stays_small(pages: None) -> None:
    assert first_script_bytes(DIST, "board.html") < SCRIPT_BYTES
