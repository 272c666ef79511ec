"""An exam under way for tests: a question of each kind, contestants with tokens, and what they do over REST."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from tests.rest import Rest

CHOICE = {"options": [{"id": word, "text": f"It is {word}."} for word in ("red", "green", "blue", "black")], "multiple": True}
QUESTIONS: dict[str, dict[str, Any]] = {
    "code": {"body": {"languages": ["python", "c"]}},
    "multiple_choice": {"body": CHOICE, "answer_key": {"right": ["red", "blue"], "partial": True}, "shuffle": True},
    "numeric": {"body": {"unit": "m"}, "answer_key": {"value": 9.81, "absolute": 0.02}},
    "short_text": {"body": {"max_length": 50}, "answer_key": {"accepted": ["Kraków", "Cracow"]}},
    "essay": {"kind": "short_text", "body": {"max_length": 5000, "lines": 20}, "rubric": [{"id": "style", "text": "Style", "points": 4}]},
    "file": {"body": {"extensions": ["pdf", "txt"], "max_bytes": 1000}},
}
ANSWERS: dict[str, Any] = {
    "code": "print(1)", "multiple_choice": ["red", "blue"], "numeric": 9.8, "short_text": " cracow ", "essay": "Once upon a time.",
}  # fmt: skip
POINTS = 10


@dataclass
class Contestant:
    """`attempt`: '' until they have started."""

    rest: Rest
    contest: str
    id: str
    user: str
    token: str
    questions: dict[str, str]
    attempt: str = ""

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.rest.call(method, f"/api/v1/{path}", body, token=self.token, **more)

    async def start(self, **body: Any) -> httpx.Response:
        answer = await self.ask("POST", f"contest/{self.contest}/start/", body)
        if answer.status_code in (200, 201):
            self.attempt = answer.json()["attempt_id"]
        return answer

    async def save(self, kind: str, value: Any, base_version: int = 0, device: str = "desk") -> httpx.Response:
        body = {"question_id": self.questions[kind], "value": value, "base_version": base_version, "device": device}
        return await self.ask("POST", f"attempt/{self.attempt}/answer/", body)

    async def saved(self, kind: str) -> httpx.Response:
        return await self.ask("GET", f"attempt/{self.attempt}/answer/?question_id={self.questions[kind]}")

    async def submit(self, kind: str, answer: Any) -> httpx.Response:
        return await self.ask("POST", f"contest/{self.contest}/submit/", {"question_id": self.questions[kind], "answer": answer})

    async def paper(self) -> Any:
        answer = await self.ask("GET", f"contest/{self.contest}/paper/")
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Exam:
    rest: Rest
    contest: str
    questions: dict[str, str]
    people: list[Contestant] = field(default_factory=list)

    async def contestant(self, name: str, **members: Any) -> Contestant:
        made = await self.rest.participant(self.contest, name, **members)
        token = self.rest.token("contestant", self.contest, made["user_id"], who=made["id"])
        who = Contestant(self.rest, self.contest, made["id"], made["user_id"], token, self.questions)
        self.people.append(who)
        return who


async def exam(rest: Rest, people: int = 1, *, kinds: tuple[str, ...] = tuple(QUESTIONS), started: bool = True, **members: Any) -> Exam:
    """A contest of points with `people` contestants; those of a started one have started."""
    contest = (await rest.contest(**{"scoring": "ioi", **members}))["id"]
    questions = {
        kind: (await rest.question(contest, label, **{"kind": kind, "points": POINTS, **QUESTIONS[kind]}))["id"]
        for label, kind in zip("ABCDEF", kinds, strict=False)
    }
    made = Exam(rest, contest, questions)
    for number in range(people):
        await made.contestant(f"Candidate {number}")
    if started:
        await rest.act(contest, "start")
        for who in made.people:
            assert (await who.start()).status_code == 201
    return made


async def set_terms(pool: asyncpg.Pool, contest: str, **columns: Any) -> None:
    for name, value in columns.items():
        await pool.execute(f"UPDATE podium_contest SET {name} = $2 WHERE contest_id = $1", contest, value)


async def show_clock(pool: asyncpg.Pool, contest: str, contest_s: float) -> None:
    """Let the contest's clock show this now."""
    await pool.execute("UPDATE podium_contest SET clock_at = now(), clock_contest_s = $2 WHERE contest_id = $1", contest, float(contest_s))


async def kept(pool: asyncpg.Pool, contest: str) -> list[tuple[str, Any]]:
    """(label, answer or source) of each submission, in order of arrival."""
    rows = await pool.fetch(
        "SELECT q.label, s.answer, s.source FROM podium_submission s JOIN podium_question q USING (question_id)"
        " WHERE s.contest_id = $1 AND s.deleted_at IS NULL ORDER BY s.arrival",
        contest,
    )
    return [(row["label"], row["answer"] if row["source"] is None else row["source"]) for row in rows]
