"""One line of a feed to the notifications in it. Knows both formats, and neither what an object means nor which line came before.

Token format: `{"type", "id", "data", "token"}`; data null deletes, a list as data (with id null) is the whole collection.
Operation format (2020-03 and older): `{"id": <event>, "type", "op": "create" | "update" | "delete", "data"}`; the object's id is in data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

LINE_BYTES = 4 * 2**20
"""A longer line is no notification; it is refused without being parsed."""

SINGLETONS = frozenset({"contest", "state"})
_OLD_NAMES = {"contests": "contest"}
_DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Notification:
    """`data` None: the object is deleted. `line`: its place in the file, from 1. `numbered`: the line names its event (token, event id)."""

    line: int
    type: str
    id: str
    data: dict[str, Any] | None
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """All objects of a type at once: those not among `items` are gone."""

    line: int
    type: str
    items: tuple[Notification, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be used, and why."""

    line: int
    reason: str


Read = Notification | Collection | Broken


def read_lines(lines: Iterable[bytes]) -> Iterator[Read]:
    """What each line says, in order. Blank lines (a feed's heartbeat) and events told once more, byte for byte, say nothing."""
    seen: set[bytes] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        read = read_line(number, line)
        if isinstance(read, Notification) and read.numbered:
            digest = blake2b(line.strip(), digest_size=16).digest()
            if digest in seen:
                continue
            seen.add(digest)
        yield read


def read_line(number: int, line: bytes) -> Read:
    if len(line) > LINE_BYTES:
        return Broken(number, f"longer than {LINE_BYTES} bytes")
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Broken(number, f"not JSON: {error.msg} (character {error.pos + 1})")
    if not isinstance(found, dict):
        return Broken(number, "not an object")
    kind = found.get("type")
    if not isinstance(kind, str) or not kind:
        return Broken(number, "no type")
    kind = _OLD_NAMES.get(kind, kind)
    if "data" not in found and found.get("op") != _DELETE:
        return Broken(number, "no data")
    data = found.get("data")
    if isinstance(data, list):
        return _collection(number, kind, data)
    if data is not None and not isinstance(data, dict):
        return Broken(number, "data is no object")
    return _one(number, kind, found, data)


def _one(number: int, kind: str, found: dict[str, Any], data: dict[str, Any] | None) -> Notification | Broken:
    is_old = "op" in found
    # In the operation format the line's own id is the event's, never the object's.
    named = (data or {}).get("id") if is_old else found.get("id", (data or {}).get("id"))
    object_id = "" if kind in SINGLETONS else _id(named)
    if object_id is None:
        return Broken(number, f"a line of type {kind} without an id")
    if is_old and found["op"] not in ("create", "update", _DELETE):
        return Broken(number, "op is none of create, update, delete")
    gone = is_old and found["op"] == _DELETE
    return Notification(number, kind, object_id, None if gone else data, is_old or "token" in found)


def _collection(number: int, kind: str, data: list[Any]) -> Collection | Broken:
    items = []
    for item in data:
        object_id = _id(item.get("id")) if isinstance(item, dict) else None
        if object_id is None:
            return Broken(number, f"a list of {kind} with a member that is no object with an id")
        items.append(Notification(number, kind, object_id, item))
    return Collection(number, kind, tuple(items))


def _id(value: object) -> str | None:
    """Ids are strings; feeds written before the rule have numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None
