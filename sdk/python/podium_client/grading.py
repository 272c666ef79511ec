"""The grading desk: the queue, claims that run out, verdicts, overrides, and files that were handed over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from podium_client import answers
from podium_client.calls import PAGE, Calls, given

QueueState = Literal["waiting", "claimed", "second", "disputed", "done"]


class Grading:
    """`PodiumRest.grading`. A claim lasts ten minutes; while it lasts nobody else can judge (409 `claim.held`)."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def queue(
        self, contest: str, *, question: str | None = None, state: QueueState | None = None, offset: int = 0, limit: int = PAGE
    ) -> answers.Listed[answers.Queued]:
        asked = {"contest_id": contest, "question_id": question, "state": state, "offset": offset, "limit": limit}
        return await self._calls.get("admin/grading/queue/", answers.Listed[answers.Queued], **asked)

    async def claim(self, contest: str, *, question: str | None = None, submission: str | None = None) -> answers.Work | None:
        """The next piece of work, or this submission. None: there is nothing to do."""
        body = {"contest_id": contest, **given(question_id=question, submission_id=submission)}
        found = await self._calls.send("POST", "admin/grading/claim/", body)
        return msgspec.json.decode(found, type=answers.Work) if found else None

    async def renew(self, submission: str) -> datetime:
        """Until when the claim lasts now. Refused 409 `claim.lost`."""
        return (await self._calls.post("admin/grading/claim/renew/", {"submission_id": submission}, answers.Until)).until

    async def release(self, submission: str) -> None:
        await self._calls.send("POST", "admin/grading/claim/release/", {"submission_id": submission})

    async def judge(
        self,
        submission: str,
        verdict: str,
        *,
        score: float | None = None,
        rubric: Mapping[str, float] | None = None,
        comment: str | None = None,
        **members: Any,
    ) -> answers.Judgement:
        """`verdict`: a CLICS judgement type; `rubric`: points by criterion. `members`: `current`, `judged_at`, `reason`, `external_id`."""
        said = given(score=score, rubric=rubric, comment=comment)
        body = {"submission_id": submission, "verdict": verdict, **said, **members}
        return await self._calls.post("admin/grading/manual/", body, answers.Judgement)

    async def override(
        self, submission: str, verdict: str, reason: str, *, score: float | None = None, comment: str | None = None
    ) -> answers.Judgement:
        """An organiser's last word, whatever was before."""
        body = {"submission_id": submission, "verdict": verdict, "reason": reason, **given(score=score, comment=comment)}
        return await self._calls.post("admin/grading/override/", body, answers.Judgement)

    async def withdraw(self, judgement: str) -> None:
        """The submission is unjudged again, or the next older judgement counts."""
        await self._calls.delete(f"admin/grading/manual/{judgement}/")

    async def file(self, file: str) -> bytes:
        """What a contestant handed over (a work's `file.id`)."""
        return await self._calls.send("GET", f"admin/files/{file}/")
