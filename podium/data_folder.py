"""The data folder of one installation: its lock, keys, passwords, remembered ports, logs and the run file that tells the other commands
where things are. Everything in it is for its owner alone (0700, files 0600)."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from contest.keys import make_keys
from podium.ports import free_ports, is_free


class FolderInUse(Exception):  # noqa: N818 - a fact for the person at the terminal
    """Another `podium up` runs on this folder."""


class DataFolder:
    """Paths and small files below `path`. Make it with `open_folder`; reading commands may construct it without the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.keys = self.path / "keys"
        self.logs = self.path / "logs"
        self.gateway = self.path / "gateway"
        self.run_file = self.path / "run.json"
        self.ends_file = self.path / "ends.json"

    def password(self, name: str) -> str:
        """The password kept as `secrets/<name>`, made at first use: 192 random bits as hex, so that it needs no quoting in URLs."""
        kept = self.path / "secrets" / name
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        if not kept.exists():
            write_private(kept, secrets.token_hex(24) + "\n")
        return kept.read_text().strip()

    def ports(self, names: list[str]) -> dict[str, int]:
        """A port for each name: the one it had before if that is free now, else a new one, which is remembered."""
        kept_file = self.path / "ports.json"
        kept: dict[str, int] = json.loads(kept_file.read_text()) if kept_file.exists() else {}
        found = {name: kept[name] for name in names if name in kept and is_free(kept[name])}
        missing = [name for name in names if name not in found]
        fresh = (port for port in free_ports(len(missing) + len(kept)) if port not in kept.values())
        found |= {name: next(fresh) for name in missing}
        write_private(kept_file, json.dumps(kept | found, indent=1))
        return found


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[DataFolder]:
    """The folder, made if it is not there, locked for this process until the end of the block or of the process.

    Raises FolderInUse if another process holds it, FileExistsError if it holds other things (it would be closed to everybody else, and
    `--data /tmp` is quickly typed), OSError if it cannot be made or is not ours.
    """
    if path.exists() and not (path / "lock").exists() and any(path.iterdir()):
        raise FileExistsError(f"{path.resolve()} is not empty and no data folder of podium: choose another with --data")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(lock):
            raise FolderInUse(f"another podium runs on {path.resolve()}: stop it first, or choose another folder with --data")
        folder = DataFolder(path)
        folder.logs.mkdir(mode=0o700, exist_ok=True)
        folder.gateway.mkdir(mode=0o700, exist_ok=True)
        make_keys(folder.keys)
        yield folder
    finally:
        os.close(lock)


def is_in_use(path: Path) -> bool:
    """Whether a `podium up` holds the folder now."""
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _locked(lock)
    finally:
        os.close(lock)


def _locked(handle: int) -> bool:
    """Take the lock, for as long as `handle` is open; False: another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(path: Path, content: str) -> None:
    """Write a file of 0600 whole or not at all: a reader sees the old content or the new, also after a crash."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
