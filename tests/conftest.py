"""Real servers for every test: one PostgreSQL and one Valkey a session, a database of its own (from a template) and a key prefix a test."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis

from contest.keys import make_keys
from contest.store.connect import open_pool
from contest.store.migrate import migrate
from contest.wire.channels import Channels
from podium.embedded import PG_USER, start_postgres, start_valkey
from podium.ports import free_ports
from tests.support import stop

# A law holds or not, however busy the machine is: no time limits on single examples.
settings.register_profile("podium", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("podium")


DEAREST_FIRST = ("faults", "web", "journeys", "podium_replay", "podium_backup", "podium_demo", "podium_rehearse", "podium", "ws_server")
"""Folders whose files take longest. A file is one worker's: begun last, it would keep the others waiting for its end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folders = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(folders).parts[0]
        return DEAREST_FIRST.index(folder) if folder in DEAREST_FIRST else len(DEAREST_FIRST)

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped fails: nobody reads what did not run. It has to get what it needs, or say what is to be installed."""
    report = yield
    if report.skipped:
        report.outcome, report.longrepr = "failed", f"a test may not be skipped: {report.longrepr}"
    return report


@dataclass(frozen=True)
class Servers:
    """Addresses of the session's servers. `admin_url`: the maintenance database of PostgreSQL."""

    pg_port: int
    pg_password: str
    redis_url: str

    def database_url(self, name: str) -> str:
        return f"postgresql://{PG_USER}:{self.pg_password}@127.0.0.1:{self.pg_port}/{name}"


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    password = secrets.token_hex(12)
    pg_port, redis_port = free_ports(2)
    postgres = start_postgres(folder, pg_port, password, folder / "postgres.log")
    valkey = start_valkey(folder, redis_port, password, folder / "valkey.log")
    found = Servers(pg_port, password, f"redis://:{password}@127.0.0.1:{redis_port}/0")
    try:
        asyncio.run(_wait_for(found))
        migrate(found.database_url("template_podium"))
        yield found
    finally:
        stop(postgres, signal.SIGINT)
        stop(valkey, signal.SIGTERM)


async def _wait_for(servers: Servers) -> None:
    for _ in range(200):
        try:
            admin = await asyncpg.connect(servers.database_url("postgres"))
            break
        except (OSError, asyncpg.CannotConnectNowError):
            await asyncio.sleep(0.05)
    else:
        raise TimeoutError("PostgreSQL did not start")
    await admin.execute("CREATE DATABASE template_podium")
    await admin.close()
    async with Redis.from_url(servers.redis_url) as redis:
        for _ in range(200):
            try:
                await redis.ping()
                return
            except (OSError, ConnectionError, Exception):
                await asyncio.sleep(0.05)
    raise TimeoutError("Valkey did not start")


@pytest.fixture
async def database_url(servers: Servers, anyio_backend: Any) -> AsyncIterator[str]:
    """A migrated database for this test alone."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(servers.database_url("postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE template_podium")
    try:
        yield servers.database_url(name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database_url)
    try:
        yield opened
    finally:
        opened.terminate()


@pytest.fixture
def prefix() -> str:
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture
def channels(prefix: str) -> Channels:
    return Channels(prefix)


@pytest.fixture
async def redis(servers: Servers, anyio_backend: Any) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis_url) as client:
        yield client


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with fresh keys."""
    folder = tmp_path / "keys"
    make_keys(folder)
    return folder
