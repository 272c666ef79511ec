"""When to come back after a line was lost: pure rules of protocol.md, Close codes."""

import random
from typing import Literal

Duty = Literal["come_back", "new_ticket", "stay_away"]

FIRST_S, LONGEST_S = 0.5, 20.0


def duty(code: int) -> Duty:
    """What a close code asks for; 1006 (a cut line) and 1005 (no code) included."""
    if 4400 <= code <= 4449:
        return "new_ticket"
    if 4450 <= code <= 4499 or code in (1000, 1008):
        return "stay_away"
    return "come_back"


def wait_s(attempt: int, chance: random.Random) -> float:
    """Full jitter: anything up to 0.5 s doubled with each attempt in vain (from 0), at most 20 s."""
    return chance.uniform(0, min(LONGEST_S, FIRST_S * 2 ** min(attempt, 10)))
