"""A scripted contestant's desk for the page's states: what REST answers on the stage (over Playwright's routes, as the stage's server takes
no bodies), and what the inbox says. It keeps answers as the engine does, version by version, and judges nothing."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Page, Route

from contest.domain.boards import Board
from tests.web.scenes import CONTEST, board, chain, problems, status, team_id, team_name
from tests.web.stage import Stage

ME = team_id(3)
CODE = "K7PX-2MQD-93WT"
ATTEMPT = "0193577c-7777-7c11-8b7e-000000000001"
RULES = """You may use books and notes on paper. **No other person, no chat, no generated code.**

1. Stay in the hall, or tell somebody before you leave it.
2. If something is wrong with your machine, raise your hand: lost time is given back.
"""
CONSENT = "My answers and the times at which I saved them are stored, and shown to the graders of this contest."
STATEMENT = r"""A ferry leaves every $k$ minutes, the first one at minute $0$. You arrive at minute $t$ with $1 \le t \le 10^9$.

$$ w(t) = \left\lceil \frac{t}{k} \right\rceil \cdot k - t $$

Print the number of minutes you wait.

| input | output |
|---|---|
| `7 5` | `3` |
| `10 5` | `0` |

```
read t and k from one line
```
"""


def _question(number: int, kind: str, points: float, statement: str, body: dict[str, Any]) -> dict[str, Any]:
    problem = problems()[number]
    return {
        "id": problem.id, "label": problem.label, "title": problem.name, "kind": kind, "points": points, "statement": statement,
        "body": body, "color": problem.color, "position": number + 1,
    }  # fmt: skip


QUESTIONS = [
    _question(0, "code", 10, STATEMENT, {"languages": ["cpp", "java", "python3"], "time_limit_ms": 2000, "memory_limit_mb": 256}),
    _question(
        1, "multiple_choice", 4, "Which of these sorts are **stable** in their usual form?",
        {"multiple": True, "options": [
            {"id": "a", "text": "Insertion sort"}, {"id": "b", "text": "Quicksort"},
            {"id": "c", "text": "Merge sort"}, {"id": "d", "text": "Heapsort"},
        ]},
    ),
    _question(2, "numeric", 3, "How high does the water stand in lock 3, if lock 1 stands at 4.20 m?", {"unit": "m"}),
    _question(3, "short_text", 5, "Why is the archive's index kept apart from its rows?", {"max_length": 400, "lines": 5}),
    _question(4, "file", 8, "Hand in your drawing of the lanterns' order.", {"extensions": ["pdf", "png"], "max_bytes": 2 << 20}),
]  # fmt: skip
TURN = {"delay_s": 0, "extra_s": 0, "factor": 1.0, "started_s": None, "handed_in_at": None}

Change = Callable[[dict[str, Any]], Awaitable[None]]


class SittingStage(Stage):
    """The stage with one contestant's inbox."""

    def __init__(self, shown: Board, **options: Any) -> None:
        super().__init__(shown, **options)
        self.inbox: dict[str, Any] = {"submissions": [], "announcements": [], "clarifications": []}
        self._epochs["inbox"], self._seqs["inbox"], self._kept["inbox"] = "zz81k2aa", 0, []
        self.greeting = {"role": "contestant"}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/take/{CONTEST}"

    def _snapshot(self, log: str) -> str:
        if log != "inbox":
            return super()._snapshot(log)
        return json.dumps({"log": log, "epoch": self._epochs[log], "seq": self._seqs[log], "type": "inbox.snapshot", **self.inbox})


