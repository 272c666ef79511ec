"""What a killed `podium up` left behind: servers still on their way out, and PostgreSQL's note of a process id that is somebody else's now.

Called with the folder's lock held, so that whatever still runs in it has no supervisor any more.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

from podium.data_folder import DataFolder
from podium.run_file import NotRunning, read_run_file

GONE_WITHIN_S = 20.0
"""PostgreSQL writes its buffers on the way out; two servers must never write the same files."""


async def end_leftovers(folder: DataFolder) -> None:
    """Wait until no server of an earlier run works in the folder; after GONE_WITHIN_S they are killed."""
    try:
        pids = [service.pid for service in read_run_file(folder.path).services.values() if service.pid]
    except NotRunning:
        return
    end, kill_with = time.monotonic() + GONE_WITHIN_S, signal.SIGINT
    while left := [pid for pid in pids if works_in(pid, folder.path)]:
        if time.monotonic() > end:
            kill_with = signal.SIGKILL
        for pid in left:
            os.kill(pid, kill_with)
        await asyncio.sleep(0.1)


def forget_foreign_postmaster(cluster: Path) -> None:
    """Remove `postmaster.pid` if the process it names is alive but is not a PostgreSQL of this folder: the number was given out again
    (after a restart of the machine or container), and PostgreSQL would take it for its own and refuse to start for ever."""
    note = cluster / "postmaster.pid"
    try:
        pid = int(note.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if not works_in(pid, cluster):
        note.unlink(missing_ok=True)


def works_in(pid: int, folder: Path) -> bool:
    """Whether the process lives and its working directory is `folder` or below: PostgreSQL and Valkey both move into their own."""
    try:
        where = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return False
    return where == folder or folder in where.parents
