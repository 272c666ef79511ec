"""What is told and asked: announcements, and the answers that are given often."""

from collections.abc import Sequence
from typing import Literal

from podium_client import answers
from podium_client.calls import PAGE, Calls, given


class Announcements:
    """`PodiumRest.announcements`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(
        self, contest: str, *, to: Literal["all", "groups", "person"] | None = None, offset: int = 0, limit: int = PAGE
    ) -> answers.Listed[answers.Announced]:
        asked = {"contest_id": contest, "to": to, "offset": offset, "limit": limit}
        return await self._calls.get("admin/announcements/", answers.Listed[answers.Announced], **asked)

    async def post(
        self, contest: str, text: str, *, group_ids: Sequence[str] | None = None, participant_id: str | None = None
    ) -> answers.Announced:
        """To everybody, or to some groups, or to one person."""
        body = {"contest_id": contest, "text": text, **given(group_ids=group_ids, participant_id=participant_id)}
        return await self._calls.post("admin/announcements/", body, answers.Announced)


class CannedAnswers:
    """`PodiumRest.canned_answers`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.CannedAnswer]:
        asked = {"contest_id": contest, "offset": offset, "limit": limit}
        return await self._calls.get("admin/canned-answers/", answers.Listed[answers.CannedAnswer], **asked)

    async def create(self, contest: str, title: str, text: str) -> answers.CannedAnswer:
        return await self._calls.post("admin/canned-answers/", {"contest_id": contest, "title": title, "text": text}, answers.CannedAnswer)

    async def remove(self, canned: str) -> None:
        await self._calls.delete(f"admin/canned-answers/{canned}/")
