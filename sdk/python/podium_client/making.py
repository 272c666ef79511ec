"""What a contest is made of: questions, groups, participants with their codes, and its results and audit."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from podium_client import answers
from podium_client.calls import JSON, PAGE, Calls, Content

FILE_TIMEOUT_S = 90.0
"""The server gives itself 60 s for a file of 100,000 people, in or out."""


class Questions:
    """`PodiumRest.questions`. Members: docs/reference/rest.md, questions."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.Question]:
        return await self._calls.get("admin/questions/", answers.Listed[answers.Question], contest_id=contest, offset=offset, limit=limit)

    async def one(self, question: str) -> answers.Question:
        return await self._calls.get(f"admin/questions/{question}/", answers.Question)

    async def create(self, contest: str, label: str, title: str, **members: Any) -> answers.Question:
        return await self._calls.post(
            "admin/questions/", {"contest_id": contest, "label": label, "title": title, **members}, answers.Question
        )

    async def change(self, question: str, version: int | None = None, **members: Any) -> answers.Question:
        return await self._calls.put(f"admin/questions/{question}/", members, answers.Question, version)

    async def remove(self, question: str) -> None:
        await self._calls.delete(f"admin/questions/{question}/")


class Groups:
    """`PodiumRest.groups`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.GroupAnswer]:
        return await self._calls.get("admin/groups/", answers.Listed[answers.GroupAnswer], contest_id=contest, offset=offset, limit=limit)

    async def one(self, group: str) -> answers.GroupAnswer:
        return await self._calls.get(f"admin/groups/{group}/", answers.GroupAnswer)

    async def create(self, contest: str, name: str, **members: Any) -> answers.GroupAnswer:
        return await self._calls.post("admin/groups/", {"contest_id": contest, "name": name, **members}, answers.GroupAnswer)

    async def change(self, group: str, version: int | None = None, **members: Any) -> answers.GroupAnswer:
        return await self._calls.put(f"admin/groups/{group}/", members, answers.GroupAnswer, version)


class Participants:
    """`PodiumRest.participants`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(
        self,
        contest: str,
        *,
        search: str | None = None,
        group: str | None = None,
        ranked: bool | None = None,
        hidden: bool | None = None,
        offset: int = 0,
        limit: int = PAGE,
    ) -> answers.Listed[answers.Participant]:
        asked = {"contest_id": contest, "search": search, "group_id": group, "ranked": ranked, "hidden": hidden}
        return await self._calls.get("admin/participants/", answers.Listed[answers.Participant], **asked, offset=offset, limit=limit)

    async def one(self, participant: str) -> answers.Participant:
        return await self._calls.get(f"admin/participants/{participant}/", answers.Participant)

    async def create(self, contest: str, name: str, **members: Any) -> answers.Participant:
        return await self._calls.post("admin/participants/", {"contest_id": contest, "name": name, **members}, answers.Participant)

    async def change(self, participant: str, version: int | None = None, **members: Any) -> answers.Participant:
        return await self._calls.put(f"admin/participants/{participant}/", members, answers.Participant, version)

    async def remove(self, participant: str) -> None:
        """They are sent away and cannot come back; what they did stays in the audit."""
        await self._calls.delete(f"admin/participants/{participant}/")

    async def bring(self, contest: str, people: bytes | Sequence[Mapping[str, Any]], *, preview: bool = False) -> answers.Imported:
        """Participants by a file, all or nothing: a CSV's bytes, or rows as mappings. `preview`: change nothing, say what it would do.

        Raises Refused 422 `import.refused` with the errors by line; with `preview` they are in the answer.
        """
        content = Content(people, "text/csv") if isinstance(people, bytes) else Content(msgspec.json.encode(people), JSON)
        path, asked = "admin/participants/import/", {"contest_id": contest, "preview": preview}
        answer = await self._calls.send("POST", path, content, query=asked, timeout_s=FILE_TIMEOUT_S)
        return msgspec.json.decode(answer, type=answers.Imported)

    async def give_codes(self, contest: str, participants: Sequence[str] | None = None) -> tuple[answers.Code, ...]:
        """Personal codes and links, told this once: of these people, or of all who have none. A new code ends the old one."""
        wanted = {} if participants is None else {"participant_ids": list(participants)}
        return (await self._calls.post("admin/participants/codes/", {"contest_id": contest, **wanted}, answers.CodesGiven)).items

    async def token(self, participant: str, ttl_s: int = 43_200) -> answers.Token:
        return await self._calls.post(f"admin/participants/{participant}/token/", {"ttl_s": ttl_s}, answers.Token)


class Results:
    """`PodiumRest.results`: the full board as it is now, final once the contest is finalized."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def of(self, contest: str) -> answers.Results:
        return msgspec.json.decode(await self.file(contest, "json"), type=answers.Results)

    async def file(self, contest: str, kind: Literal["csv", "xlsx", "json"]) -> bytes:
        path = f"admin/contests/{contest}/results/"
        return await self._calls.send("GET", path, query={"format": kind}, timeout_s=FILE_TIMEOUT_S)


class Audit:
    """`PodiumRest.audit`: who changed what."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self, offset: int = 0, limit: int = PAGE, **filters: object) -> answers.Listed[answers.AuditRow]:
        """`filters`: of contest_id, actor_id, action, subject_id, since, until."""
        return await self._calls.get("admin/audit/", answers.Listed[answers.AuditRow], **filters, offset=offset, limit=limit)
