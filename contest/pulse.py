"""When each part of a process last did its work: what readiness of a process without requests is made of."""

import time
from collections.abc import Mapping
from typing import Any


class Pulse:
    """Owner: the process. Bound: one number a part. Begins silent: nothing is ready before it has worked once."""

    def __init__(self, *parts: str, within_s: float = 5.0) -> None:
        self._last: dict[str, float | None] = dict.fromkeys(parts)
        self._within_s = within_s

    def beat(self, part: str) -> None:
        """`part` has just worked."""
        self._last[part] = time.monotonic()

    def miss(self, part: str) -> None:
        """`part` has just failed: not ready until it works again."""
        self._last[part] = None

    async def checks(self) -> Mapping[str, Any]:
        """By part: `ok` (it worked within the last `within_s`) and `age_s` (seconds since, null: never or failed since)."""
        now = time.monotonic()
        return {part: self._check(None if last is None else now - last) for part, last in self._last.items()}

    def _check(self, age_s: float | None) -> dict[str, Any]:
        return {"ok": age_s is not None and age_s < self._within_s, "age_s": None if age_s is None else round(age_s, 3)}
