"""What the page does when the line is cut, the server is away, or the contest is not for it."""

from urllib.parse import unquote

import msgspec
import pytest
from playwright.async_api import Page, Route, expect

from tests.support import eventually
from tests.web.conftest import OpenPage
from tests.web.scenes import board, chain
from tests.web.stage import Stage
from tests.web.test_board_page import PHONE, axe_finds, ids, live, shown_order

pytestmark = pytest.mark.anyio

RUNS = chain()


async def frames_since_the_cut(page: Page) -> list[dict[str, object]]:
    notes = await page.evaluate("podium.feed.frames().map(n => [n.what, n.text])")
    last_open = max(i for i, (what, _) in enumerate(notes) if what == "open")
    return [msgspec.json.decode(text) for what, text in notes[last_open:] if what == "frame"]


async def test_offline_and_back_gets_exactly_what_was_missed(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(f"{stage.url}?frames=1000", line_may_fail=True)
        await live(page)
        await stage.show(board(RUNS, 110))
        await page.wait_for_function("() => podium.feed.positions()['board:public'].seq === 1")
        await stage.shut()
        line = page.locator("[data-line]")
        await expect(line).to_have_attribute("data-line", "reconnecting")
        await expect(line).to_contain_text("as of")
        assert await axe_finds(page) == []
        for minute in (120, 130, 140):
            await stage.show(board(RUNS, minute))
        await stage.tell(title="Northern Invitational, hall 2")
        await stage.open()
        await page.evaluate("podium.feed.now()")
        await live(page)
        frames = await frames_since_the_cut(page)
        missed = [(frame["log"], frame["seq"]) for frame in frames if "log" in frame]
        assert missed == [("board:public", 2), ("board:public", 3), ("board:public", 4), ("events:public", 1)]
        assert not [frame for frame in frames if str(frame["type"]).endswith("snapshot") or frame["type"] == "resync"]
        assert "have=board:public@k3v9x0q2.1,events:public@a81c22de.0" in unquote(stage.asked[-1])
        order = await shown_order(page)
        assert order == ids(stage.board)[: len(order)]
        await expect(page.get_by_role("heading", level=1)).to_have_text("Northern Invitational, hall 2")


async def test_now_does_not_wait(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url, line_may_fail=True)
        await live(page)
        await page.evaluate("Math.random = () => 0.9999")
        await stage.shut()
        # Each try that fails doubles the wait: after a few, waiting is longer than this test would.
        for _ in range(6):
            await page.get_by_role("button", name="Reconnect now").click()
        await stage.open()
        await page.get_by_role("button", name="Reconnect now").click()
        await live(page)


async def test_a_new_epoch_is_loaded_afresh(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url)
        await live(page)
        await stage.renew(board(RUNS, 60))
        await page.wait_for_function("id => document.querySelector('[data-row]').dataset.row === id", arg=stage.board.rows[0].id)
        await stage.show(board(RUNS, 175))
        await page.wait_for_function("id => document.querySelector('[data-row]').dataset.row === id", arg=stage.board.rows[0].id)
        order = await shown_order(page)
        assert order == ids(stage.board)[: len(order)]


async def test_a_gap_makes_the_client_come_back_with_what_it_has(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(f"{stage.url}?frames=1000", line_may_fail=True)
        await live(page)
        lines, stage._lines = stage._lines, set()
        await stage.show(board(RUNS, 110))
        stage._lines = lines
        await stage.show(board(RUNS, 120))
        await page.wait_for_function("() => podium.feed.positions()['board:public'].seq === 2")
        await live(page)
        assert "have=board:public@k3v9x0q2.0" in unquote(stage.asked[-1])
        assert [frame["seq"] for frame in await frames_since_the_cut(page) if frame["type"] == "board.delta"] == [1, 2]


@pytest.mark.parametrize(
    ("refusal", "title"),
    [
        ((404, "contest.not_found", "There is no contest with this id."), "There is no such contest"),
        ((401, "token.missing", "This needs a valid access token."), "This board is not public"),
        ((403, "role.forbidden", "Your role does not allow this."), "This board is not public"),
    ],
)
async def test_a_refusal_says_what_happened_and_what_to_do(open_page: OpenPage, refusal: tuple[int, str, str], title: str) -> None:
    async with Stage(board([], 0)) as stage:
        stage.refusal = refusal
        page = await open_page(stage.url, line_may_fail=True)
        await expect(page.get_by_role("heading", level=1)).to_have_text(title)
        await expect(page.get_by_text(refusal[1])).to_be_visible()
        assert await axe_finds(page) == []
        asked = len(stage.asked)
        stage.refusal = None
        await page.get_by_role("button", name="Try again").click()
        await live(page)
        assert len(stage.asked) == asked + 1


async def test_an_overloaded_server_is_waited_for(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 20)) as stage:
        stage.refusal = (503, "server.overloaded", "Too many at once.")
        page = await open_page(stage.url, line_may_fail=True)
        await expect(page.locator("[data-line]")).to_have_attribute("data-line", "reconnecting")
        stage.refusal = None
        await live(page)


async def test_a_revoked_line_stays_away(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url)
        await live(page)
        await stage.say({"type": "session.revoked", "reason": "removed"})
        await stage.close(4450)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your access has ended")
        assert len(stage.asked) == 1


async def test_a_draining_server_is_left_and_found_again(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(f"{stage.url}?frames=1000", line_may_fail=True)
        await live(page)
        await stage.say({"type": "draining", "reconnect_after_ms": 900})
        await stage.close(4100)
        await expect(page.locator("[data-line]")).to_have_attribute("data-line", "reconnecting")
        await live(page)
        closed, opened = await page.evaluate("() => podium.feed.frames().filter(n => n.what !== 'frame').slice(-2).map(n => n.at)")
        assert opened - closed >= 890


async def test_a_silent_line_is_dead_after_a_minute(open_page: OpenPage) -> None:
    async def stop_the_clock(page: Page) -> None:
        await page.clock.install()

    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url, line_may_fail=True, prepare=stop_the_clock)
        await live(page)
        await page.clock.run_for(50_000)
        assert len(stage.asked) == 1
        await page.clock.run_for(40_000)
        await eventually(lambda: len(stage.asked) == 2)
        await live(page)


async def test_without_network_it_says_so_at_once_and_keeps_the_line(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url, line_may_fail=True)
        await live(page)
        line = page.locator("[data-line]")
        await page.context.set_offline(True)
        await expect(line).to_have_attribute("data-line", "offline")
        await expect(line).to_contain_text("as of")
        await page.context.set_offline(False)
        await live(page)
        await stage.show(board(RUNS, 110))
        await page.wait_for_function("id => document.querySelector('[data-row]').dataset.row === id", arg=stage.board.rows[0].id)
        assert len(stage.asked) == 1


async def test_more_silence_than_a_heartbeat_is_told(open_page: OpenPage) -> None:
    async def stop_the_clock(page: Page) -> None:
        await page.clock.install()

    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url, prepare=stop_the_clock)
        await live(page)
        line = page.locator("[data-line]")
        await page.clock.run_for(24_000)
        await expect(line).to_have_attribute("data-line", "live")
        await page.clock.run_for(8_000)
        await expect(line).to_have_attribute("data-line", "quiet")
        await expect(line).to_contain_text("as of")
        await stage.say({"type": "heartbeat", "server_time": stage.now()})
        await live(page)