class Desk:
    """What the engine and the administration would answer this contestant. `is_away`: nothing at all. `held`: answers to
    a path that ends so are worked out when asked, and go out once the event is set."""

    def __init__(self, stage: SittingStage, *, is_logged_in: bool = True, has_begun: bool = True) -> None:
        self.stage = stage
        self.is_logged_in = is_logged_in
        self.attempt: dict[str, Any] | None = {"id": ATTEMPT, "started_at": stage.now(), "handed_in_at": None} if has_begun else None
        self.turn = dict(TURN)
        self.rules, self.consent = "", ""
        self.questions = QUESTIONS
        self.answers: dict[str, dict[str, Any]] = {}
        self.is_away = False
        self.held: dict[str, asyncio.Event] = {}
        self.session_code = "token.missing"
        self.saves = 0
        self.asked: list[tuple[str, str, Any]] = []
        self._ids = itertools.count(1)

    async def prepare(self, page: Page) -> None:
        await page.route("**/api/v1/**", self._answer)

    def write(self, label: str, value: Any, device: str = "Firefox, Windows (x3k9)") -> dict[str, Any]:
        """As another device of this contestant does."""
        question = next(one["id"] for one in self.questions if one["label"] == label)
        before = self.answers.get(question, {"version": 0})
        self.answers[question] = {
            "question_id": question, "value": value, "version": before["version"] + 1, "saved_at": self.stage.now(), "device": device,
        }  # fmt: skip
        return self.answers[question]

    async def tell_saved(self, label: str) -> None:
        one = next(self.answers[question["id"]] for question in self.questions if question["label"] == label)
        said = {name: one[name] for name in ("question_id", "version", "device", "saved_at")}
        await self.stage.publish("inbox", {"type": "answer.saved", **said})

    async def judge(self, label: str, verdict: str | None, at_s: float = 5200, score: float | None = None, **more: Any) -> None:
        note = {"id": f"0193577c-9999-7c11-8b7e-{next(self._ids):012d}", "problem": label, "contest_time_s": at_s, "verdict": verdict}
        note |= {"score": score, **more}
        self.stage.inbox["submissions"].append(note)
        kind = "submission.received" if verdict is None else "verdict.reached"
        await self.stage.publish("inbox", {"type": kind, "submission": note})

    async def _answer(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path.removeprefix("/api/v1/")
        is_json = request.headers.get("content-type") == "application/json"
        body = request.post_data_json if is_json else None
        self.asked.append((request.method, path, body))
        if self.is_away:
            await route.abort("connectionrefused")
            return
        code, answer = self._of(request.method, path, body, parse_qs(urlsplit(request.url).query))
        text = json.dumps(answer)
        if held := next((held for end, held in self.held.items() if path.endswith(end)), None):
            await held.wait()
        await route.fulfill(status=code, body=text, content_type="application/json", headers={"Cache-Control": "no-store"})

    def _of(self, method: str, path: str, body: Any, query: dict[str, list[str]]) -> tuple[int, Any]:
        contest, _, name = path.removeprefix("contest/").partition("/")
        who = {"id": ME, "name": team_name(3)}
        if name == "status/":
            return 200, {"epoch": "a81c22de", "seq": 1, "status": self.stage.status, "server_time": self.stage.now()}
        if name == "session/" and method == "POST":
            if body.get("code", "").replace("-", "").upper() != CODE.replace("-", ""):
                return 401, _refusal("session.refused", "There is no such code in this contest.")
            self.is_logged_in = True
        if not self.is_logged_in:
            return 401, _refusal(self.session_code, "This needs a log-in.")
        match method, name if path.startswith("contest/") else path.split("/", 2)[-1]:
            case _, "session/":
                return 200, {"token": None, "expires_at": "2026-11-25T10:00:00.000Z", "csrf": "c", "participant": who,
                             "contest": {"id": contest, "title": self.stage.status["title"]}}  # fmt: skip
            case _, "ticket/":
                return 201, {"ticket": "t", "expires_at": self.stage.now(), "path": f"/ws/contest/{contest}"}
            case _, "me/":
                return 200, {"participant": {**who, "groups": []}, "contest": self.stage.status, "consent": self.consent,
                             "consented": False, "rules": self.rules, "turn": self.turn, "attempt": self.attempt}  # fmt: skip
            case _, "paper/":
                saved = [{name: one[name] for name in ("question_id", "value", "version", "saved_at")} for one in self.answers.values()]
                return 200, {"attempt": self.attempt, "turn": self.turn, "consent": self.consent, "rules": self.rules,
                             "questions": self.questions, "answers": saved}  # fmt: skip
            case "POST", "start/":
                if self.consent and not body.get("consent"):
                    return 409, _refusal("consent.needed", "This contest asks for your consent before you start.")
                self.attempt = {"id": ATTEMPT, "started_at": self.stage.now(), "handed_in_at": None}
                return 201, {"attempt_id": ATTEMPT, "started_at": self.stage.now(), "ends_at": None, "turn": self.turn}
            case "GET", "answer/":
                return 200, {name: value for name, value in self.answers[query["question_id"][0]].items() if name != "device"}
            case "POST", "answer/":
                return 200, self._save(body)
            case "POST", "file/":
                return 201, {"file_id": "0193577c-abcd-7c11-8b7e-000000000001", "size_bytes": 9, "sha256": "00"}
            case "POST", "submit/":
                return 201, {"submission_id": "x", "contest_time_s": 1.0, "received_at": self.stage.now()}
            case "POST", "hand-in/":
                self.attempt = {**(self.attempt or {}), "handed_in_at": self.stage.now()}
                self.turn["handed_in_at"] = self.stage.now()
                return 200, {}
            case "GET", "clarifications/":
                return 200, {"total": 0, "items": self.stage.inbox["clarifications"]}
            case "POST", "clarifications/":
                return 201, self.clarification(body["text"], body.get("question_id"))
        return 404, _refusal("path.not_found", path)

    def clarification(self, text: str, question: str | None, answer: str | None = None) -> dict[str, Any]:
        label = next((one["label"] for one in self.questions if one["id"] == question), None)
        return {"id": f"0193577c-8888-7c11-8b7e-{next(self._ids):012d}", "text": text, "question_id": question, "problem": label,
                "asked_at": self.stage.now(), "contest_time_s": 1.0, "answer": answer, "answered_at": answer and self.stage.now(),
                "to_all": False}  # fmt: skip

    def _save(self, body: dict[str, Any]) -> dict[str, Any]:
        self.saves += 1
        before = self.answers.get(body["question_id"])
        lost = before is not None and before["version"] > body["base_version"] and before["device"] != body["device"]
        version = 1 + (before["version"] if before else 0)
        now = self.stage.now()
        self.answers[body["question_id"]] = {**{name: body[name] for name in ("question_id", "value", "device")}, "version": version,
                                             "saved_at": now}  # fmt: skip
        over = {name: before[name] for name in ("version", "value", "device", "saved_at")} if lost and before else None
        return {"version": version, "saved_at": now, "overwritten": over}


def _refusal(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": []}}


def running_stage(minute: float = 143.4, **state: Any) -> SittingStage:
    return SittingStage(board(chain(), int(minute)), minute=minute, state=status(feedback="at_once", own_time_s=None, **state))


def before_stage(minute: float = -12.3, **state: Any) -> SittingStage:
    waiting = {"state": "scheduled", "started_at": None, "clock": {"at": None, "contest_time_s": 0.0, "rate": 0.0}}
    return SittingStage(board([], 0), minute=minute, state=status(**{**waiting, **state}))


def stage_time(stage: Stage, minute: float) -> str:
    """A moment of the stage's contest, for frames."""
    began = datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(began + minute * 60, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
