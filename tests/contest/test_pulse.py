"""Readiness of parts: silent at first, ready for a while after work, not after a failure."""

import pytest

from contest.pulse import Pulse
from tests.support import eventually

pytestmark = pytest.mark.anyio


async def test_a_part_is_ready_for_a_while_after_it_has_worked() -> None:
    pulse = Pulse("redis", "postgres", within_s=0.1)
    assert await pulse.checks() == {part: {"ok": False, "age_s": None} for part in ("redis", "postgres")}
    pulse.beat("redis")
    checks = await pulse.checks()
    assert (checks["redis"]["ok"], checks["postgres"]["ok"]) == (True, False)

    async def stale() -> bool:
        check = (await pulse.checks())["redis"]
        return not check["ok"] and check["age_s"] >= 0.1

    await eventually(stale)


async def test_a_failure_counts_until_the_next_work() -> None:
    pulse = Pulse("relay")
    pulse.beat("relay")
    pulse.miss("relay")
    assert not (await pulse.checks())["relay"]["ok"]
    pulse.beat("relay")
    assert (await pulse.checks())["relay"]["ok"]
