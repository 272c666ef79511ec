"""Rotates the keys of a folder while everything runs on: a new one comes in before it is used, an old one is taken out by name.

Under compose the folder made by `podium secrets` holds three of them (`keys`, `node-keys`, `public-keys`): each gets what its processes
need. Whoever meets a token of a key that it has not seen looks again at once, so the keys that verify come first.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contest.keys import (
    CODE_KEY,
    OLD_TICKET_KEY,
    access_kid,
    access_pair,
    new_kid,
    private_files,
    ticket_files,
    ticket_kid,
    write_key,
)


class NoSuchKey(Exception):  # noqa: N818 - a fact for the person at the terminal
    """Nothing is there to be done with, or it may not be."""


@dataclass(frozen=True, slots=True)
class Key:
    """`kind`: access or ticket. `name`: what it is retired by; `old` is `ticket.key`. `mints`: the newest of its kind."""

    kind: str
    name: str
    mints: bool


@dataclass(frozen=True, slots=True)
class Folders:
    """`main` has everything; `nodes` and `public`, under compose, what the other processes may know."""

    main: Path
    nodes: Path | None = None
    public: Path | None = None

    @classmethod
    def of(cls, data: Path) -> "Folders":
        """Raises NoSuchKey: there are no keys in `data`."""
        main, nodes, public = data / "keys", data / "node-keys", data / "public-keys"
        if not main.is_dir() or not private_files(main):
            raise NoSuchKey(f"there are no keys in {main}: start podium on this folder first, or name another with --data")
        return cls(main, nodes if nodes.is_dir() else None, public if public.is_dir() else None)

    @property
    def mode(self) -> int:
        """That of the keys that are there: containers read theirs with a uid of their own."""
        return private_files(self.main)[-1].stat().st_mode & 0o777

    def for_verifying(self) -> list[Path]:
        return [folder for folder in (self.public, self.nodes, self.main) if folder is not None]

    def for_tickets(self) -> list[Path]:
        """Those that only verify have theirs before anybody mints with it."""
        return [folder for folder in (self.nodes, self.main) if folder is not None]


def listed(folders: Folders) -> Iterator[Key]:
    access, tickets = private_files(folders.main), ticket_files(folders.main)
    for path in access:
        yield Key("access", access_kid(path), path == access[-1])
    for path in tickets:
        yield Key("ticket", ticket_kid(path) or "old", path == tickets[-1])


def rotate(folders: Folders) -> list[str]:
    """A new key of each kind, used from now on; the ones before still verify. Their names. Makes the key for codes where there is none."""
    mode = folders.mode
    if not (folders.main / CODE_KEY).exists():
        write_key(folders.main / CODE_KEY, secrets.token_bytes(32), mode)
    last = max(key.name for key in listed(folders) if key.name != "old")
    kid, ticket_key, (private, public) = new_kid(last), secrets.token_bytes(32), access_pair()
    for folder in folders.for_verifying():
        write_key(folder / f"access-{kid}.pub.pem", public, mode)
    write_key(folders.main / f"access-{kid}.pem", private, mode)
    for folder in folders.for_tickets():
        write_key(folder / f"ticket-{kid}.key", ticket_key, mode)
    return [f"access {kid}", f"ticket {kid}"]


def retire(folders: Folders, name: str) -> list[str]:
    """Take out the keys of this name: within two seconds nothing that they signed is good. What was taken out.

    Raises NoSuchKey: nothing has the name, or it mints (rotate first).
    """
    found = [key for key in listed(folders) if key.name == name]
    if not found:
        raise NoSuchKey(f"no key is named {name}; `podium keys list` shows them")
    if any(key.mints for key in found):
        raise NoSuchKey(f"{name} is the newest, with which tokens are made: `podium keys rotate` first")
    for key in found:
        for folder in folders.for_verifying():
            for file in _files(key):
                (folder / file).unlink(missing_ok=True)
    return [f"{key.kind} {key.name}" for key in found]


def _files(key: Key) -> tuple[str, ...]:
    if key.kind == "access":
        return f"access-{key.name}.pem", f"access-{key.name}.pub.pem"
    return (OLD_TICKET_KEY if key.name == "old" else f"ticket-{key.name}.key",)
