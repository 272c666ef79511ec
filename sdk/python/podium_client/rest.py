"""The REST interface: the commonest calls as methods of PodiumRest, the others by noun."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, Literal, Self

import httpx

from podium_client import answers
from podium_client.access import ApiKeys, People, StaffSession
from podium_client.calls import PAGE, TIMEOUT_S, Calls, given
from podium_client.errors import Refused
from podium_client.grading import Grading
from podium_client.making import Audit, Groups, Participants, Questions, Results
from podium_client.taking import Taking
from podium_client.telling import Announcements, CannedAnswers

PATIENCE_S = 60.0
"""How long a call is tried: longer than a server process needs to come back, shorter than a person waits."""

Move = Literal["schedule", "start", "pause", "resume", "freeze", "thaw", "end", "finalize", "unthaw"]
Action = Literal["schedule", "start", "pause", "resume", "freeze", "thaw", "end", "finalize", "unthaw", "extend", "reopen"]


class PodiumRest:
    """Calls with one access token or API key (None: as nobody). Use as an async context manager, or give it an `http` client of your own.

    Each call raises Refused (the server said no) or Unreachable (not answered within `patience_s`: whether it was done is unknown).
    Connection loss, 5xx and 429 are tried again, after a wait with full jitter or Retry-After. A change that takes a `version` (of what was
    read) is refused with 412 if somebody else has changed it since.
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
        self._own_http = http is None
        loopback = httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
        http = http or httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=not loopback)
        self._calls = calls = Calls(url, token, http, patience_s, chance or random.Random())
        self.session = StaffSession(calls)
        self.people = People(calls)
        self.keys = ApiKeys(calls)
        self.questions = Questions(calls)
        self.groups = Groups(calls)
        self.participants = Participants(calls)
        self.grading = Grading(calls)
        self.announcements = Announcements(calls)
        self.canned_answers = CannedAnswers(calls)
        self.results = Results(calls)
        self.audit = Audit(calls)
        self.taking = Taking(calls)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._own_http:
            await self._calls.http.aclose()

    def with_token(self, token: str | None) -> "PodiumRest":
        """The same connections as somebody else."""
        calls = self._calls
        return PodiumRest(calls.url, token, http=calls.http, patience_s=calls.patience_s, chance=calls.chance)

    # Contests

    async def log_in(self, login: str, password: str) -> answers.Token:
        """As staff; `session.log_in` tells more of who that is."""
        return await self._calls.post("admin/session/", {"login": login, "password": password}, answers.Token)

    async def create_contest(self, title: str, duration_s: int, **members: Any) -> answers.Contest:
        return await self._calls.post("admin/contests/", {"title": title, "duration_s": duration_s, **members}, answers.Contest)

    async def contest(self, contest: str) -> answers.Contest:
        return await self._calls.get(f"admin/contests/{contest}/", answers.Contest)

    async def contests(
        self, offset: int = 0, limit: int = 100, *, state: str | None = None, search: str | None = None
    ) -> answers.Listed[answers.Contest]:
        asked = {"state": state, "search": search, "offset": offset, "limit": limit}
        return await self._calls.get("admin/contests/", answers.Listed[answers.Contest], **asked)

    async def change_contest(self, contest: str, version: int | None = None, **members: Any) -> answers.Contest:
        return await self._calls.put(f"admin/contests/{contest}/", members, answers.Contest, version)

    async def move(self, contest: str, move: Move, **members: Any) -> answers.Contest:
        """One of the state's moves, with a `reason` if there is one; in a rehearsal with `contest_time_s`."""
        return await self._calls.post(f"admin/contests/{contest}/{move}/", members, answers.Contest)

    async def extend(
        self, contest: str, seconds: int, reason: str, *, group_id: str | None = None, participant_id: str | None = None
    ) -> answers.Contest:
        """More time for everybody, for a group, or for one person."""
        body = {"seconds": seconds, "reason": reason, **given(group_id=group_id, participant_id=participant_id)}
        return await self._calls.post(f"admin/contests/{contest}/extend/", body, answers.Contest)

    async def reopen(self, contest: str, seconds: int | None = None, reason: str | None = None) -> answers.Contest:
        """An ended contest runs on, `seconds` for everybody at least."""
        return await self._calls.post(f"admin/contests/{contest}/reopen/", given(seconds=seconds, reason=reason), answers.Contest)

    async def preview(self, contest: str, action: Action, **members: Any) -> answers.Effect:
        """What an action with these members would do to how many people. Nothing is changed."""
        return await self._calls.post(f"admin/contests/{contest}/{action}/", members, answers.Effect, preview=True)

    async def set_clock(self, contest: str, contest_time_s: float, rate: float) -> answers.Contest:
        """Rehearsals only: the clock shows `contest_time_s` now and runs at `rate`."""
        body = {"contest_time_s": contest_time_s, "rate": rate}
        return await self._calls.post(f"admin/contests/{contest}/clock/", body, answers.Contest)

    async def live(self, contest: str) -> answers.Live:
        """Who is on line, how much is saved and submitted, what waits."""
        return await self._calls.get(f"admin/contests/{contest}/live/", answers.Live)

    async def staff_ticket(self, contest: str) -> str:
        """For a feed of an organiser, a grader or a proctor whose roles are those of an account."""
        return (await self._calls.post(f"admin/contests/{contest}/ticket/", {}, answers.Ticket)).ticket

    # What a contest is made of: the commonest of `questions`, `groups`, `participants` and `announcements`

    async def create_question(self, contest: str, label: str, title: str, **members: Any) -> answers.Question:
        return await self.questions.create(contest, label, title, **members)

    async def create_group(self, contest: str, name: str, **members: Any) -> answers.GroupAnswer:
        return await self.groups.create(contest, name, **members)

    async def create_participant(self, contest: str, name: str, **members: Any) -> answers.Participant:
        return await self.participants.create(contest, name, **members)

    async def remove_participant(self, participant: str) -> None:
        await self.participants.remove(participant)

    async def participant_token(self, participant: str, ttl_s: int = 43_200) -> answers.Token:
        return await self.participants.token(participant, ttl_s)

    async def announce(
        self, contest: str, text: str, *, group_ids: Sequence[str] | None = None, participant_id: str | None = None
    ) -> answers.Announced:
        """To everybody, or to some groups, or to one person."""
        return await self.announcements.post(contest, text, group_ids=group_ids, participant_id=participant_id)

    # Clarifications

    async def clarifications(
        self, contest: str, state: str | None = None, offset: int = 0, limit: int = PAGE
    ) -> answers.Listed[answers.StaffClarification]:
        """What was asked, for staff. `state`: open, claimed or answered."""
        asked = {"contest_id": contest, "state": state, "offset": offset, "limit": limit}
        return await self._calls.get("admin/clarifications/", answers.Listed[answers.StaffClarification], **asked)

    async def clarification(self, clarification: str) -> answers.StaffClarification:
        return await self._calls.get(f"admin/clarifications/{clarification}/", answers.StaffClarification)

    async def claim_clarification(self, clarification: str) -> answers.StaffClarification:
        """Be the one who answers it, for ten minutes; again: for ten more."""
        return await self._calls.post(f"admin/clarifications/{clarification}/claim/", {}, answers.StaffClarification)

    async def release_clarification(self, clarification: str) -> None:
        await self._calls.send("POST", f"admin/clarifications/{clarification}/release/", {})

    async def answer_clarification(self, clarification: str, text: str, *, to_all: bool = False) -> answers.StaffClarification:
        body = {"text": text, "to_all": to_all}
        return await self._calls.post(f"admin/clarifications/{clarification}/answer/", body, answers.StaffClarification)

    async def clarify(self, contest: str, text: str, question: str | None = None) -> answers.Clarification:
        """As a contestant: ask those who run the contest something. The answer comes over the feed."""
        return await self._calls.post(
            f"contest/{contest}/clarifications/", {"text": text, **given(question_id=question)}, answers.Clarification
        )

    async def own_clarifications(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.Clarification]:
        path = f"contest/{contest}/clarifications/"
        return await self._calls.get(path, answers.Listed[answers.Clarification], offset=offset, limit=limit)

    # Grading: the commonest of `grading`, and what there is to judge

    async def judge(self, submission: str, verdict: str, **members: Any) -> answers.Judgement:
        """Post a verdict (CLICS judgement type), with `current`, `judged_at`, `reason`, `external_id`, `score` as wanted."""
        return await self.grading.judge(submission, verdict, **members)

    async def withdraw_judgement(self, judgement: str) -> None:
        await self.grading.withdraw(judgement)

    async def submissions(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.StoredSubmission]:
        """All submissions with their current verdicts, in order of arrival."""
        listed = answers.Listed[answers.StoredSubmission]
        return await self._calls.get("admin/submissions/", listed, contest_id=contest, offset=offset, limit=limit)

    async def submission(self, submission: str) -> answers.OpenedSubmission:
        """What was handed in, and the opinions given on it."""
        return await self._calls.get(f"admin/submissions/{submission}/", answers.OpenedSubmission)

    async def delete_submission(self, submission: str) -> None:
        await self._calls.delete(f"admin/submissions/{submission}/")

    async def full_leaderboard(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Leaderboard:
        """The board as staff may see it."""
        return await self._calls.get(f"admin/contests/{contest}/leaderboard/", answers.Leaderboard, offset=offset, limit=limit)

    # A contest for those who take part or look on; the paper and its answers are `taking`'s

    async def ticket(self, contest: str) -> str:
        return (await self._calls.post(f"contest/{contest}/ticket/", {}, answers.Ticket)).ticket

    async def start(self, contest: str, *, consent: bool = False, device: str | None = None) -> answers.Attempt:
        """`consent`: to the contest's text, if it has one (else 409 `consent.needed`)."""
        body = given(consent=consent or None, device=device)
        return await self._calls.post(f"contest/{contest}/start/", body, answers.Attempt)

    async def submit(self, contest: str, question: str, **members: Any) -> answers.Submitted:
        """Hand in: `language` and `source`, or `answer`; by proxy with `participant_id`, `contest_time_s`, `external_id`."""
        return await self._calls.post(f"contest/{contest}/submit/", {"question_id": question, **members}, answers.Submitted)

    async def leaderboard(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Leaderboard:
        """The public board."""
        return await self._calls.get(f"contest/{contest}/leaderboard/", answers.Leaderboard, offset=offset, limit=limit)

    async def around(self, contest: str, participant: str, limit: int = 20) -> answers.Leaderboard:
        return await self._calls.get(f"contest/{contest}/leaderboard/", answers.Leaderboard, around=participant, limit=limit)

    async def status(self, contest: str) -> answers.StatusAnswer:
        return await self._calls.get(f"contest/{contest}/status/", answers.StatusAnswer)

    async def protocol(self) -> dict[str, Any]:
        """The messages of the sockets as JSON Schema."""
        return await self._calls.get("protocol/", dict[str, Any])

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
