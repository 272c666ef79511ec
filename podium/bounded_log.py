"""Log files of the supervised processes, bounded in size: a full file becomes `<name>.1`, the one before it is dropped."""

import sys
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 8 << 20
"""Per file; with the rotated one a process keeps at most twice this."""


class BoundedLog:
    """Owner: the supervisor. Bound: 2 x `limit_bytes` on disk. Appends to what is there."""

    def __init__(self, path: Path, echo_as: str | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        """`echo_as`: also write each line to standard error, after this name."""
        self.path = path
        self._echo = b"" if echo_as is None else f"{echo_as:>11} | ".encode()
        self._limit_bytes = limit_bytes
        self._file = self._open()
        self._size = self._file.tell()

    def write(self, line: bytes) -> None:
        """One line, its newline included."""
        if self._size + len(line) > self._limit_bytes:
            self._rotate()
        self._file.write(line)
        self._size += len(line)
        if self._echo:
            sys.stderr.buffer.write(self._echo + line)
            sys.stderr.buffer.flush()

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        self._file, self._size = self._open(), 0

    def _open(self) -> BinaryIO:
        self.path.touch(mode=0o600)
        return self.path.open("ab", buffering=0)


def last_lines(path: Path, count: int) -> str:
    """The end of a log, for a message about why something does not start."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return b"\n".join(file.read().splitlines()[-count:]).decode(errors="replace")
    except OSError:
        return "(no log)"
