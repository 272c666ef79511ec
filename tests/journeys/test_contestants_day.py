"""The day of two contestants on a real Podium, from the waiting room to the end: one at a desk with the keyboard alone, one on a phone; and
of a third who has a time of their own, which runs out."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.journeys.test_two_contestants import Hall, goes_in, hall_of, is_saved
from tests.running import RunningPodium
from tests.support import eventually
from tests.web.conftest import OpenPage
from tests.web.test_board_page import axe_finds, live

pytestmark = pytest.mark.anyio

PHONE: dict[str, Any] = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}
DRAWING = b"%PDF-1.7\n% a drawing\n%%EOF\n"
QUESTIONS: dict[str, Any] = {
    "A": {
        "kind": "multiple_choice",
        "title": "Tides",
        "statement": "When is the tide **highest**?",
        "body": {"options": [{"id": "a", "text": "At noon"}, {"id": "b", "text": "At full moon"}]},
        "answer_key": {"right": ["b"]},
    },
    "B": {"kind": "numeric", "title": "Falling", "body": {"unit": "m/s²"}, "answer_key": {"value": 9.81, "absolute": 0.02}},
    "C": {"kind": "short_text", "title": "Words", "body": {"max_length": 200}, "answer_key": {"accepted": ["ebb"]}},
    "D": {"kind": "file", "title": "Your drawing", "body": {"extensions": ["pdf"], "max_bytes": 100_000}},
}


async def tabs_to(page: Page, wanted: Locator) -> None:
    """With the Tab key alone; the focus can be seen where it stops."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("it => it === document.activeElement"):
            assert await wanted.evaluate("it => it.matches(':focus-visible')")
            return
    raise AssertionError(f"the Tab key does not come to {wanted}")


def notice(page: Page, kind: str, text: str) -> Locator:
    return page.locator(f"[data-notice={kind}]").filter(has_text=text)


async def all_seen(page: Page) -> None:
    await page.keyboard.press("Escape")
    await page.keyboard.press("s")
    await expect(page.locator("[data-notice]")).to_have_count(0)


async def seconds_left(page: Page) -> int:
    """As the clock says them."""
    hours, minutes, seconds = (int(part) for part in re.findall(r"(\d+):(\d\d):(\d\d)", await page.get_by_role("timer").inner_text())[0])
    return hours * 3600 + minutes * 60 + seconds


async def test_two_contestants_from_the_waiting_room_to_the_end(podium: RunningPodium, open_page: OpenPage) -> None:
    async with hall_of(podium) as hall:
        north = await scheduled(hall)
        ada, grace = await wait_for_the_start(open_page, hall)
        await works_by_keyboard(ada, hall)
        await are_told(ada, grace, hall)
        await ask_and_are_answered(ada, grace, hall)
        await are_paused(ada, grace, hall)
        await are_given_time(ada, grace, hall, north)

        board = await open_page(f"{podium.url}/board/{hall.contest}")
        await live(board)
        await expect(board.locator("[data-row]").first).to_contain_text("Ada")
        assert await axe_finds(board) == []

        await tabs_to(ada, ada.get_by_role("button", name="Hand in"))
        await ada.keyboard.press("Enter")
        await expect(ada.get_by_role("dialog")).to_contain_text("All 4 questions have an answer.")
        assert await axe_finds(ada) == []
        await tabs_to(ada, ada.get_by_role("button", name="Hand in now"))
        await ada.keyboard.press("Enter")
        await expect(ada.locator("[data-over=handed_in]")).to_be_visible()
        assert await axe_finds(ada) == []
        await hall.post(f"contests/{hall.contest}/end/")
        await expect(grace.locator("[data-over=over]")).to_be_visible()
        assert await axe_finds(grace) == []
        assert await hall.value("Ada", "B") == 9.81
        assert await hall.value("Grace", "C") == "flood"


async def scheduled(hall: Hall) -> str:
    """The group that Ada is in."""
    await hall.set_up(
        QUESTIONS,
        {"Ada": {}, "Grace": {}},
        title="Harbour Exam",
        duration_s=3600,
        start_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        rules="No phones on the desk.",
        consent="Your screen may be looked at.",
        description="Four questions about water.",
    )
    north = str((await hall.post("groups/", contest_id=hall.contest, name="North"))["id"])
    await changed(hall, f"participants/{hall.people['Ada']['participant_id']}/", group_ids=[north])
    return north


async def changed(hall: Hall, path: str, **members: Any) -> None:
    answer = await hall.client.put(f"/api/v1/admin/{path}", json=members)
    assert answer.status_code == 200, answer.text