async def test_a_contestant_beats_and_renews_the_ticket(open_page: OpenPage) -> None:
    tickets = iter(range(1, 100))

    async def give_tickets(page: Page) -> None:
        await page.clock.install()

        async def answer(route: Route) -> None:
            assert route.request.headers["authorization"] == "Bearer my-token"
            body = {"ticket": f"ticket-{next(tickets)}", "expires_at": "2026-11-24T10:30:00.000Z", "path": "/ws/contest/x"}
            await route.fulfill(status=201, json=body)

        await page.route("**/ticket/", answer)

    async with Stage(board(RUNS, 100)) as stage:
        stage.greeting = {"role": "contestant", "renew_before": stage.now()}
        page = await open_page(f"{stage.url}#token=my-token", prepare=give_tickets)
        await live(page)
        await page.clock.run_for(30_000)
        await eventually(lambda: {"type": "heartbeat"} in stage.heard)
        await eventually(lambda: {"type": "ticket.renew", "ticket": "ticket-2"} in stage.heard)
        assert stage.offered[0] == ["podium.v1", "podium.ticket.ticket-1"]


async def test_a_board_made_private_is_shown_no_more(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url)
        await live(page)
        await stage.close(4401)
        await expect(page.get_by_role("heading", level=1)).to_have_text("This board is not public")
        await expect(page.get_by_role("table")).to_have_count(0)


async def test_on_a_phone_nothing_moves_when_the_line_is_cut(open_page: OpenPage) -> None:
    async with Stage(board(RUNS, 100)) as stage:
        page = await open_page(stage.url, line_may_fail=True, **PHONE)
        await live(page)
        before = await page.locator(".bar").bounding_box()
        await page.evaluate("Math.random = () => 0.9999")
        await stage.shut()
        await page.get_by_role("button", name="Reconnect now").click()
        await expect(page.locator("[data-line]")).to_contain_text("as of")
        assert await page.locator(".bar").bounding_box() == before
