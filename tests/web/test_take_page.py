"""The contestant's page in a real browser, over a scripted desk: coming in, waiting, working, being told, losing the line, ending."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support import eventually
from tests.web.conftest import OpenPage
from tests.web.scenes import board, chain, withheld
from tests.web.sitting import CODE, CONSENT, RULES, Desk, before_stage, running_stage, stage_time
from tests.web.sizes import first_script_bytes
from tests.web.stage import DIST
from tests.web.test_board_page import SCRIPT_BYTES, axe_finds, live

pytestmark = pytest.mark.anyio

PHONE = {"width": 390, "height": 844, "is_mobile": True, "has_touch": True}


async def opened(open_page: OpenPage, desk: Desk, query: str = "", **options: Any) -> Page:
    return await open_page(f"{desk.stage.url}{query}", line_may_fail=True, prepare=desk.prepare, **options)


async def at_work(open_page: OpenPage, desk: Desk, label: str = "D", query: str = "", **options: Any) -> Page:
    """The page with the work on one question."""
    page = await opened(open_page, desk, query, **options)
    await live(page)
    await page.locator("[data-question]").nth("ABCDE".index(label)).click()
    await expect(page.locator("h2")).to_contain_text(label)
    return page


def saved(desk: Desk, label: str) -> Any:
    question = next(one["id"] for one in desk.questions if one["label"] == label)
    return desk.answers.get(question, {}).get("value")


async def says(page: Page, state: str) -> None:
    await expect(page.locator("[data-saved]")).to_have_attribute("data-saved", state)


async def test_a_code_is_refused_in_words_and_lets_in(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage, is_logged_in=False)
        page = await opened(open_page, desk)
        field = page.get_by_label("Personal code")
        await expect(field).to_be_focused()
        await field.fill("K7PX-2MQD-93WU")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("There is no such code")
        assert await axe_finds(page) == []
        await field.fill(CODE.lower())
        await page.keyboard.press("Enter")
        await live(page)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Northern Invitational 2026")


async def test_a_link_lets_in_and_its_code_leaves_the_address_at_once(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage, is_logged_in=False)
        page = await opened(open_page, desk, f"#code={CODE}")
        await live(page)
        assert page.url == stage.url
        old = await opened(open_page, Desk(stage, is_logged_in=False), "#code=AAAA-BBBB-CCCC")
        await expect(old.get_by_role("alert")).to_contain_text("not good any more")
        assert old.url == stage.url


async def test_the_questions_come_by_themselves_when_the_contest_starts(open_page: OpenPage) -> None:
    async with before_stage() as stage:
        desk = Desk(stage, has_begun=False)
        page = await opened(open_page, desk)
        await live(page)
        await expect(page.get_by_role("timer")).to_contain_text("\u22120:1")
        await expect(page.locator("[data-question]")).to_have_count(0)
        now = stage.now()
        await stage.tell(state="ongoing", started_at=now, clock={"at": now, "contest_time_s": 0.0, "rate": 1.0})
        await expect(page.locator("[data-question]")).to_have_count(5)
        await expect(page.get_by_role("timer")).to_contain_text("4:59:")


async def test_nothing_starts_before_what_is_asked_was_agreed_to(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        stage.status["own_time_s"] = 7200
        desk = Desk(stage, has_begun=False)
        desk.rules, desk.consent = RULES, CONSENT
        page = await opened(open_page, desk)
        start = page.get_by_role("button", name="Start my time: 2:00:00")
        await expect(start).to_be_disabled()
        assert await axe_finds(page) == []
        await page.get_by_label("I agree").check()
        desk.turn["started_s"] = 143.5 * 60
        await start.click()
        await expect(page.locator("[data-question]")).to_have_count(5)
        assert ("POST", f"contest/{stage.url.rpartition('/')[2]}/start/") in [(method, path) for method, path, _ in desk.asked]
        await expect(page.get_by_role("timer")).to_contain_text("left of your own time")


async def test_every_kind_is_saved_as_it_is_typed(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk, "A")
        await page.get_by_label("Language").select_option("java")
        await page.get_by_label("Your program").fill("class A {}")
        await eventually(lambda: saved(desk, "A") == {"source": "class A {}", "language": "java"})
        await page.locator("[data-question]").nth(1).click()
        await page.get_by_label("Merge sort").check()
        await page.get_by_label("Insertion sort").check()
        await eventually(lambda: saved(desk, "B") == ["a", "c"])
        await page.locator("[data-question]").nth(2).click()
        await page.get_by_label("A number").fill("4,2x")
        await says(page, "unfit")
        await expect(page.locator(".fault")).to_contain_text("not a number yet")
        await page.get_by_label("A number").fill("\u22124,25")
        await eventually(lambda: saved(desk, "C") == -4.25)
        await page.locator("[data-question]").nth(3).click()
        await page.get_by_role("textbox", name="Your answer").fill("Because.")
        await eventually(lambda: saved(desk, "D") == "Because.")
        await page.locator("[data-question]").nth(4).click()
        await page.locator("input[type=file]").set_input_files(
            {"name": "order.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
        )
        await eventually(lambda: saved(desk, "E") == {"file_id": "0193577c-abcd-7c11-8b7e-000000000001"})
        await says(page, "saved")
        await expect(page.locator("nav")).to_contain_text("5 of 5 answered")
        page.on("dialog", lambda dialog: dialog.dismiss())
        await page.locator("input[type=file]").set_input_files({"name": "order.exe", "mimeType": "x/y", "buffer": b"MZ"})
        await expect(page.get_by_role("alert")).to_contain_text("none of the kinds")


async def test_without_a_line_it_is_kept_here_and_saved_when_it_is_back(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("D", "Index")
        page = await at_work(open_page, desk)
        bar = await page.locator("[data-bar]").bounding_box()
        desk.is_away = True
        await stage.shut()
        await page.locator("#answer").fill("Index, typed without a line")
        await says(page, "kept")
        await expect(page.locator("[data-state]")).to_contain_text("Kept on this device until the line is back")
        assert await page.locator("[data-bar]").bounding_box() == bar, "nothing moves"
        assert await axe_finds(page) == []
        desk.is_away = False
        await stage.open()
        await live(page)
        await eventually(lambda: saved(desk, "D") == "Index, typed without a line")
        await says(page, "saved")


async def test_a_reload_without_a_line_loses_no_keystroke(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        desk.is_away = True
        await page.locator("#answer").focus()
        await page.keyboard.type("to the very last lette")
        await page.keyboard.press("r")
        await page.reload()
        await expect(page.get_by_role("status")).to_contain_text("cannot be reached")
        desk.is_away = False
        await page.locator("[data-question]").nth(3).click()
        await expect(page.locator("#answer")).to_have_value("to the very last letter")
        await eventually(lambda: saved(desk, "D") == "to the very last letter")


async def test_whose_work_was_replaced_is_said_and_can_be_taken_back(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("D", "First")
        page = await at_work(open_page, desk, query="?frames=10")
        await expect(page.locator("#answer")).to_have_value("First")
        await page.evaluate("podium.refresh()")  # what it reads anew once the line is live has come: it does not know the next one
        desk.write("D", "Written on the other machine")
        await page.locator("#answer").fill("Written here")
        told = page.locator("[data-overwritten]")
        await expect(told).to_contain_text("Firefox, Windows (x3k9)")
        await expect(told).to_contain_text("Written on the other machine")
        assert await axe_finds(page) == []
        await told.get_by_role("button", name="Take that version").click()
        await eventually(lambda: saved(desk, "D") == "Written on the other machine")
        await expect(told).to_contain_text("Written here")
        await told.get_by_role("button", name="Take that version").click()
        await eventually(lambda: saved(desk, "D") == "Written here")


async def test_what_another_device_saves_is_here_at_once(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        asked = [(path.split("/")[-2], body) for _, path, body in desk.asked]
        said = [number for number, (name, body) in enumerate(asked) if name == "start" and body["device"]]
        assert len(said) == 1, "the page says its device when it opens, and once"
        assert said[0] < next(number for number, (name, _) in enumerate(asked) if name == "paper"), (
            "so that nothing saved between is missed"
        )
        desk.write("D", "From the phone", "Chrome, Android (7hq2)")
        await desk.tell_saved("D")
        await expect(page.locator("#answer")).to_have_value("From the phone")
        await expect(page.locator("[data-taken]")).to_contain_text("Chrome, Android (7hq2)")


async def test_the_clock_follows_pause_and_extension_and_says_why(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        desk.turn = turn = {**desk.turn, "extra_s": 600}
        await stage.publish("inbox", {"type": "turn.changed", "turn": turn, "reason": "The power failed in row 4."})
        notice = page.locator("[data-notice=time]")
        await expect(notice).to_contain_text("You have 0:10:00 more")
        await expect(notice).to_contain_text("The power failed in row 4.")
        await expect(page.get_by_role("timer")).to_contain_text("2:46:")
        await notice.get_by_role("button", name="Seen").click()
        await stage.tell(clock={"at": stage_time(stage, 144), "contest_time_s": 144 * 60.0, "rate": 0.0})
        await expect(page.locator("[data-notice=paused]")).to_contain_text("The clock stands")
        await expect(page.get_by_role("timer")).to_contain_text("2:46:00")
        await page.locator("#answer").fill("Typed in the pause")
        await eventually(lambda: saved(desk, "D") == "Typed in the pause")
        await expect(page.locator("[data-submit]")).to_be_disabled()
        await stage.tell(clock={"at": stage_time(stage, 149), "contest_time_s": 144 * 60.0, "rate": 1.0})
        await expect(page.locator("[data-notice=time]")).to_contain_text("It stood for 0:05:00")


async def test_what_was_read_before_the_line_told_more_time_takes_none_back(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)

        def reads(of: str) -> int:
            return sum(path.endswith(of) for _, path, _ in desk.asked)

        before, answered = {of: reads(of) for of in ("/me/", "/paper/")}, asyncio.Event()
        desk.held["/me/"] = answered
        stage.cut()
        await eventually(lambda: reads("/me/") > before["/me/"])
        desk.turn = {**desk.turn, "extra_s": 600}
        await stage.publish("inbox", {"type": "turn.changed", "turn": desk.turn, "reason": ""})
        await expect(page.locator("[data-notice=time]")).to_contain_text("You have 0:10:00 more")
        answered.set()
        await eventually(lambda: reads("/paper/") > before["/paper/"])  # asked for once the answer was looked at
        await expect(page.get_by_role("timer")).to_contain_text("2:46:")
        await expect(page.locator("[data-notice=time]")).to_have_count(1)
        await expect(page.locator("[data-notice=time]")).to_contain_text("You have 0:10:00 more")


async def test_news_waits_until_it_was_seen_also_after_a_reload(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        await stage.announce("Lock 1 stands at 4.20 m.")
        question = desk.questions[2]["id"]
        asked = desk.clarification("In metres?", question, "Yes.")
        await stage.publish("inbox", {"type": "clarification.answered", "clarification": asked})
        await expect(page.locator("[data-notice]")).to_have_count(2)
        assert await axe_finds(page) == []
        await page.reload()
        await expect(page.locator("[data-notice=announcement]")).to_contain_text("Lock 1 stands")
        await page.locator("[data-notice=announcement]").get_by_role("button", name="Seen").click()
        await expect(page.locator("[data-notice=announcement]")).to_have_count(0)
        await page.reload()
        await live(page)
        await expect(page.locator("aside")).to_contain_text("Lock 1 stands")
        await expect(page.locator("[data-notice=announcement]")).to_have_count(0)


async def test_a_verdict_arrives_next_to_what_it_judges(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.write("D", "Answer")
        page = await at_work(open_page, desk)
        await page.keyboard.press("w")
        await page.keyboard.press("Control+Enter")
        await eventually(lambda: any(path.endswith("/submit/") for _, path, _ in desk.asked))
        await expect(page.locator("[data-spoken]")).to_have_text("D was submitted.")
        await desk.judge("D", "WA", comment="Say more about the index.")
        await expect(page.locator("[data-verdict=WA]")).to_contain_text("Say more about the index.")
        await expect(page.locator("[data-question]").nth(3)).to_have_attribute("data-mark", "wrong")
        await expect(page.locator("[data-spoken]")).to_have_text("D: Wrong answer")
        await expect(page.locator("aside")).to_contain_text("Rank 38 of 48")


FINAL = {"state": "finalized", "ended_at": "2026-11-24T15:00:00.000Z", "finalized_at": "2026-11-24T16:00:00.000Z"}


@pytest.mark.parametrize(
    ("feedback", "why"),
    [("after_end", "Results are shown when the contest is final."), ("never", "Results are not shown in this contest.")],
)
async def test_withheld_verdicts_are_said_to_be_and_shown_once_they_are_told(open_page: OpenPage, feedback: str, why: str) -> None:
    async with running_stage() as stage:
        stage.status["feedback"] = feedback
        stage.board = withheld(stage.board)
        desk = Desk(stage)
        desk.write("D", "Answer")
        await desk.judge("D", None)
        page = await at_work(open_page, desk)
        verdicts, standing = page.get_by_label("Verdicts"), page.get_by_role("region", name="Your standing")
        await expect(verdicts).to_contain_text(why)
        await expect(verdicts).to_contain_text("Received")
        await expect(standing).to_contain_text(why)
        await expect(standing).not_to_contain_text("Rank")
        await expect(standing.get_by_role("table")).to_have_count(0)
        assert await axe_finds(page) == []
        await stage.tell(state="ended", ended_at=FINAL["ended_at"])
        await expect(page.locator("[data-over=over]")).to_contain_text(why)
        await stage.tell(**FINAL)
        if feedback == "never":
            await expect(page.locator("[data-over=final]")).to_contain_text(why)
            return
        await stage.show(board(chain(), 143))
        await desk.judge("D", "WA", comment="Say more about the index.")
        await expect(page.locator("[data-verdict=WA]")).to_contain_text("Say more about the index.")
        await expect(standing).to_contain_text("Rank 38 of 48")
        await expect(page.get_by_text(why)).to_have_count(0)


async def test_a_question_to_the_organisers(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        await page.locator("h2").click()
        await page.keyboard.press("a")
        await page.keyboard.type("May n be 0?")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator("[data-clarification=waiting]")).to_contain_text("May n be 0?")


async def test_an_ended_log_in_keeps_what_was_typed_and_says_so(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        desk.is_away = True
        await page.locator("#answer").fill("Typed as the log-in ended")
        await says(page, "kept")
        desk.is_logged_in, desk.session_code, desk.is_away = False, "session.ended", False
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your log-in has ended")
        await expect(page.get_by_role("main")).to_contain_text("1 answer is not saved yet. It stays on this device")
        await page.get_by_label("Personal code").fill(CODE)
        await page.keyboard.press("Enter")
        await eventually(lambda: saved(desk, "D") == "Typed as the log-in ended")


async def test_handing_in_asks_once_and_ends_the_work(open_page: OpenPage) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        page = await at_work(open_page, desk)
        await page.locator("#answer").fill("Last words")
        await page.get_by_role("button", name="Hand in").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("Without one: A, B, C, E.")
        assert await axe_finds(page) == []
        await dialog.get_by_role("button", name="Hand in now").click()
        await expect(page.locator("[data-over=handed_in]")).to_contain_text("You have handed in")
        assert saved(desk, "D") == "Last words", "what was typed last went first"
        await expect(page.locator("#answer")).not_to_be_editable()


@pytest.mark.parametrize(
    ("query", "context"),
    [("", {"color_scheme": "light"}), ("", {"color_scheme": "dark"}), ("?lang=ar", {}), ("", PHONE), ("", {"width": 640, "height": 360})],
    ids=["light", "dark", "right-to-left", "phone", "zoomed"],
)
async def test_axe_finds_nothing(open_page: OpenPage, query: str, context: dict[str, Any]) -> None:
    async with running_stage() as stage:
        desk = Desk(stage)
        await desk.judge("A", "WA", 4310)
        await desk.judge("A", "AC", 5225)
        await desk.judge("B", None)
        page = await at_work(open_page, desk, "A", query, **context)
        assert await axe_finds(page) == []
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(wide) <= 0, "nothing stands out at the side"
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await axe_finds(page) == []


async def test_a_statement_can_run_nothing(open_page: OpenPage) -> None:
    evil = '<img src=x onerror="window.bad=1"><script>window.bad=1</script> <a href="javascript:window.bad=1">x</a>'
    evil += ' <p style="color:red">$x^2$'
    async with running_stage() as stage:
        desk = Desk(stage)
        desk.questions = [{**desk.questions[3], "statement": evil}]
        page = await opened(open_page, desk)
        await expect(page.locator(".markdown math")).to_have_count(1)
        assert await page.evaluate("window.bad") is None
        assert await page.locator(".markdown :is(script, [onerror], [style], [href^=javascript])").count() == 0


def test_the_first_paint_needs_little_script(pages: None) -> None:
    assert first_script_bytes(DIST, "take.html") < SCRIPT_BYTES