async def wait_for_the_start(open_page: OpenPage, hall: Hall) -> tuple[Page, Page]:
    """Ada agrees before the start, Grace does not: she is asked once more."""
    ada = await open_page(f"{hall.podium.url}/take/{hall.contest}", line_may_fail=True)
    await expect(ada.get_by_label("Personal code")).to_be_focused()
    await ada.keyboard.type(hall.people["Ada"]["code"].lower())
    await ada.keyboard.press("Enter")
    await live(ada)
    grace = await goes_in(open_page, hall, "Grace", hall.podium.url, **PHONE)
    for page in (ada, grace):
        await expect(page.get_by_role("timer")).to_contain_text("\u22120:59:")
        await expect(page.get_by_text("No phones on the desk.")).to_be_visible()
        assert await axe_finds(page) == []
    await tabs_to(ada, ada.get_by_label("I agree"))
    await ada.keyboard.press("Space")
    await changed(hall, f"contests/{hall.contest}/", start_at=(datetime.now(UTC) + timedelta(seconds=3)).isoformat())
    await expect(notice(ada, "time", "The start has moved")).to_be_visible()
    await expect(ada.get_by_role("timer")).to_contain_text("\u22120:00:0")
    await expect(ada.locator("[data-question]")).to_have_count(4)
    show = grace.get_by_role("button", name="Show the questions")
    await expect(show).to_be_disabled()
    await expect(grace.locator("[data-question]")).to_have_count(0)
    await grace.get_by_label("I agree").check()
    await show.click()
    await expect(grace.locator("[data-question]")).to_have_count(4)
    for page in (ada, grace):
        await all_seen(page)
        assert await axe_finds(page) == []
    return ada, grace


async def works_by_keyboard(page: Page, hall: Hall) -> None:
    """Every kind of question, judged at once where there is a key."""
    page.on(
        "filechooser", lambda _: None
    )  # From now on: asked for together with the key press, the chooser may be there first and is lost.
    await page.keyboard.press("w")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("At full moon")).to_be_checked()
    await is_saved(page)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("[data-verdict=AC]")).to_be_visible()
    for typed, verdict in (("9,81", "AC"), ("flood", "WA")):
        await goes_on(page)
        await page.keyboard.type(typed)
        await is_saved(page)
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(f"[data-verdict={verdict}]")).to_be_visible()
        assert await axe_finds(page) == []
    assert [await hall.value("Ada", label) for label in "ABC"] == [["b"], 9.81, "flood"]

    await goes_on(page)
    field = page.locator("input[type=file]")
    await expect(field).to_be_focused()
    await chooses(page, "notes.txt", b"-")
    await expect(page.get_by_role("alert")).to_contain_text("notes.txt is none of the kinds")
    await chooses(page, "first.pdf", DRAWING + b"%")
    await expect(page.get_by_text("first.pdf is stored")).to_be_visible()
    await expect(field).to_be_focused()
    await tabs_to(page, page.get_by_role("button", name="Remove"))
    await page.keyboard.press("Enter")
    await expect(field).to_be_focused()
    await chooses(page, "tide.pdf", DRAWING)
    await expect(page.get_by_text("tide.pdf is stored")).to_be_visible()
    await is_saved(page)
    stored = await hall.client.get(f"/api/v1/admin/files/{(await hall.value('Ada', 'D'))['file_id']}/")
    assert stored.content == DRAWING
    await page.reload()
    await page.locator("[data-question]").nth(3).click()
    await expect(page.get_by_text("is stored")).to_be_visible()
    assert await axe_finds(page) == []


async def chooses(page: Page, name: str, content: bytes) -> None:
    async with page.expect_file_chooser() as opened:
        await page.keyboard.press("Space")
    await (await opened.value).set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


async def goes_on(page: Page) -> None:
    for key in ("Escape", "j", "w"):
        await page.keyboard.press(key)


async def are_told(ada: Page, grace: Page, hall: Hall) -> None:
    """What is for one person comes to one person."""
    grace_id = hall.people["Grace"]["participant_id"]
    await hall.post("announcements/", contest_id=hall.contest, text="Your chair is mended.", participant_id=grace_id)
    await hall.post("announcements/", contest_id=hall.contest, text="Lunch is served.")
    for page in (ada, grace):
        await expect(notice(page, "announcement", "Lunch is served.")).to_be_visible()
    await expect(notice(grace, "announcement", "Your chair is mended.")).to_be_visible()
    await expect(ada.get_by_text("Your chair is mended.")).to_have_count(0)
    assert await axe_finds(grace) == []
    await all_seen(ada)
    await all_seen(grace)


async def ask_and_are_answered(ada: Page, grace: Page, hall: Hall) -> None:
    await ada.keyboard.press("a")
    await ada.keyboard.type("May I draw in colour?")
    await tabs_to(ada, ada.get_by_role("button", name="Send"))
    await ada.keyboard.press("Enter")
    await expect(ada.locator("[data-clarification=waiting]")).to_be_visible()
    await answers(hall, "You may.", to_all=False)
    await expect(notice(ada, "answer", "You may.")).to_be_visible()
    await expect(ada.locator("[data-clarification=answered]")).to_contain_text("You may.")

    await grace.get_by_label("Your question").fill("Is g positive?")
    await grace.get_by_label("About").select_option(label="B Falling")
    await grace.get_by_role("button", name="Send").click()
    await expect(grace.locator("[data-clarification=waiting]")).to_be_visible()
    await answers(hall, "It is.", to_all=True)
    await expect(notice(grace, "answer", "It is.")).to_be_visible()
    await expect(notice(ada, "announcement", "It is.")).to_be_visible()
    await expect(grace.get_by_text("You may.")).to_have_count(0)
    assert await axe_finds(ada) == []
    await all_seen(ada)
    await all_seen(grace)


