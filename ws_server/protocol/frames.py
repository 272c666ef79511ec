"""RFC 6455 frames: written for browsers (never masked, never fragmented), read strictly from them. No I/O.

 0               1               2               3
|F|R R R|opcode |M| length 7    | length 16 (126) or 64 (127) ... | mask 4 | payload
"""

import struct
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from contest.wire.close_codes import CloseCode
from contest.wire.from_browser import FRAME_BYTES

MESSAGE_MAX_BYTES = FRAME_BYTES
FRAGMENTS_MAX = 32
"""Of one message: empty fragments would otherwise be a message without end."""

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
COMPRESSED = 0x40
"""RSV1 of the first frame of a message, where permessage-deflate was agreed on (RFC 7692)."""


class Violation(Exception):  # noqa: N818 - what the peer did
    """The peer broke the protocol: close with `code`."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Frame(NamedTuple):
    """One thing that the peer said. `fragment`: a part of a text that goes on, without payload, counted only."""

    kind: Literal["text", "ping", "pong", "close", "fragment"]
    payload: bytes = b""
    code: int = 1005


def text_frame(payload: bytes) -> bytes:
    """A whole text message as it goes over the line."""
    return frame_head(0x80 | TEXT, len(payload)) + payload


def pong_frame(payload: bytes) -> bytes:
    return frame_head(0x80 | PONG, len(payload)) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """`code` 1005: a close without a code."""
    body = b"" if code == 1005 else struct.pack("!H", code) + reason.encode()[:123]
    return frame_head(0x80 | CLOSE, len(body)) + body


def frame_head(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


def frames_of(joined: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Payload and whole of each of our own frames in `joined`."""
    at = 0
    while at < len(joined):
        length, head = joined[at + 1], 2
        if length >= 126:
            head = 4 if length == 126 else 10
            length = int.from_bytes(joined[at + 2 : at + head], "big")
        end = at + head + length
        yield joined[at + head : end], joined[at:end]
        at = end


class FrameReader:
    """Reads a client's frames out of whatever pieces arrive. Owner: one connection, and only while something is half read.

    Bound: MESSAGE_MAX_BYTES of message and as much of a frame: longer ones are refused by their head. `inflate`: what unpacks a compressed
    message to at most so many bytes; None: nothing of the kind was agreed on.
    """

    __slots__ = ("_buffer", "_fragments", "_inflate", "_message", "_packed")

    def __init__(self, inflate: Callable[[bytes, int], bytes] | None = None) -> None:
        self._buffer = b""
        self._message: bytes | None = None
        self._packed = False
        self._fragments = 0
        self._inflate = inflate

    @property
    def idle(self) -> bool:
        """Nothing half read: the reader can be dropped."""
        return not self._buffer and self._message is None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """What became whole by `data`. Raises Violation, after having given what came before it.

        What is left is cut off once, at the end, however many frames there are: a cut for each would be quadratic.
        """
        buffer = self._buffer + data if self._buffer else data
        at = 0
        try:
            while (span := _span(buffer, at, COMPRESSED if self._inflate else 0)) is not None:
                body, end = span
                first, payload = buffer[at], _unmask(buffer[body:end], buffer[body - 4 : body])
                at = end
                yield self._take(first, payload)
        finally:
            self._buffer = buffer[at:]
        if self._message is not None and len(buffer) - at >= 2 and buffer[at] & 0x0F == CONTINUATION:
            self._check_total(len(self._message) + (buffer[at + 1] & 0x7F if buffer[at + 1] & 0x7F < 126 else 0))

    def _take(self, first: int, payload: bytes) -> Frame:
        opcode = first & 0x0F
        if opcode >= CLOSE:
            return _control(opcode, payload)
        if opcode == BINARY:
            raise Violation(CloseCode.UNSUPPORTED_DATA, "only text frames")
        if (opcode == CONTINUATION) == (self._message is None):
            raise Violation(CloseCode.PROTOCOL_ERROR, "fragments out of order")
        if opcode == TEXT:
            self._packed = bool(first & COMPRESSED)
        message = (self._message or b"") + payload
        self._check_total(len(message))
        if not first & 0x80:
            self._fragments += 1
            if self._fragments > FRAGMENTS_MAX:
                raise Violation(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self._message = message
            return Frame("fragment")
        self._message, self._fragments = None, 0
        return Frame("text", _utf8(self._inflate(message, MESSAGE_MAX_BYTES) if self._packed and self._inflate else message))

    def _check_total(self, size: int) -> None:
        if size > MESSAGE_MAX_BYTES:
            raise Violation(CloseCode.MESSAGE_TOO_BIG, f"at most {MESSAGE_MAX_BYTES} bytes")


def _span(buffer: bytes, at: int, allowed: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None if more has to come. The head is judged as soon as it is there.
    `allowed`: reserved bits that the first frame of a text may have."""
    left = len(buffer) - at
    if left < 2:
        if left == 1:
            _check_first(buffer[at], allowed)
        return None
    first, second = buffer[at], buffer[at + 1]
    _check_first(first, allowed)
    if not second & 0x80:
        raise Violation(CloseCode.PROTOCOL_ERROR, "client frames must be masked")
    length, head = second & 0x7F, 2
    if first & 0x08 and (length > 125 or not first & 0x80):
        raise Violation(CloseCode.PROTOCOL_ERROR, "control frames are short and whole")
    if length >= 126:
        head = 4 if length == 126 else 10
        if left < head:
            return None
        shortest = 126 if length == 126 else 65_536
        length = int.from_bytes(buffer[at + 2 : at + head], "big")
        if length < shortest or length >> 63:
            raise Violation(CloseCode.PROTOCOL_ERROR, "bad length")
    if length > MESSAGE_MAX_BYTES:
        raise Violation(CloseCode.MESSAGE_TOO_BIG, f"at most {MESSAGE_MAX_BYTES} bytes")
    body = at + head + 4
    return (body, body + length) if len(buffer) >= body + length else None


def _check_first(first: int, allowed: int) -> None:
    if first & 0x70 & ~(allowed if first & 0x0F == TEXT else 0):
        raise Violation(CloseCode.PROTOCOL_ERROR, "reserved bits are set")
    if first & 0x0F not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise Violation(CloseCode.PROTOCOL_ERROR, "unknown opcode")


def _control(opcode: int, payload: bytes) -> Frame:
    if opcode == PING:
        return Frame("ping", payload)
    if opcode == PONG:
        return Frame("pong", payload)
    if not payload:
        return Frame("close")
    if len(payload) == 1:
        raise Violation(CloseCode.PROTOCOL_ERROR, "half a close code")
    code = int.from_bytes(payload[:2], "big")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Violation(CloseCode.PROTOCOL_ERROR, "bad close code")
    return Frame("close", _utf8(payload[2:]), code)


def _utf8(payload: bytes) -> bytes:
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise Violation(CloseCode.INVALID_PAYLOAD, "not UTF-8") from None
    return payload


def _unmask(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")
