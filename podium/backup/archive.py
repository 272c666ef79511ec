"""The file of a backup: a tar of the database's dump, the keys and the stored files, with a manifest that says what it must hold.

    manifest.json          format, when, schema, and (size, SHA-256) of every other member; always the first
    database.dump          PostgreSQL's custom format
    keys/..  files/..      as they lie in the data folder

Redis is not in it: what it holds is made again from PostgreSQL.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

FORMAT = 1
DUMP = "database.dump"
MANIFEST = "manifest.json"
_BLOCK_BYTES = 1 << 20
Told = Callable[[str, int], None]
"""Called with a member's name and how many bytes of it have passed just now."""


class Part(msgspec.Struct, frozen=True):
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`schema`: the revision of the database's schema. `made_at`: RFC 3339, UTC."""

    format: int
    made_at: str
    schema: str
    parts: dict[str, Part]


class BrokenBackup(Exception):  # noqa: N818 - a fact for the person at the terminal
    """The file is no backup, or not whole."""


def parts_of(folder: Path, names: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """(member name, path) of every plain file below these folders of `folder`, in a fixed order; links are left alone."""
    for name in names:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def write(target: Path, made_at: str, schema: str, members: dict[str, Path], told: Told) -> Manifest:
    """Write `target` (0600) whole or not at all. `members`: name -> where it lies now. Raises OSError, FileExistsError."""
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            manifest = Manifest(FORMAT, made_at, schema, {name: _measured(path) for name, path in members.items()})
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                _add(tar, MANIFEST, io.BytesIO(text := msgspec.json.format(msgspec.json.encode(manifest))), len(text))
                for name, path in members.items():
                    with path.open("rb") as source:
                        _add(tar, name, _Counted(source, name, told), manifest.parts[name].size_bytes)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, target)  # unlike a rename it never replaces what came meanwhile
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _measured(path: Path) -> Part:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Part(file.tell(), digest)


def _add(tar: tarfile.TarFile, name: str, source: "io.BytesIO | _Counted", size_bytes: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size_bytes, 0o600
    tar.addfile(member, source)


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: io.BufferedReader, name: str, told: Told) -> None:
        self._file, self._name, self._told = file, name, told

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._told(self._name, len(block))
        return block


def read_manifest(source: Path) -> Manifest:
    """Raises BrokenBackup, OSError."""
    try:
        with tarfile.open(source, "r:") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
            if content is None:
                raise BrokenBackup(f"{source} is no backup of podium")
            manifest = msgspec.json.decode(content.read(), type=Manifest)
    except (tarfile.TarError, msgspec.MsgspecError, EOFError) as error:
        raise BrokenBackup(f"{source} is no backup of podium: {error}") from None
    if manifest.format != FORMAT:
        raise BrokenBackup(f"{source} has the format {manifest.format}; this podium reads {FORMAT}")
    return manifest


def unpack(source: Path, target: Path, manifest: Manifest, told: Told) -> None:
    """Every member into the empty folder `target`, each held against the manifest. Raises BrokenBackup, OSError.

    Names come from a file that anybody may have made: only those of the manifest are taken, and none that leaves the folder.
    """
    missing = dict(manifest.parts)
    try:
        with tarfile.open(source, "r:") as tar:
            for member in tar:
                if member.name == MANIFEST:
                    continue
                part = missing.pop(member.name, None)
                content = tar.extractfile(member) if part is not None and member.isreg() and _stays_inside(member.name) else None
                if part is None or content is None:
                    raise BrokenBackup(f"{source} holds {member.name!r}, which does not belong in it")
                if _copied(content, target / member.name, partial(told, member.name)) != part:
                    raise BrokenBackup(f"{member.name} in {source} is not what was backed up")
    except (tarfile.TarError, EOFError) as error:
        raise BrokenBackup(f"{source} is damaged: {error}") from None
    if missing:
        raise BrokenBackup(f"{source} is not whole: {min(missing)} is missing")


def _stays_inside(name: str) -> bool:
    parts = name.split("/")
    return (name == DUMP or parts[0] in ("keys", "files")) and all(part not in ("", ".", "..") for part in parts)


def _copied(content: IO[bytes], path: Path, told: Callable[[int], None]) -> Part:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        while block := content.read(_BLOCK_BYTES):
            file.write(block)
            digest.update(block)
            size += len(block)
            told(len(block))
        file.flush()
        os.fsync(file.fileno())
    return Part(size, digest.hexdigest())
