"""Reads the one JSON shape of refusals. What is not of that shape comes from something before the servers (a gateway, a proxy)."""

import msgspec
from msgspec import Struct

from podium_client.errors import Detail, Refused


class _Error(Struct, frozen=True):
    code: str
    message: str
    details: tuple[Detail, ...] = ()


class _Body(Struct, frozen=True):
    error: _Error


def refusal(status: int, body: bytes) -> Refused:
    """The refusal that an answer with this status and body says.

    Not of our shape: `gateway.answered`, and a 404 counts as 502, as a gateway that does not know its servers (yet) says 404.
    """
    try:
        error = msgspec.json.decode(body, type=_Body).error
    except msgspec.DecodeError:
        return Refused(502 if status == 404 else status, "gateway.answered", f"The answer {status} did not come from Podium.")
    return Refused(status, error.code, error.message, error.details)
