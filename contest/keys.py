"""The folder of keys: what is in it, and how a process sees it change while it runs.

| file | what for | who needs it |
|---|---|---|
| `access-<kid>.pem` | Ed25519, private: the newest by name mints access tokens | admin |
| `access-<kid>.pub.pem` | verifies them: each one that is there does | all |
| `ticket-<kid>.key` | mints (the newest) and verifies tickets; `ticket.key`, of the time before, is the oldest | admin, engine, ws_server |
| `code.key` | under which personal codes are stored; it does not rotate | admin |
"""

import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOOK_EVERY_S = 1.0
"""How soon a key that was taken out counts no more. A look costs some 30 us, less than a signature: a token of an unknown key makes a
process look at once, each time."""
CODE_KEY, OLD_TICKET_KEY = "code.key", "ticket.key"

T = TypeVar("T")


class Folder(Generic[T]):
    """What `load` makes of a folder, as the folder is now. Owner: whoever verifies or mints. Bound: the keys. Loaded again when a file
    changes; if that fails (a file is half copied, the folder is gone for a moment), what was loaded counts on."""

    def __init__(self, path: Path, load: Callable[[Path], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._load = load
        self._clock = clock
        self._seen = _state(path)
        self._looked_at = clock()
        self._loaded = load(path)

    def now(self, within_s: float = LOOK_EVERY_S) -> T:
        """What the folder holds, looked at in the last `within_s`."""
        if self._clock() - self._looked_at >= within_s:
            self._looked_at = self._clock()
            try:
                state = _state(self._path)
                if state != self._seen:
                    self._loaded, self._seen = self._load(self._path), state
            except (OSError, ValueError, TypeError):
                pass  # seen again at the next look
        return self._loaded


def _state(path: Path) -> frozenset[tuple[str, int, int, int]]:
    """What differs when a file was added, removed or replaced."""
    with os.scandir(path) as entries:
        found = [(entry.name, entry.stat()) for entry in entries if not entry.name.startswith(".")]
    return frozenset((name, stat.st_mtime_ns, stat.st_ino, stat.st_size) for name, stat in found)


def public_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """By kid. Raises ValueError, TypeError: a file is no such key."""
    found = {}
    for path in sorted(folder.glob("access-*.pub.pem")):
        key = serialization.load_pem_public_key(path.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError(f"{path.name} is not an Ed25519 key")
        found[access_kid(path)] = key
    return found


def newest_private_key(folder: Path) -> tuple[str, Ed25519PrivateKey]:
    """Raises ValueError: there is none, or it is broken; TypeError: of another kind."""
    path = max(private_files(folder))
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path.name} is not an Ed25519 key")
    return access_kid(path), key


def ticket_keys(folder: Path) -> dict[str, bytes]:
    """By kid, the oldest first; that of `ticket.key` is ''. Raises ValueError: there is none, or one is too short to keep a secret."""
    found = {ticket_kid(path): path.read_bytes() for path in ticket_files(folder)}
    if not found or any(len(key) < 32 for key in found.values()):
        raise ValueError(f"{folder} needs ticket keys of 32 bytes")
    return found


def private_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("access-*.pem") if not path.name.endswith(".pub.pem"))


def ticket_files(folder: Path) -> list[Path]:
    old = folder / OLD_TICKET_KEY
    return ([old] if old.exists() else []) + sorted(folder.glob("ticket-*.key"))


def access_kid(path: Path) -> str:
    return path.name.removeprefix("access-").removesuffix(".pem").removesuffix(".pub")


def ticket_kid(path: Path) -> str:
    return path.name.removeprefix("ticket").removeprefix("-").removesuffix(".key")


def new_kid(after: str = "") -> str:
    """A name that is later than `after`, so that its key is the newest."""
    at = datetime.now(UTC)
    while (kid := at.strftime("%Y%m%dT%H%M%SZ")) <= after:
        at += timedelta(seconds=1)
    return kid


def access_pair() -> tuple[bytes, bytes]:
    """A new key, private and public, in PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def make_keys(folder: Path) -> None:
    """Make the keys that are missing in `folder` (0700, key files 0600)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not ticket_files(folder):
        write_key(folder / f"ticket-{new_kid()}.key", secrets.token_bytes(32))
    if not (folder / CODE_KEY).exists():
        write_key(folder / CODE_KEY, secrets.token_bytes(32))
    if not any(folder.glob("access-*.pub.pem")):
        kid, (private, public) = new_kid(), access_pair()
        write_key(folder / f"access-{kid}.pub.pem", public)
        write_key(folder / f"access-{kid}.pem", private)


def write_key(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all: who watches the folder sees no half of a key. Raises FileExistsError."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    finally:
        fresh.unlink()
