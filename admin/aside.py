"""Work on whole files, in threads beside the loop: seconds of Python that would hold up everybody's requests; the queue is bounded."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from contest.errors import overloaded

T = TypeVar("T")

THREADS = 2
"""More would only take turns: they are Python as well."""
WAITING_MOST = 8
"""100,000 rows are some 3 s of work: with more than this ahead nobody's request would be answered in time (503: come again)."""


class Aside:
    """Owner: the admin process. Bound: THREADS at work, WAITING_MOST waiting; each holds one file and what is made of it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="aside")
        self._under_way = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives or raises. Raises Refusal 503 when too much waits."""
        if self._under_way >= THREADS + WAITING_MOST:
            raise overloaded("Too many files are being worked on at the moment.", retry_after_s=10)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
