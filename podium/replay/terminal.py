"""`podium replay`: the progress bar on standard error, the result on standard output."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
from podium_client import PodiumError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from podium.clics.timeline import Action, NoContest, Timeline
from podium.replay.audience import AudienceGone
from podium.replay.ending import Result
from podium.replay.run import Played, Progress, Replay, replay
from podium.up import until_stopped

START_PATIENCE_S = 5.0
"""Before anything is played: somebody who named the wrong address should not wait as long as for a process that comes back."""


class ReplayFailed(Exception):  # noqa: N818 - a fact for the person at the terminal
    """It could not be played; the message says why."""


def run(order: Replay, *, as_json: bool) -> None:
    """Play and print. Raises ReplayFailed."""
    with shown(order) as progress:
        try:
            played = until_stopped(_play(order, progress))
        except FileNotFoundError as error:
            raise ReplayFailed(f"{error.filename} is not there") from error
        except (OSError, NoContest, PodiumError, AudienceGone, ValueError) as error:
            raise ReplayFailed(str(error)) from error
    if played is None:
        raise ReplayFailed("stopped before its end")
    if as_json:
        sys.stdout.write(msgspec.json.encode(played.result).decode() + "\n")
    else:
        Console().print(table(played.result), verdict(played.result))


async def _play(order: Replay, progress: Progress) -> Played:
    keys = order.data / "keys"
    if not any(keys.glob("access-*.pem")):
        raise ReplayFailed(f"there are no keys in {keys}: say with --data which folder podium runs on")
    end = asyncio.get_running_loop().time() + START_PATIENCE_S
    async with httpx.AsyncClient(timeout=START_PATIENCE_S, trust_env=False) as client:
        while True:
            try:
                await client.get(f"{order.url.rstrip('/')}/api/v1/monitoring/health/live")
                break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if asyncio.get_running_loop().time() > end or not isinstance(error, httpx.TransportError):
                    raise ReplayFailed(f"nothing answers at {order.url}: start podium there, or say with --url where it runs") from error
            await asyncio.sleep(0.2)
    return await replay(order, progress)


@contextmanager
def shown(order: Replay) -> Iterator[Progress]:
    """A progress bar with the contest's time, and messages above it, on standard error."""
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[clock]}"), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("setting up", total=None, clock="")

        def begun(contest: str, timeline: Timeline) -> None:
            bar.update(task, description="playing", total=len(timeline.actions))
            console.print(f"board: {order.url.rstrip('/')}/board/{contest}", soft_wrap=True)

        def played(action: Action) -> None:
            bar.update(task, advance=1, clock=as_clock(action.at_s))

        yield Progress(begun, played, lambda message: console.print(message, markup=False, soft_wrap=True))


def as_clock(contest_time_s: float) -> str:
    minutes, seconds = divmod(int(contest_time_s), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def table(result: Result, rows: int = 15) -> Table:
    drawn = Table("rank", "id", "team", "solved", "penalty", title=f"contest {result.contest}")
    for row in result.board[:rows]:
        drawn.add_row(str(row.rank or ""), row.id, row.name, str(row.solved), str(row.penalty_min))
    return drawn


def verdict(result: Result) -> str:
    agree = "all viewers hold the same board" if result.viewers_agree else "the viewers do not agree"
    return f"{agree}; leaks: {result.leaks}; verdicts of the frozen time seen by staff before the thaw: {result.staff_saw_frozen}"
