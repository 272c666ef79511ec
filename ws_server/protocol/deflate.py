"""permessage-deflate (RFC 7692) without a context on either side: a message is compressed once for all who understand it, and an idle
connection keeps nothing for it. No I/O."""

import re
import zlib

from contest.wire.close_codes import CloseCode
from ws_server.protocol.frames import COMPRESSED, TEXT, Violation, frame_head, frames_of

ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
LEAST_BYTES = 64
"""Shorter payloads are sent as they are: there is nothing to gain."""
QUICK_FROM_BYTES = 64 << 10
"""Payloads from here on are compressed at the quickest level: 10 ms a megabyte, and the loop waits that long."""
_TAIL = b"\x00\x00\xff\xff"
_OFFERS_MAX = 8
_BITS = re.compile(r"(?:8|9|1[0-5])")
_KNOWN = ("server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits")


def answer_to(offers: str) -> str | None:
    """What to answer to the header Sec-WebSocket-Extensions: the first offer of permessage-deflate that can be met, or None."""
    for offer in offers.split(",")[:_OFFERS_MAX]:
        name, *parameters = (part.strip() for part in offer.split(";"))
        if name == "permessage-deflate" and (found := _answer(parameters)) is not None:
            return found
    return None


def _answer(parameters: list[str]) -> str | None:
    """None: it asks for what we do not do (a smaller window for what we send), or is not in order."""
    seen: dict[str, str | None] = {}
    for parameter in parameters:
        key, equals, value = (part.strip() for part in parameter.partition("="))
        value = value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
        if key not in _KNOWN or key in seen or not _in_order(key, value if equals else None):
            return None
        seen[key] = value if equals else None
    bits = seen.get("server_max_window_bits", "15")
    if bits != "15":
        return None
    return ANSWER + ("; server_max_window_bits=15" if "server_max_window_bits" in seen else "")


def _in_order(key: str, value: str | None) -> bool:
    if key.endswith("takeover"):
        return value is None
    if value is None:
        return key == "client_max_window_bits"
    return _BITS.fullmatch(value) is not None


def deflated(frames: bytes) -> bytes:
    """Text frames as `text_frame` makes them, one or many joined, each compressed where that makes it shorter."""
    return b"".join(_deflated_one(payload, whole) for payload, whole in frames_of(frames))


def _deflated_one(payload: bytes, whole: bytes) -> bytes:
    if len(payload) < LEAST_BYTES:
        return whole
    packer = zlib.compressobj(1 if len(payload) >= QUICK_FROM_BYTES else 9, zlib.DEFLATED, -15)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    packed = packed.removesuffix(_TAIL)
    return frame_head(0x80 | COMPRESSED | TEXT, len(packed)) + packed if len(packed) < len(payload) else whole


def inflated(message: bytes, max_bytes: int) -> bytes:
    """Raises Violation: it is not compressed data, or holds more than `max_bytes`, found out before more than that is unpacked."""
    unpacker = zlib.decompressobj(-15)
    try:
        found = unpacker.decompress(message + _TAIL, max_bytes + 1)
    except zlib.error:
        raise Violation(CloseCode.INVALID_PAYLOAD, "not compressed as agreed") from None
    if len(found) > max_bytes:
        raise Violation(CloseCode.MESSAGE_TOO_BIG, f"at most {max_bytes} bytes")
    return found
