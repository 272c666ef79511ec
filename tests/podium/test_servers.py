"""Waiting for servers: gives up with a reason, and heeds a wish to stop that a library swallowed."""

import asyncio

import pytest

from podium.servers import NotReady, wait_until

pytestmark = pytest.mark.anyio


async def no() -> bool:
    return False


async def test_it_gives_up_after_its_time() -> None:
    with pytest.raises(NotReady, match=r"the moon did not answer within 0 s"):
        await wait_until("the moon", no, lambda: None, 0.1)


async def test_it_gives_up_at_once_for_a_reason() -> None:
    with pytest.raises(NotReady, match="it is gone"):
        await wait_until("the moon", no, lambda: "it is gone", 60)


async def test_a_wish_to_stop_that_was_swallowed_is_heeded() -> None:
    inside = asyncio.Event()

    async def swallows() -> bool:
        inside.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return False  # as a driver does that takes it for a broken connection
        return False

    waiting = asyncio.create_task(wait_until("the moon", swallows, lambda: None, 60))
    await inside.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 5)
