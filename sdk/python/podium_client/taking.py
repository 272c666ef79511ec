"""A contestant's part: the door, the paper, answers and files while they are worked on, handing in."""

from podium_client import answers
from podium_client.calls import PAGE, Calls, Content, given
from podium_client.paper import ContestantSession, HandedIn, Me, Paper, SavedAnswer, SavedNow, StoredFile


class Taking:
    """`PodiumRest.taking`: what a contestant does beside `PodiumRest.start` and `submit`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def log_in(self, contest: str, *, code: str | None = None, external_token: str | None = None) -> ContestantSession:
        """With a personal code, or a token that another system signed. The answer's `token` is for `PodiumRest.with_token`."""
        body = given(code=code, external_token=external_token)
        return await self._calls.post(f"contest/{contest}/session/", body, ContestantSession)

    async def who(self, contest: str) -> ContestantSession:
        return await self._calls.get(f"contest/{contest}/session/", ContestantSession)

    async def log_out(self, contest: str) -> None:
        await self._calls.delete(f"contest/{contest}/session/")

    async def me(self, contest: str) -> Me:
        """At any time, also before the start."""
        return await self._calls.get(f"contest/{contest}/me/", Me)

    async def paper(self, contest: str) -> Paper:
        """The questions, and the answers as they are saved. Refused 409 before the start."""
        return await self._calls.get(f"contest/{contest}/paper/", Paper)

    async def save(self, attempt: str, question: str, value: answers.AnswerValue, base_version: int, device: str) -> SavedNow:
        """The last writer wins and is told whose work that replaced. `base_version`: of the answer it was made from; 0: there was none."""
        body = {"question_id": question, "value": value, "base_version": base_version, "device": device}
        return await self._calls.post(f"attempt/{attempt}/answer/", body, SavedNow)

    async def answer(self, attempt: str, question: str) -> SavedAnswer:
        """The present one. Refused 404: there is none."""
        return await self._calls.get(f"attempt/{attempt}/answer/", SavedAnswer, question_id=question)

    async def upload(
        self, attempt: str, question: str, name: str, content: bytes, media_type: str = "application/octet-stream"
    ) -> StoredFile:
        """Then save or submit `{"file_id": ...}`."""
        path = f"attempt/{attempt}/file/"
        return await self._calls.post(path, Content(content, media_type), StoredFile, question_id=question, name=name)

    async def hand_in(self, attempt: str) -> HandedIn:
        """Saved answers become submissions; nothing is taken after."""
        return await self._calls.post(f"attempt/{attempt}/hand-in/", {}, HandedIn)

    async def submissions(self, contest: str, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.Submission]:
        """One's own, with the verdicts that may be seen now."""
        return await self._calls.get(f"contest/{contest}/submissions/", answers.Listed[answers.Submission], offset=offset, limit=limit)
