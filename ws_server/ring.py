"""The last frames of a log, ready to be written, for those who come back. Promises nothing that it does not hold without a gap."""

from collections import deque
from itertools import islice

JOINED_MAX = 8
"""Positions whose frames are kept joined: after an outage nearly everybody holds one of a few."""


class Ring:
    """Frames `first..last` without gaps. Owner: one log view. Bound: `entries_max` frames and `bytes_max` bytes, the oldest go first;
    beside them as many bytes again of joined copies (JOINED_MAX of them). Rebuilt from the log's stream when the view is loaded."""

    __slots__ = ("_entries_max", "_frames", "_frames_bytes", "_joined", "_joined_bytes", "bytes_max", "last")

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._frames: deque[bytes] = deque()
        self._entries_max = entries_max
        self._joined: dict[int, bytes] = {}
        self._frames_bytes = self._joined_bytes = 0
        self.bytes_max = bytes_max
        self.last = 0

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def size_bytes(self) -> int:
        """Of all that is held, joined copies included: at most twice `bytes_max`."""
        return self._frames_bytes + self._joined_bytes

    def begin(self, at: int) -> None:
        """Forget all; the next frame is `at + 1`."""
        self._frames.clear()
        self._forget_joined()
        self._frames_bytes, self.last = 0, at

    def append(self, seq: int, frame: bytes) -> None:
        """Raises ValueError if `seq` does not follow."""
        if seq != self.last + 1:
            raise ValueError(f"{seq} does not follow {self.last}")
        self._frames.append(frame)
        self._forget_joined()
        self.last = seq
        self._frames_bytes += len(frame)
        while self._frames and (len(self._frames) > self._entries_max or self._frames_bytes > self.bytes_max):
            self._frames_bytes -= len(self._frames.popleft())

    def since(self, seq: int) -> bytes | None:
        """All frames after `seq`, joined; empty if there are none; None if not all of them are held (or `seq` is ahead).

        Joined once per `seq`: after an outage a thousand clients hold the same position.
        """
        missed = self.last - seq
        if missed < 0 or missed > len(self._frames):
            return None
        if seq not in self._joined:
            self._keep_joined(seq, b"".join(islice(self._frames, len(self._frames) - missed, None)))
        return self._joined[seq]

    def _keep_joined(self, seq: int, frames: bytes) -> None:
        """The newest is always kept: it is no larger than all frames together."""
        self._joined[seq] = frames
        self._joined_bytes += len(frames)
        while len(self._joined) > JOINED_MAX or self._joined_bytes > self.bytes_max:
            self._joined_bytes -= len(self._joined.pop(next(iter(self._joined))))

    def _forget_joined(self) -> None:
        self._joined.clear()
        self._joined_bytes = 0
