"""What is kept is sent, whatever happens between: a line that is down, a kill, another device, a server that says no."""

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from podium_client import AnswerChanged, AnswerQueue, InUse, Refused, Unreachable
from podium_client.answers import AnswerValue
from podium_client.paper import Overwritten, SavedAnswer, SavedNow

from tests.support import eventually

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Server:
    """Keeps one answer a question as the real one does. `error`: what it says instead."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[AnswerValue, int, str]] = {}
        self.calls: list[tuple[str, AnswerValue, int]] = []
        self.error: Exception | None = None
        self.meanwhile: Any = None

    async def save(self, attempt: str, question: str, value: AnswerValue, base_version: int, device: str) -> SavedNow:
        self.calls.append((question, value, base_version))
        if self.error is not None:
            raise self.error
        if self.meanwhile is not None:
            self.meanwhile()
        before = self.answers.get(question)
        self.answers[question] = (value, version := (before[1] if before else 0) + 1, device)
        lost = before is not None and before[1] > base_version and before[2] != device
        return SavedNow(version, NOW, Overwritten(before[1], before[0], before[2], NOW) if lost and before else None)


def queue(server: Server, path: Path, told: list[AnswerChanged] | None = None, device: str = "desk") -> AnswerQueue:
    return AnswerQueue(server.save, "a", path, device=device, on_change=None if told is None else told.append)


async def test_the_latest_of_each_is_sent_in_the_order_of_writing(tmp_path: Path) -> None:
    server = Server()
    answers = queue(server, tmp_path / "answers")
    for question, value in (("A", "1"), ("B", 2.5), ("C", ["x"]), ("A", "12")):
        answers.write(question, value)
    assert (answers.kept, answers.state("A")) == (("B", "C", "A"), "kept")
    assert await answers.flush()
    assert server.calls == [("B", 2.5, 0), ("C", ["x"], 0), ("A", "12", 0)]
    assert (answers.kept, answers.state("A"), answers.value("A")) == ((), "saved", "12")
    answers.write("A", "123")
    await answers.flush()
    assert server.calls[-1] == ("A", "123", 1), "from the version that is there"
    answers.close()


PROGRAM = """
import sys, time
from podium_client import AnswerQueue

queue = AnswerQueue(None, "a", sys.argv[1], device="desk")
queue.write("A", "to the very last lette")
queue.write("B", {"source": "print(1)", "language": "python3"})
queue.write("A", "to the very last letter")
print("written", flush=True)
time.sleep(60)
"""


def killed_after_writing(path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, env={"PYTHONPATH": "sdk/python"})
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        with pytest.raises(InUse):
            queue(Server(), path)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


async def test_a_queue_that_comes_after_a_kill_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    killed_after_writing(path)
    server = Server()
    answers = queue(server, path)
    answers.load([SavedAnswer("A", "to the ver", 4, NOW)])
    assert answers.value("A") == "to the very last letter", "what is kept stands over what the server has"
    assert await answers.flush()
    assert [call[:2] for call in server.calls] == [
        ("B", {"source": "print(1)", "language": "python3"}), ("A", "to the very last letter"),
    ]  # fmt: skip
    answers.close()
    again = queue(server, path)
    assert again.kept == ()
    again.close()


async def test_without_a_line_all_stays_and_is_sent_when_it_is_back(tmp_path: Path) -> None:
    server = Server()
    server.error = Unreachable("no line")
    answers = queue(server, tmp_path / "answers")
    answers.write("A", "typed in the tunnel")
    with pytest.raises(Unreachable):
        await answers.flush()
    running = asyncio.create_task(answers.run())
    await eventually(lambda: len(server.calls) > 1)
    server.error = None
    await eventually(lambda: "A" in server.answers)
    answers.write("B", "and after it")
    await eventually(lambda: "B" in server.answers)
    await eventually(lambda: answers.kept == ())
    running.cancel()
    await asyncio.wait([running])
    answers.close()


async def test_what_is_written_while_a_save_is_under_way_is_made_from_it(tmp_path: Path) -> None:
    server, told = Server(), list[AnswerChanged]()
    answers = queue(server, tmp_path / "answers", told)
    answers.write("A", "one")

    def meanwhile() -> None:
        server.meanwhile = None
        answers.write("A", "two")

    server.meanwhile = meanwhile
    assert await answers.flush()
    assert server.calls == [("A", "one", 0), ("A", "two", 1)]
    assert [change.overwritten for change in told] == [None] * len(told)
    answers.close()


async def test_the_last_writer_is_told_whose_work_that_replaced(tmp_path: Path) -> None:
    server, told = Server(), list[AnswerChanged]()
    here, there = queue(server, tmp_path / "here", told), queue(server, tmp_path / "there", device="phone")
    there.write("A", "theirs")
    await there.flush()
    here.write("A", "mine")
    here.heard("A", "theirs", 1)
    assert here.value("A") == "mine"
    await here.flush()
    (lost,) = [change.overwritten for change in told if change.overwritten]
    assert (lost.value, lost.device) == ("theirs", "phone")
    there.heard("A", "mine", 2)
    assert (there.value("A"), there.state("A")) == ("mine", "saved")
    here.close()
    there.close()


async def test_what_the_server_does_not_take_stays_and_holds_nothing_up(tmp_path: Path) -> None:
    server, told = Server(), list[AnswerChanged]()
    answers = queue(server, tmp_path / "answers", told)
    server.error = Refused(409, "contest.not_running", "It is over.")
    answers.write("A", "too late")
    assert not await answers.flush()
    assert (answers.state("A"), answers.kept) == ("refused", ("A",))
    assert told[-1].refusal is server.error
    server.error = None
    answers.write("B", "in time")
    assert not await answers.flush()
    assert "A" not in server.answers
    assert "B" in server.answers
    answers.retry()
    assert await answers.flush()
    assert server.answers["A"][0] == "too late"
    answers.close()


async def test_an_ended_log_in_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    server = Server()
    server.error = Refused(401, "session.ended", "Your log-in has ended.")
    answers = queue(server, tmp_path / "answers")
    answers.write("A", "mine")
    with pytest.raises(Refused):
        await answers.run()
    assert answers.state("A") == "kept"
    answers.close()


async def test_attempts_share_a_file_and_not_their_answers(tmp_path: Path) -> None:
    server = Server()
    first = queue(server, tmp_path / "answers")
    first.write("A", "of the first")
    first.close()
    second = AnswerQueue(server.save, "b", tmp_path / "answers", device="desk")
    assert (second.value("A"), second.kept) == (None, ())
    second.close()


async def test_a_file_that_cannot_be_is_said() -> None:
    with pytest.raises(OSError):
        queue(Server(), Path("/nowhere/at/all"))
