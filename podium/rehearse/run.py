"""Starts a whole Podium in a temporary folder, replays the feed into it, prints the verdict, ends everything it started."""

import subprocess
import tempfile
from pathlib import Path

from podium_client import PodiumError
from rich.console import Console
from rich.table import Table

from podium.clics.timeline import NoContest
from podium.data_folder import FolderInUse
from podium.ports import free_ports
from podium.rehearse.checks import Check, checks, independent_fold
from podium.replay.audience import AudienceGone
from podium.replay.run import Played, Progress, Replay, replay
from podium.replay.terminal import shown, table
from podium.servers import NotReady
from podium.up import CannotStart, Settings, running, until_stopped


class RehearsalFailed(Exception):  # noqa: N818 - a fact for the person at the terminal
    """It did not come to a verdict; the message says why."""


def rehearse(feed: Path, speed: float, viewers: int, oracle: Path) -> bool:
    """Whether everything holds. Raises RehearsalFailed."""
    if not oracle.is_file():
        raise RehearsalFailed(f"the independent fold is not there: {oracle} (name it with --oracle)")
    try:
        fold = independent_fold(oracle, feed)
        with tempfile.TemporaryDirectory(prefix="podium-rehearsal-") as folder:
            data, port = Path(folder) / "data", free_ports(1)[0]
            order = Replay(feed, f"http://127.0.0.1:{port}", data, speed, viewers)
            with shown(order) as progress:
                played = until_stopped(_play(order, Settings(data, port), progress))
    except (NoContest, NotReady, CannotStart, FolderInUse, PodiumError, AudienceGone, subprocess.SubprocessError, ValueError) as error:
        raise RehearsalFailed(str(error)) from error
    except OSError as error:
        raise RehearsalFailed(f"{error.strerror or error}: {error.filename or feed}") from error
    if played is None:
        raise RehearsalFailed("stopped before its end")
    found = checks(played, fold, viewers)
    Console().print(table(played.result), verdicts(found))
    return all(check.holds is not False for check in found)


async def _play(order: Replay, settings: Settings, progress: Progress) -> Played:
    async with running(settings):
        return await replay(order, progress)


def verdicts(found: list[Check]) -> Table:
    drawn = Table("what must hold", "", "found", title="the rehearsal")
    for check in found:
        word = "[dim]-[/]" if check.holds is None else "[green]holds[/]" if check.holds else "[bold red]FAILS[/]"
        drawn.add_row(check.claim, word, check.found)
    return drawn
