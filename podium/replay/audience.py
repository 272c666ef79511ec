"""The replay's end of the viewers' process: starts it, gives it orders, reads what it answers, ends it."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import msgspec

from podium.replay.viewers import Marked, Watch, Where

T = TypeVar("T")

ANSWER_WITHIN_S = 30.0
SEATED_WITHIN_S = 60.0
LINE_BYTES = 4 * 2**20


class AudienceGone(Exception):  # noqa: N818 - a fact about the other process
    """The viewers' process ended or does not answer: what it saw cannot be known."""


class Audience:
    """The viewers' process as its starter sees it. Owner: one replay."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def seated(self) -> None:
        """Wait until every viewer has a board. Raises AudienceGone."""
        end = asyncio.get_running_loop().time() + SEATED_WITHIN_S
        while True:
            standings = (await self.where()).standings
            if all(standing.epoch for standing in standings):
                return
            if ended := next((standing.ended for standing in standings if standing.ended), None):
                raise AudienceGone(f"a viewer was turned away: {ended}")
            if asyncio.get_running_loop().time() > end:
                raise AudienceGone(f"not every viewer had a board within {SEATED_WITHIN_S:.0f} s")
            await asyncio.sleep(0.1)

    async def mark(self, name: str) -> None:
        """What was received until now stands before the mark. Raises AudienceGone."""
        await self._ask(f"mark {name}", Marked)

    async def where(self) -> Where:
        """Where each viewer's board stands, and that of the staff. Raises AudienceGone."""
        return await self._ask("where", Where)

    async def _ask(self, order: str, answer: type[T]) -> T:
        if self._process.stdin is None or self._process.stdout is None:
            raise AudienceGone("the viewers' process has no pipes")
        try:
            self._process.stdin.write(f"{order}\n".encode())
            await self._process.stdin.drain()
            async with asyncio.timeout(ANSWER_WITHIN_S):
                line = await self._process.stdout.readline()
            return msgspec.json.decode(line, type=answer)
        except (OSError, TimeoutError, msgspec.DecodeError) as error:
            raise AudienceGone(f"the viewers' process does not answer: {error!r}") from error


@contextlib.asynccontextmanager
async def audience(watch: Watch) -> AsyncIterator[Audience]:
    """The viewers, watching until the block is left; then their record is whole."""
    # From wherever this code lies, installed or not; the client may lie in a folder of its own.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in (_code_home(), *sys.path) if path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "podium.replay.viewers",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment, limit=LINE_BYTES,
    )  # fmt: skip
    try:
        if process.stdin is not None:
            process.stdin.write(msgspec.json.encode(watch) + b"\n")
        yield Audience(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _code_home() -> str:
    return str(Path(__file__).parent.parent.parent)
