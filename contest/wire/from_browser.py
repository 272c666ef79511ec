"""What browsers send, checked once: bytes of one text frame -> a value, or a `Refusal` that says which rule it broke.

What the value then does, and closing the line on a frame that is too large (1009), is the socket's.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from contest.errors import Detail, Refusal

FRAME_BYTES = 4_096
"""The largest frame a client may send (protocol.md, From the client). The largest real one is a ticket renewal, below 1 kB."""


class Heartbeat(Struct, frozen=True, tag="heartbeat", forbid_unknown_fields=True):
    """A contestant's browser is there."""


class TimeAsk(Struct, frozen=True, tag="time.ask", forbid_unknown_fields=True):
    """What time is it there? `asked` is the client's own and comes back as it is."""

    asked: float


class TicketRenew(Struct, frozen=True, tag="ticket.renew", forbid_unknown_fields=True):
    ticket: Annotated[str, Meta(min_length=1)]


Message = Heartbeat | TimeAsk | TicketRenew


class _AnyFrame(Struct):
    type: str


_MESSAGE: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_ANY_FRAME = msgspec.json.Decoder(_AnyFrame)
TYPES = frozenset(str(each.__struct_config__.tag) for each in (Heartbeat, TimeAsk, TicketRenew))


def read(frame: bytes) -> Message:
    """The message in a frame. Raises Refusal: frame.bad_json (no JSON), frame.unknown_type, frame.invalid (anything else)."""
    if len(frame) > FRAME_BYTES:
        raise Refusal(413, "frame.invalid", f"A frame has at most {FRAME_BYTES} bytes.")
    try:
        return _MESSAGE.decode(frame)
    except msgspec.ValidationError as error:
        raise _refused(frame, str(error)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refusal(400, "frame.bad_json", "The frame is no JSON.") from error


def _refused(frame: bytes, found: str) -> Refusal:
    """Why a frame that a decoder stumbled over is refused: broken JSON first, then its type, then its members."""
    try:
        kind = _ANY_FRAME.decode(frame).type
    except msgspec.ValidationError:
        return Refusal(422, "frame.invalid", "A frame is an object with a type.", (Detail("type", found),))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Refusal(400, "frame.bad_json", "The frame is no JSON.")
    if kind not in TYPES:
        return Refusal(422, "frame.unknown_type", f"There is no frame of the type {kind[:40]!r}.", (Detail("type", "is unknown"),))
    return Refusal(422, "frame.invalid", f"The frame {kind} has members that are wrong.", (Detail(kind, found),))
