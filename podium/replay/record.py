"""The record of raw frames that the viewers' process keeps: who received which bytes, in order, with marks between.

<who> <length>\n<bytes>\n      a frame; who: a number, or `staff`
mark <length>\n<name>\n        a moment that the replay named (`thaw`: it is posted after this)
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from podium.replay.allowed import Allowed
from podium.replay.leaks import FrozenSeen, LeakCounter

STAFF, MARK = "staff", "mark"


class Entry(NamedTuple):
    who: str
    content: bytes


class Seen(NamedTuple):
    """What a whole record shows."""

    frames: int
    leaks: int
    staff_saw_frozen: int


def write(file: BinaryIO, who: str, content: bytes) -> None:
    file.write(b"%s %d\n%s\n" % (who.encode(), len(content), content))


def entries(path: Path) -> Iterator[Entry]:
    """Raises ValueError where the record is cut off or garbled."""
    with path.open("rb") as file:
        while head := file.readline():
            who, length = head.decode().split()
            content = file.read(int(length))
            if file.read(1) != b"\n":
                raise ValueError("the record is cut off")
            yield Entry(who, content)


def examine(path: Path, allowed: Allowed) -> Seen:
    """Count, from the bytes alone, what the public saw too early and what staff saw in time."""
    public: dict[str, LeakCounter] = {}
    staff = FrozenSeen(allowed)
    thawed, leaks, frames = False, 0, 0
    for who, content in entries(path):
        if who == MARK:
            thawed = thawed or content == b"thaw"
            continue
        frames += 1
        if who != STAFF:
            leaks += public.setdefault(who, LeakCounter(allowed)).count(content, thawed=thawed)
        elif not thawed:
            staff.see(content)
    return Seen(frames, leaks, staff.count)