async def answers(hall: Hall, text: str, *, to_all: bool) -> None:
    listed = await hall.client.get("/api/v1/admin/clarifications/", params={"contest_id": hall.contest, "state": "open"})
    (asked,) = listed.json()["items"]
    await hall.post(f"clarifications/{asked['id']}/claim/")
    await hall.post(f"clarifications/{asked['id']}/answer/", text=text, to_all=to_all)


async def are_paused(ada: Page, grace: Page, hall: Hall) -> None:
    """The clock stands, one may write and not submit; then it goes on from there."""
    await grace.locator("[data-question]").nth(2).click()
    await hall.post(f"contests/{hall.contest}/pause/", reason="Fire alarm")
    for page in (ada, grace):
        await expect(page.locator("[data-notice=paused]")).to_be_visible()
        await expect(page.get_by_role("timer")).to_contain_text("Clock stopped")
        assert await axe_finds(page) == []
    stands = await seconds_left(grace)
    await grace.get_by_label("Your answer", exact=True).last.fill("flood")
    await is_saved(grace)
    await expect(grace.get_by_role("button", name="Submit")).to_be_disabled()
    assert await hall.value("Grace", "C") == "flood"
    assert await seconds_left(grace) == stands
    await hall.post(f"contests/{hall.contest}/resume/")
    for page in (ada, grace):
        await expect(page.locator("[data-notice=paused]")).to_have_count(0)
        await expect(notice(page, "time", "The clock goes on")).to_be_visible()
        await all_seen(page)
    await expect(grace.get_by_role("button", name="Submit")).to_be_enabled()
    assert stands - 30 <= await seconds_left(grace) <= stands


async def are_given_time(ada: Page, grace: Page, hall: Hall, north: str) -> None:
    """All, then a group, then one person: each hears of their own alone, and the clock has it."""
    before = {page: await seconds_left(page) for page in (ada, grace)}
    for whom, seconds, reason, more in (
        ((ada, grace), 300, "The power failed", {}),
        ((ada,), 600, "Row 4 was late", {"group_id": north}),
        ((grace,), 120, "A broken chair", {"participant_id": hall.people["Grace"]["participant_id"]}),
    ):
        await hall.post(f"contests/{hall.contest}/extend/", seconds=seconds, reason=reason, **more)
        for page in whom:
            await expect(notice(page, "time", f"You have 0:{seconds // 60:02}:00 more")).to_be_visible()
    for page, given in ((ada, 900), (grace, 420)):
        await expect(page.locator("[data-notice=time]")).to_have_count(2)
        assert before[page] + given - 30 <= await seconds_left(page) <= before[page] + given
        assert await axe_finds(page) == []
        await all_seen(page)


async def test_a_time_of_ones_own_runs_out_and_verdicts_come_with_the_final_result(podium: RunningPodium, open_page: OpenPage) -> None:
    async with hall_of(podium) as hall:
        await hall.set_up(
            {"B": QUESTIONS["B"]}, {"Ida": {}}, title="Own Hour", duration_s=7200, own_time_s=1800, rehearsal=True, feedback="after_end"
        )
        page = await goes_in(open_page, hall, "Ida", podium.url)
        await expect(page.get_by_text("You have 0:30:00 from the moment you start.")).to_be_visible()
        await expect(page.get_by_text("A button to start your time appears here")).to_be_visible()
        await hall.post(f"contests/{hall.contest}/start/")
        await page.get_by_role("button", name="Start my time: 0:30:00").click()
        await expect(page.get_by_role("timer")).to_contain_text("left of your own time")
        await page.get_by_label("A number").fill("9.81")
        await is_saved(page)
        await expect(page.get_by_role("button", name="Submit")).to_have_count(0)
        assert await axe_finds(page) == []

        await hall.post(f"contests/{hall.contest}/clock/", contest_time_s=1795, rate=1)
        await expect(page.get_by_role("timer")).to_contain_text("0:00:0")
        await expect(page.locator("[data-over=spent]")).to_be_visible()
        await expect(page.get_by_label("A number")).not_to_be_editable()
        assert await axe_finds(page) == []
        await hall.post(f"contests/{hall.contest}/end/")
        await expect(page.locator("[data-over=over]")).to_contain_text("Results are shown when the contest is final.")
        await eventually(lambda: is_final(hall))
        await expect(page.locator("[data-over=final]")).to_be_visible()
        await expect(page.locator("[data-verdict=AC]")).to_be_visible()
        assert await axe_finds(page) == []


async def is_final(hall: Hall) -> bool:
    """Refused until what was saved is collected."""
    return (await hall.client.post(f"/api/v1/admin/contests/{hall.contest}/finalize/", json={})).status_code == 200
