"""Work that goes on beside other work, exactly as long."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(*works: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run `works`, which never end by themselves, for the length of the block. Behind it all of them have ended, so that what they used
    may be closed. One that fails ends the block with its error (in an ExceptionGroup)."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
