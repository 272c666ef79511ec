"""What tests share beside fixtures: bounded polls, ending what we started."""

import asyncio
import subprocess
from collections.abc import Callable
from typing import Any


async def eventually(check: Callable[[], Any], within_s: float = 10.0) -> Any:
    """Poll `check` (plain or async) until what it gives is true; returns it. AssertionErrors count as not yet. Fails after `within_s`."""
    end = asyncio.get_running_loop().time() + within_s
    while True:
        last: Any = None
        try:
            last = check()
            if asyncio.iscoroutine(last):
                last = await last
            if last:
                return last
        except AssertionError as error:
            last = error
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"not within {within_s} s; last: {last!r}")
        await asyncio.sleep(0.02)


def stop(process: "subprocess.Popen[bytes]", with_signal: int) -> None:
    """End a process that we started, politely first."""
    process.send_signal(with_signal)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
