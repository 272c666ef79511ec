"""Own times, reckoned by contest.domain.schedule, for both clients to agree with.

`python -m tests.web.turn_vectors` writes sdk/js/test/turn_vectors.json again.
"""

from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from contest.domain.schedule import Turn, own_window

FILE = Path(__file__).parents[2] / "sdk" / "js" / "test" / "turn_vectors.json"


def cases() -> list[dict[str, Any]]:
    found = []
    for own_time_s, started_s, delay_s, extra_s, factor in product((None, 1800), (None, 0, 600.5, 3000), (0, 60), (0, 300), (1, 1.25, 2)):
        turn = Turn(delay_s, extra_s, factor, started_s)
        window = own_window(3600, own_time_s, turn)
        found.append({"duration_s": 3600, "own_time_s": own_time_s, "turn": msgspec.to_builtins(turn), "window": window._asdict()})
    return found


def text() -> str:
    return "[\n" + ",\n".join(msgspec.json.encode(case).decode() for case in cases()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text())
