"""The REST interface, one method per call. A POST carries an Idempotency-Key, so it is sent again without harm until it is acknowledged."""

import asyncio
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, TypeVar

import httpx
import msgspec

from podium_client import answers
from podium_client.errors import Refused, Unreachable
from podium_client.reconnect import wait_s
from podium_client.refusals import refusal

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long a call is tried: longer than a server process needs to come back, shorter than a person waits."""
TIMEOUT_S = 15.0
PAGE = 1000
_LATER = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE_S = 3.0

Move = Literal["schedule", "start", "freeze", "thaw", "end", "finalize", "unthaw"]


class PodiumRest:
    """Calls with one access token (None: as nobody). Use as an async context manager, or give it an `http` client of your own to share.

    Each call raises Refused (the server said no) or Unreachable (not answered within `patience_s`: whether it was done is unknown).
    Connection loss, 5xx and 429 are tried again, after a wait with full jitter or Retry-After.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        http: httpx.AsyncClient | None = None,
        patience_s: float = PATIENCE_S,
        chance: random.Random | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._own_http = http is None
        loopback = httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=not loopback)
        self._patience_s = patience_s
        self._chance = chance or random.Random()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._own_http:
            await self._http.aclose()

    def with_token(self, token: str | None) -> "PodiumRest":
        """The same connections as somebody else."""
        return PodiumRest(self._url, token, http=self._http, patience_s=self._patience_s, chance=self._chance)

    # Contests

    async def log_in(self, login: str, password: str) -> answers.Token:
        return await self._post("admin/session/", {"login": login, "password": password}, answers.Token)

    async def create_contest(self, title: str, duration_s: int, **members: Any) -> answers.Contest:
        return await self._post("admin/contests/", {"title": title, "duration_s": duration_s, **members}, answers.Contest)

    async def contest(self, contest: str) -> answers.Contest:
        return await self._call("GET", f"admin/contests/{contest}/", answers.Contest)

    async def contests(self, offset: int = 0, limit: int = 100) -> answers.Listed[answers.Contest]:
        return await self._call("GET", f"admin/contests/?offset={offset}&limit={limit}", answers.Listed[answers.Contest])

    async def change_contest(self, contest: str, **members: Any) -> answers.Contest:
        return await self._call("PUT", f"admin/contests/{contest}/", answers.Contest, members)

    async def move(self, contest: str, move: Move, **members: Any) -> answers.Contest:
        """One of the state's moves; in a rehearsal with `contest_time_s`."""
        return await self._post(f"admin/contests/{contest}/{move}/", members, answers.Contest)

    async def set_clock(self, contest: str, contest_time_s: float, rate: float) -> answers.Contest:
        """Rehearsals only: the clock shows `contest_time_s` now and runs at `rate`."""
        return await self._post(f"admin/contests/{contest}/clock/", {"contest_time_s": contest_time_s, "rate": rate}, answers.Contest)

    # What a contest is made of

    async def create_question(self, contest: str, label: str, title: str, **members: Any) -> answers.Question:
        return await self._post("admin/questions/", {"contest_id": contest, "label": label, "title": title, **members}, answers.Question)

    async def create_group(self, contest: str, name: str, **members: Any) -> answers.GroupAnswer:
        return await self._post("admin/groups/", {"contest_id": contest, "name": name, **members}, answers.GroupAnswer)

    async def create_participant(self, contest: str, name: str, **members: Any) -> answers.Participant:
        return await self._post("admin/participants/", {"contest_id": contest, "name": name, **members}, answers.Participant)

    async def remove_participant(self, participant: str) -> None:
        await self._delete(f"admin/participants/{participant}/")

    async def participant_token(self, participant: str, ttl_s: int = 43_200) -> answers.Token:
        return await self._post(f"admin/participants/{participant}/token/", {"ttl_s": ttl_s}, answers.Token)

    async def announce(
        self, contest: str, text: str, *, group_ids: Sequence[str] | None = None, participant_id: str | None = None
    ) -> answers.Announcement:
        """To everybody, or to some groups, or to one person."""
        to = {"group_ids": group_ids, "participant_id": participant_id}
        body = {"contest_id": contest, "text": text, **{name: value for name, value in to.items() if value is not None}}
        return await self._post("admin/announcements/", body, answers.Announcement)

    # Clarifications

    async def clarifications(
        self, contest: str, state: str | None = None, offset: int = 0, limit: int = PAGE
    ) -> answers.Listed[answers.StaffClarification]:
        """What was asked, for staff. `state`: open, claimed or answered."""
        query = f"contest_id={contest}&offset={offset}&limit={limit}" + (f"&state={state}" if state else "")
        return await self._call("GET", f"admin/clarifications/?{query}", answers.Listed[answers.StaffClarification])

    async def claim_clarification(self, clarification: str) -> answers.StaffClarification:
        """Be the one who answers it, for ten minutes; again: for ten more."""
        return await self._post(f"admin/clarifications/{clarification}/claim/", {}, answers.StaffClarification)

    async def release_clarification(self, clarification: str) -> None:
        await self._exchange("POST", f"admin/clarifications/{clarification}/release/", {})

    async def answer_clarification(self, clarification: str, text: str, *, to_all: bool = False) -> answers.StaffClarification:
        body = {"text": text, "to_all": to_all}
        return await self._post(f"admin/clarifications/{clarification}/answer/", body, answers.StaffClarification)

    async def clarify(self, contest: str, text: str, question: str | None = None) -> answers.Clarification:
        """As a contestant: ask those who run the contest something. The answer comes over the feed."""
        body = {"text": text} if question is None else {"text": text, "question_id": question}
        return await self._post(f"contest/{contest}/clarifications/", body, answers.Clarification)

    async def own_clarifications(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.Clarification]:
        path = f"contest/{contest}/clarifications/?offset={offset}&limit={limit}"
        return await self._call("GET", path, answers.Listed[answers.Clarification])

    # Grading

    async def judge(self, submission: str, verdict: str, **members: Any) -> answers.Judgement:
        """Post a verdict (CLICS judgement type), with `current`, `judged_at`, `reason`, `external_id`, `score` as wanted."""
        return await self._post("admin/grading/manual/", {"submission_id": submission, "verdict": verdict, **members}, answers.Judgement)

    async def withdraw_judgement(self, judgement: str) -> None:
        await self._delete(f"admin/grading/manual/{judgement}/")

    async def submissions(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.StoredSubmission]:
        """All submissions with their current verdicts, in order of arrival."""
        query = f"contest_id={contest}&offset={offset}&limit={limit}"
        return await self._call("GET", f"admin/submissions/?{query}", answers.Listed[answers.StoredSubmission])

    async def delete_submission(self, submission: str) -> None:
        await self._delete(f"admin/submissions/{submission}/")

    async def full_leaderboard(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Leaderboard:
        """The board as staff may see it."""
        return await self._call("GET", f"admin/contests/{contest}/leaderboard/?offset={offset}&limit={limit}", answers.Leaderboard)

    # Contest

    async def ticket(self, contest: str) -> str:
        return (await self._post(f"contest/{contest}/ticket/", {}, answers.Ticket)).ticket

    async def start(self, contest: str) -> answers.Attempt:
        return await self._post(f"contest/{contest}/start/", {}, answers.Attempt)

    async def submit(self, contest: str, question: str, **members: Any) -> answers.Submitted:
        """Hand in: `language` and `source`, or `answer`; by proxy with `participant_id`, `contest_time_s`, `external_id`."""
        return await self._post(f"contest/{contest}/submit/", {"question_id": question, **members}, answers.Submitted)

    async def leaderboard(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Leaderboard:
        """The public board."""
        return await self._call("GET", f"contest/{contest}/leaderboard/?offset={offset}&limit={limit}", answers.Leaderboard)

    async def around(self, contest: str, participant: str, limit: int = 20) -> answers.Leaderboard:
        return await self._call("GET", f"contest/{contest}/leaderboard/?around={participant}&limit={limit}", answers.Leaderboard)

    async def status(self, contest: str) -> answers.StatusAnswer:
        return await self._call("GET", f"contest/{contest}/status/", answers.StatusAnswer)

    async def until_known(self, contest: str, within_s: float = 30.0) -> None:
        """Wait until the socket nodes know a contest that was made a moment ago. Raises Refused 404 if they do not within `within_s`."""
        end = asyncio.get_running_loop().time() + within_s
        while True:
            try:
                await self.status(contest)
            except Refused as error:
                if error.status != 404 or asyncio.get_running_loop().time() > end:
                    raise
                await asyncio.sleep(0.1)
            else:
                return

    # The calls themselves

    async def _post(self, path: str, body: Mapping[str, Any], answer: type[T]) -> T:
        return await self._call("POST", path, answer, body)

    async def _delete(self, path: str) -> None:
        """A 404 after a try whose answer was lost means that it was done then."""
        again = False

        def before_retry() -> None:
            nonlocal again
            again = True

        try:
            await self._exchange("DELETE", path, None, before_retry)
        except Refused as error:
            if not (again and error.status == 404):
                raise

    async def _call(self, method: str, path: str, answer: type[T], body: Mapping[str, Any] | None = None) -> T:
        return msgspec.json.decode(await self._exchange(method, path, body), type=answer)

    async def _exchange(self, method: str, path: str, body: Mapping[str, Any] | None, before_retry: Any = None) -> bytes:
        request = self._http.build_request(
            method,
            f"{self._url}/api/v1/{path}",
            headers=self._headers(method),
            content=None if body is None else msgspec.json.encode(body),
        )
        loop = asyncio.get_running_loop()
        end, attempt, last = loop.time() + self._patience_s, 0, ""
        while True:
            pause_s = min(wait_s(attempt, self._chance), _LONGEST_PAUSE_S)
            try:
                response = await self._http.send(request)
            except httpx.TransportError as error:
                last = f"{type(error).__name__}: {error}"
            else:
                if response.is_success:
                    return response.content
                refused = refusal(response.status_code, response.content)
                if refused.status not in _LATER:
                    raise refused
                last = str(refused)
                asked = response.headers.get("Retry-After", "")
                pause_s += int(asked) if asked.isdigit() else 0
            if loop.time() + pause_s > end:
                raise Unreachable(f"{method} {path}: {last}")
            if before_retry is not None:
                before_retry()
            attempt += 1
            await asyncio.sleep(pause_s)

    def _headers(self, method: str) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if method in ("POST", "PUT"):
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers
