"""One buffer to many sockets in one system call: io_uring(7) by hand, as far as a broadcast needs it.

The entries are prepared once; a call copies three columns into them (descriptor, address, length) and submits them all. MSG_DONTWAIT lets
no send wait, so every one is done when the call returns, and what it sent from may go. MSG_WAITALL makes a short send count as failed and
CQE_SKIP_SUCCESS keeps the kernel from reporting the others: what there is to look at afterwards are the few that could not take it all.
"""

import ctypes
import errno
import mmap
import os
import struct
from array import array

_SETUP, _ENTER = 425, 426
"""System call numbers, the same on every architecture that came after 2019's unification; x86-64 and arm64 among them."""
_CQSIZE, _SINGLE_ISSUER, _DEFER_TASKRUN = 1 << 3, 1 << 12, 1 << 13
_SINGLE_MMAP, _CQE_SKIP = 1 << 0, 1 << 11
_OFFSET_RINGS, _OFFSET_ENTRIES = 0, 0x1000_0000
_OP_SEND, _SKIP_SUCCESS = 26, 1 << 6
_DONTWAIT, _NOSIGNAL, _WAITALL = 0x40, 0x4000, 0x100
_GETEVENTS = 1
_ENTRY = struct.Struct("<BBHiQQIIQ24x")
"""io_uring_sqe: opcode, flags, ioprio, descriptor, offset, address, length, message flags, user data."""
_COMPLETION = struct.Struct("<QiI")
_PARAMS_BYTES = 120
ENTRIES = 1024

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long


class Uring:
    """Owner: the node; to be used by the thread that made it alone. Bound: ENTRIES sends a call, 100 kB. Close it with `close`."""

    def __init__(self, entries: int = ENTRIES) -> None:
        """`entries`: a power of two. Raises OSError: this kernel, or the seccomp profile of this container, has no io_uring, or one older
        than 6.1."""
        params = bytearray(_PARAMS_BYTES)
        struct.pack_into("<III", params, 0, 0, entries * 2, _CQSIZE | _SINGLE_ISSUER | _DEFER_TASKRUN)
        self._fd = _syscall(_SETUP, entries, (ctypes.c_char * _PARAMS_BYTES).from_buffer(params))
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            self._map(params)
        except OSError:
            os.close(self._fd)
            raise

    def _map(self, params: bytearray) -> None:
        self._count, completions = struct.unpack_from("<II", params, 0)
        (features,) = struct.unpack_from("<I", params, 20)
        if not features & _SINGLE_MMAP or not features & _CQE_SKIP:
            raise OSError(errno.ENOSYS, "io_uring is too old")
        _, sq_tail, _, _, _, _, sq_array, *_ = struct.unpack_from("<8I", params, 40)
        cq_head, cq_tail, _, _, _, cqes, *_ = struct.unpack_from("<8I", params, 80)
        size = max(sq_array + self._count * 4, cqes + completions * 16)
        self._rings = mmap.mmap(self._fd, size, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=_OFFSET_RINGS)
        self._entries = mmap.mmap(self._fd, self._count * 64, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=_OFFSET_ENTRIES)
        words = memoryview(self._rings)[: size & ~3].cast("I")
        self._sq_tail, self._cq_head, self._cq_tail = (words[at // 4 : at // 4 + 1] for at in (sq_tail, cq_head, cq_tail))
        self._cqes, self._cq_mask = cqes, completions - 1
        words[sq_array // 4 : sq_array // 4 + self._count] = memoryview(array("I", range(self._count)))
        for index in range(self._count):
            _ENTRY.pack_into(self._entries, index * 64, _OP_SEND, _SKIP_SUCCESS, 0, -1, 0, 0, 0, _DONTWAIT | _NOSIGNAL | _WAITALL, index)
        whole = memoryview(self._entries)
        self._descriptors, self._addresses, self._lengths = whole.cast("i")[1::16], whole.cast("Q")[2::8], whole.cast("I")[6::16]
        self._views = (words, whole, self._descriptors, self._addresses, self._lengths, self._sq_tail, self._cq_head, self._cq_tail)

    def send(self, descriptors: "array[int]", data: bytes) -> list[tuple[int, int]]:
        """Send `data` to every one of `descriptors` (type "i"; non-blocking stream sockets with nothing waiting to be sent).

        Returns (index, bytes sent) of those that did not take all of it, in any order: 0 bytes for an error too, which the next write to
        that socket will meet again. When closed, nobody took anything.
        """
        if self._fd < 0:
            return [(index, 0) for index in range(len(descriptors))]
        failed: list[tuple[int, int]] = []
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
        for begin in range(0, len(descriptors), self._count):
            self._send_some(descriptors[begin : begin + self._count], address or 0, len(data), begin, failed)
        return failed

    def _send_some(self, descriptors: "array[int]", address: int, length: int, begin: int, failed: list[tuple[int, int]]) -> None:
        count = len(descriptors)
        tail = self._sq_tail[0]
        start = tail & (self._count - 1)
        first = min(count, self._count - start)
        for at, some in ((start, descriptors[:first]), (0, descriptors[first:])):
            if some:
                end = at + len(some)
                self._descriptors[at:end] = memoryview(some)
                self._addresses[at:end] = memoryview(array("Q", (address,)) * len(some))
                self._lengths[at:end] = memoryview(array("I", (length,)) * len(some))
        self._sq_tail[0] = (tail + count) & 0xFFFF_FFFF
        taken = self._enter(count)
        if taken < count:  # out of memory for a moment: what was not taken is nobody's
            self._sq_tail[0] = (tail + taken) & 0xFFFF_FFFF
            failed += [(begin + index, 0) for index in range(taken, count)]
        head, until = self._cq_head[0], self._cq_tail[0]
        while head != until:
            entry, result, _ = _COMPLETION.unpack_from(self._rings, self._cqes + (head & self._cq_mask) * 16)
            failed.append((begin + ((entry - start) & (self._count - 1)), max(result, 0)))
            head = (head + 1) & 0xFFFF_FFFF
        self._cq_head[0] = head

    def _enter(self, count: int) -> int:
        while (taken := _syscall(_ENTER, self._fd, count, 0, _GETEVENTS, None, 0)) < 0:
            if ctypes.get_errno() != errno.EINTR:
                return 0
        return int(taken)

    def close(self) -> None:
        for view in self._views:
            view.release()
        self._rings.close()
        self._entries.close()
        os.close(self._fd)
        self._fd = -1
