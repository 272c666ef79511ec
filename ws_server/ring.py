"""The last frames of a log, ready to be written, for those who come back. Promises nothing that it does not hold without a gap."""

from collections import deque
from itertools import islice


class Ring:
    """Frames `first..last` without gaps. Owner: one log view. Bound: `entries_max` frames and `bytes_max` bytes, the oldest go first.
    Rebuilt from the log's stream when the view is loaded."""

    __slots__ = ("_entries_max", "_frames", "_joined", "bytes_max", "last", "size_bytes")

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._frames: deque[bytes] = deque()
        self._entries_max = entries_max
        self._joined: dict[int, bytes] = {}
        self.bytes_max = bytes_max
        self.size_bytes = 0
        self.last = 0

    def __len__(self) -> int:
        return len(self._frames)

    def begin(self, at: int) -> None:
        """Forget all; the next frame is `at + 1`."""
        self._frames.clear()
        self._joined.clear()
        self.size_bytes, self.last = 0, at

    def append(self, seq: int, frame: bytes) -> None:
        """Raises ValueError if `seq` does not follow."""
        if seq != self.last + 1:
            raise ValueError(f"{seq} does not follow {self.last}")
        self._frames.append(frame)
        self._joined.clear()
        self.last = seq
        self.size_bytes += len(frame)
        while self._frames and (len(self._frames) > self._entries_max or self.size_bytes > self.bytes_max):
            self.size_bytes -= len(self._frames.popleft())

    def since(self, seq: int) -> bytes | None:
        """All frames after `seq`, joined; empty if there are none; None if not all of them are held (or `seq` is ahead).

        Joined once per `seq`: after an outage a thousand clients hold the same position.
        """
        missed = self.last - seq
        if missed < 0 or missed > len(self._frames):
            return None
        if seq not in self._joined:
            self._joined[seq] = b"".join(islice(self._frames, len(self._frames) - missed, None))
            if len(self._joined) > 8:
                self._joined.pop(next(iter(self._joined)))
        return self._joined[seq]
