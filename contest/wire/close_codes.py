"""The close codes of `/ws/contest/<id>`: one table; the range of a code tells the client's duty.

4100-4199 come back with jitter, 4400-4449 come back with a new ticket, 4450-4499 do not come back (protocol.md).
"""

from enum import IntEnum
from typing import Literal

Duty = Literal["come_back", "new_ticket", "stay_away"]


class CloseCode(IntEnum):
    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    DRAINING = 4100
    SLOW_READER = 4101
    SILENT = 4102
    OUT_OF_STEP = 4103
    TICKET_EXPIRED = 4401
    TICKET_MISMATCH = 4403
    REVOKED = 4450
    TOO_MANY_FRAMES = 4451


def duty(code: int) -> Duty:
    """What a client has to do after being closed with `code` (1005 and 1006, no code and a cut line, included)."""
    if 4400 <= code <= 4449:
        return "new_ticket"
    if 4450 <= code <= 4499 or code in (CloseCode.NORMAL, CloseCode.POLICY_VIOLATION):
        return "stay_away"
    return "come_back"
