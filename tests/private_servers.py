"""A Valkey of a test's own, to be killed, rolled back and started again."""

import secrets
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from podium.embedded import start_valkey
from podium.ports import free_ports
from tests.support import eventually, stop


class PrivateValkey:
    """Valkey over `folder`, on one port for its whole life."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._password = folder, secrets.token_hex(8)
        (self._port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        self._process = start_valkey(self._folder, self._port, self._password, self._folder / "valkey.log")
        async with Redis.from_url(self.url) as client:
            await eventually(lambda: _answers(client))

    def kill(self) -> None:
        """As if the machine had gone: no farewell."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    async def remember(self) -> None:
        """The files with all that was written until now, to roll back to."""
        async with Redis.from_url(self.url) as client:
            await client.set("remembered", 1)
            await client.execute_command("WAITAOF", 1, 0, 5000)
        shutil.copytree(self._folder / "valkey" / "appendonlydir", self._folder / "remembered")

    def roll_back(self) -> None:
        """While it is dead: the tail since `remember` is lost."""
        shutil.rmtree(self._folder / "valkey" / "appendonlydir")
        shutil.copytree(self._folder / "remembered", self._folder / "valkey" / "appendonlydir")

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            stop(self._process, signal.SIGTERM)


@asynccontextmanager
async def private_valkey(folder: Path) -> AsyncIterator[PrivateValkey]:
    server = PrivateValkey(folder)
    try:
        await server.start()
        yield server
    finally:
        server.end()


async def _answers(client: Redis) -> bool:
    try:
        await client.ping()
    except (RedisError, OSError):
        return False
    return True
