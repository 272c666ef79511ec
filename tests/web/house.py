"""The staff of a Podium for tests of the organiser's pages: over REST, and in browsers of their own; an exam with something
of everything."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx
from playwright.async_api import Page, expect

from tests.running import RunningPodium

PASSWORD = "correct-horse-battery"
NAMES = (
    "Ada Lovelace", "Émilie du Châtelet", "Grace Hopper", "Mary Somerville", "Sofya Kovalevskaya", "Hypatia", "Emmy Noether",
    "Maryam Mirzakhani", "Katherine Johnson", "Jean Bartik", "Barbara Liskov", "Radia Perlman", "Frances Allen", "Margaret Hamilton",
    "Annie Easley", "Joan Clarke",
)  # fmt: skip
CHOICE = {
    "options": [{"id": "a", "text": "At noon"}, {"id": "b", "text": "At full moon"}, {"id": "c", "text": "At low pressure"}],
    "multiple": True,
}
RUBRIC = [
    {"id": "a", "text": "Names the moon as the cause", "points": 2}, {"id": "b", "text": "Says why there are two tides a day", "points": 2},
    {"id": "c", "text": "Clear and short", "points": 1},
]  # fmt: skip
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"label": "A", "title": "Lock gates", "kind": "code", "points": 10, "statement": "Read *n* heights and print the largest step.",
     "body": {"languages": ["python3", "cpp"]}},
    {"label": "B", "title": "Tides", "kind": "multiple_choice", "points": 4, "statement": "When is the tide **highest**?", "body": CHOICE,
     "answer_key": {"right": ["b", "c"], "partial": True}},
    {"label": "C", "title": "How fast does it fall?", "kind": "numeric", "points": 2, "body": {"unit": "m/s²"},
     "answer_key": {"value": 9.81, "absolute": 0.02}},
    {"label": "D", "title": "Two tides a day", "kind": "short_text", "points": 5, "statement": "Explain why there are two, not one.",
     "body": {"max_length": 2000, "lines": 8}, "rubric": RUBRIC},
    {"label": "E", "title": "Your drawing", "kind": "file", "points": 5, "body": {"extensions": ["pdf"], "max_bytes": 1_000_000}},
)  # fmt: skip
ESSAYS = (
    "The moon pulls the near water more than the Earth, and the Earth more than the far water.\n\nSo there are two bulges.",
    "Because of the moon and the sun.",
    "Water bulges on both sides. One bulge follows the moon; the other is left behind.",
)
ASKED = (
    "May we use a calculator?",
    "In question D: is a drawing enough?",
    "The clock on my machine says 10:02 and yours 10:04. Which counts?",
)


class OpensPages(Protocol):
    async def __call__(self, url: str, **options: Any) -> Page: ...


class House:
    """The staff of this Podium, over REST; every call must succeed."""

    def __init__(self, client: httpx.AsyncClient, open_page: OpensPages) -> None:
        self.url = f"{client.base_url}/manage/"
        self.client = client
        self._open_page = open_page

    async def post(self, path: str, token: str | None = None, **body: Any) -> Any:
        headers = None if token is None else {"Authorization": f"Bearer {token}"}
        answer = await self.client.post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return answer.json()

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    async def put(self, path: str, **body: Any) -> Any:
        answer = await self.client.put(f"/api/v1/{path}", json=body)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    async def hire(self, name: str, role: str = "organiser") -> str:
        """Somebody new; their login. They chose their password already."""
        login = f"{name.split()[0].lower()}-{len((await self.get('admin/people/', limit=1000))['items'])}"
        await self.post("admin/people/", login=login, name=name, password=PASSWORD, roles=[{"role": role}])
        token = await self.token_of(login, PASSWORD)
        headers = {"Authorization": f"Bearer {token}"}
        body = {"old_password": PASSWORD, "new_password": PASSWORD + "!"}
        changed = await self.client.post("/api/v1/admin/session/password/", json=body, headers=headers)
        assert changed.status_code < 300, changed.text
        return login

    async def token_of(self, login: str, password: str = PASSWORD + "!") -> str:
        return str((await self.post("admin/session/", login=login, password=password))["token"])

    async def page(self, login: str, path: str = "", **options: Any) -> Page:
        """A browser of this person, logged in. A page that is not logged in is told so with 401, which Chromium notes."""
        page = await self._open_page(self.url, line_may_fail=True, **options)
        await page.get_by_label("Login").fill(login)
        await page.get_by_label("Password").fill(PASSWORD + "!")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.get_by_role("button", name="Log out")).to_be_visible()
        if path:
            await page.goto(self.url + path)
        return page

    async def contest(self, people: int = 0, **members: Any) -> str:
        made = await self.post("admin/contests/", **{"title": "Two at once", "duration_s": 3600, **members})
        for number in range(people):
            await self.post("admin/participants/", contest_id=made["id"], name=f"Person {number:03}")
        return str(made["id"])

    async def exam(self, people: int = 16, **members: Any) -> str:
        """A contest under way, with something of everything that the pages show."""
        contest = await self.contest(
            title="Harbour Open 2026",
            duration_s=4 * 3600,
            freeze_after_s=3 * 3600,
            scoring="ioi",
            description="Five questions about water.",
            opinions=2,
            **members,
        )
        questions = [await self.post("admin/questions/", contest_id=contest, **one) for one in QUESTIONS]
        groups = [
            await self.post("admin/groups/", contest_id=contest, name=name, **more)
            for name, more in (("North", {}), ("South", {"extra_time_s": 600}), ("Guests", {"hidden": True}))
        ]
        made = []
        for number in range(people):
            more: dict[str, Any] = {}
            if number % 5 == 1:
                more = {"time_factor": 1.25, "accommodation": "Large print, a room of one's own"}
            if number % 7 == 3:
                more = {"ranked": False}
            name = NAMES[number % len(NAMES)] + (f" {number // len(NAMES) + 1}" if number >= len(NAMES) else "")
            made.append(
                await self.post(
                    "admin/participants/",
                    contest_id=contest,
                    name=name,
                    external_id=f"T-{number + 1:03}",
                    group_ids=[groups[number % 3]["id"]],
                    **more,
                )
            )
        await self.post("admin/participants/codes/", contest_id=contest, participant_ids=[one["id"] for one in made[::2]])
        await self.post(f"admin/contests/{contest}/start/", reason="Everybody sits")
        for at, person in enumerate(made[:12]):
            token = (await self.post(f"admin/participants/{person['id']}/token/"))["token"]
            await self.post(f"contest/{contest}/start/", token=token)
            submit = f"contest/{contest}/submit/"
            await self.post(submit, token=token, question_id=questions[1]["id"], answer=["b", "c"] if at % 2 else ["a", "b"])
            await self.post(submit, token=token, question_id=questions[2]["id"], answer=9.8 if at % 3 else 8)
            if at < len(ESSAYS):
                await self.post(submit, token=token, question_id=questions[3]["id"], answer=ESSAYS[at])
                await self.post(
                    f"contest/{contest}/clarifications/", token=token, text=ASKED[at], question_id=questions[3]["id"] if at == 1 else None
                )
        await self.post("admin/announcements/", contest_id=contest, text="The hall closes at six.")
        await self.post(
            "admin/announcements/", contest_id=contest, text="Group South: row 4 moves to room 12.", group_ids=[groups[1]["id"]]
        )
        await self.post("admin/canned-answers/", contest_id=contest, title="Read the statement", text="Please read the statement again.")
        await self.post(f"admin/contests/{contest}/extend/", seconds=600, reason="The power failed in row 4", group_id=groups[0]["id"])
        return contest

    async def disagree(self, contest: str) -> None:
        """Two graders differ over the oldest answer that waits for a person; over the next one only one has spoken."""
        (first, second) = [await self.token_of(await self.hire(name, "grader")) for name in ("Gil", "Uma")]
        for token, verdict, score in ((first, "AC", 5), (second, "PA", 2)):
            await self._judges(contest, token, verdict, score, oldest=True)
        await self._judges(contest, first, "PA", 3, oldest=False)

    async def _judges(self, contest: str, token: str, verdict: str, score: float, *, oldest: bool) -> None:
        if oldest:
            listed = [await self.get("admin/grading/queue/", contest_id=contest, state=state) for state in ("second", "waiting")]
            submission = next(one for some in listed for one in some["items"])["submission_id"]
        else:
            submission = (await self.get("admin/grading/queue/", contest_id=contest, state="waiting"))["items"][0]["submission_id"]
        await self.post("admin/grading/claim/", token=token, contest_id=contest, submission_id=submission)
        await self.post(
            "admin/grading/manual/", token=token, submission_id=submission, verdict=verdict, score=score, comment="Good, but short."
        )


@asynccontextmanager
async def house_of(podium: RunningPodium, open_page: OpensPages) -> AsyncIterator[House]:
    headers = {"Authorization": f"Bearer {podium.token('organiser')}"}
    async with httpx.AsyncClient(base_url=podium.url, headers=headers, trust_env=False, timeout=30) as client:
        yield House(client, open_page)


async def do(page: Page, deed: str, reason: str = "") -> None:
    """Press the action, look at what it says it does, and go."""
    await page.locator(f'[data-deed="{deed}"]').click()
    await expect(page.locator("[data-effect] b")).to_contain_text(re.compile("person|people"))
    if reason:
        await page.get_by_label(re.compile("Reason")).fill(reason)
    await page.locator("[data-go]").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
