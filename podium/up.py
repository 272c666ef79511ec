"""`podium up`: starts everything in order, says how far it is, keeps it running until told to stop. `running` is that as a block,
for the commands that need a whole Podium around them (demo, rehearse)."""

import asyncio
import contextlib
import dataclasses
import os
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from contest.telemetry import Telemetry
from podium import first_organiser, processes, servers
from podium.bounded_log import last_lines
from podium.data_folder import DataFolder, open_folder
from podium.embedded import PG_DATABASE, PG_USER
from podium.gateway import Upstreams, write_configuration
from podium.leftovers import end_leftovers
from podium.ports import is_free
from podium.run_file import RunFile, RunningService
from podium.supervisor import Supervisor, gone

T = TypeVar("T")
OPEN_FILES = 1 << 20
"""More than any node can serve; some programs walk through all numbers up to their limit, which may be a billion in a container."""


class CannotStart(Exception):  # noqa: N818 - a fact for the person at the terminal
    """Podium does not come up; the message says why and, where we know, what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person chose. `database_url`, `redis_url`: use these servers instead of our own; None: start ours.
    `prefix`: of all keys and channels in Redis, where several installations share one."""

    data: Path
    port: int = 8080
    host: str = "127.0.0.1"
    ws_nodes: int = 1
    verbose: bool = False
    database_url: str | None = None
    redis_url: str | None = None
    prefix: str = "podium"

    def with_servers(self, environ: Mapping[str, str]) -> "Settings":
        """The same with the servers that the environment names: DATABASE_URL, REDIS_URL, PODIUM_PREFIX."""
        return dataclasses.replace(
            self,
            database_url=environ.get("DATABASE_URL") or None,
            redis_url=environ.get("REDIS_URL") or None,
            prefix=environ.get("PODIUM_PREFIX") or self.prefix,
        )

    @property
    def url(self) -> str:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{shown}:{self.port}"


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[RunFile]:
    """A whole Podium, ready when the block is entered, gone when it is left.

    Call it from the main thread. Raises FolderInUse, CannotStart, NotReady.
    """
    with open_folder(settings.data) as folder:
        if not is_free(settings.port, settings.host):
            raise CannotStart(f"port {settings.port} on {settings.host} is taken: choose another with --port")
        _raise_open_files()
        installation = _Installation(settings, folder)
        try:
            await installation.start()
            yield installation.run_file()
        finally:
            await installation.stop()


class _Installation:
    """One `podium up` between its start and its stop."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings = settings
        self._folder = folder
        self._began = time.monotonic()
        self._telemetry = Telemetry("podium")
        self._supervisor = Supervisor(folder, self._telemetry.log, self._write_run_file, settings.verbose)
        names = processes.process_names(settings.ws_nodes)
        self._ports = folder.ports(["postgres", "valkey", "gateway-ping", *names])
        self._database_url = settings.database_url or (
            f"postgresql://{PG_USER}:{folder.password('postgres')}@{processes.HOST}:{self._ports['postgres']}/{PG_DATABASE}"
        )
        self._redis_url = settings.redis_url or f"redis://:{folder.password('valkey')}@{processes.HOST}:{self._ports['valkey']}/0"
        self._plan = processes.Plan(
            folder, {name: self._ports[name] for name in names}, self._database_url, self._redis_url, settings.prefix
        )

    def run_file(self) -> RunFile:
        return RunFile(
            url=self._settings.url,
            supervisor_pid=os.getpid(),
            database_url=self._database_url,
            redis_url=self._redis_url,
            prefix=self._settings.prefix,
            keys=str(self._folder.keys),
            services={k.service.name: RunningService(k.pid, k.service.port) for k in self._supervisor.keepers()},
        )

    async def start(self) -> None:
        """Step by step; a step that swallowed the wish to stop is the last."""
        await end_leftovers(self._folder)
        self._start_servers()
        await self._servers_ready()
        servers.stop_if_cancelled()
        await self._database_ready()
        servers.stop_if_cancelled()
        for name in self._plan.ports:
            self._supervisor.keep(processes.python_service(name, self._plan))
        self._start_gateway()
        await self._everything_answers()
        servers.stop_if_cancelled()

    async def stop(self) -> None:
        await self._supervisor.stop()
        self._write_run_file()

    def _start_servers(self) -> None:
        if not self._settings.database_url:
            self._supervisor.keep(processes.postgres_service(self._folder, self._ports["postgres"]))
        if not self._settings.redis_url:
            self._supervisor.keep(processes.valkey_service(self._folder, self._ports["valkey"]))

    async def _servers_ready(self) -> None:
        within_s = servers.READY_WITHIN_S
        await servers.wait_until("PostgreSQL", lambda: servers.postgres_answers(self._database_url), self._gave_up, within_s)
        self._say("PostgreSQL answers")
        await servers.wait_until("Redis", lambda: servers.redis_answers(self._redis_url), self._gave_up, within_s)
        self._say("Valkey answers" if not self._settings.redis_url else "Redis answers")

    async def _database_ready(self) -> None:
        await servers.make_database(self._database_url)
        await self._migrate()
        self._say("the database has the newest schema")
        if password := await first_organiser.ensure(self._database_url):
            self._say(f"the first organiser is made, this is shown once: login {first_organiser.LOGIN}, password {password}")

    async def _migrate(self) -> None:
        log = self._folder.logs / "migrate.log"
        with log.open("wb") as output:
            process = processes.spawn_migration(self._database_url, output.fileno())
        await gone(process)
        if process.wait():
            raise CannotStart(f"the migrations failed; the end of {log}:\n{last_lines(log, 15)}")

    def _start_gateway(self) -> None:
        at = {name: f"http://{processes.HOST}:{port}" for name, port in self._plan.ports.items()}
        upstreams = Upstreams([at[name] for name in processes.ws_names(self._settings.ws_nodes)], [at["engine"]], [at["admin"]])
        ping_port = self._ports["gateway-ping"]
        static = write_configuration(self._folder.gateway, self._settings.host, self._settings.port, ping_port)
        self._supervisor.keep(processes.gateway_service(static, upstreams.environment(), self._settings.port))

    async def _everything_answers(self) -> None:
        async with httpx.AsyncClient(base_url=self._settings.url, timeout=2, trust_env=False) as client:
            await servers.wait_until("Podium behind its gateway", lambda: _ready(client), self._gave_up, servers.READY_WITHIN_S)
        self._say("everything answers behind the gateway")

    def _gave_up(self) -> str | None:
        stuck = [k for k in self._supervisor.keepers() if k.ends_in_a_row >= servers.GIVEN_UP_AFTER_ENDS]
        return stuck[0].why_down if stuck else None

    def _write_run_file(self) -> None:
        """A full disk keeps the other commands from finding us, not the processes from being started again."""
        try:
            self.run_file().write(self._folder)
        except OSError as error:
            self._telemetry.log.error("run_file.not_written", error=str(error))

    def _say(self, what: str) -> None:
        print(f"podium: {time.monotonic() - self._began:5.1f} s  {what}", file=sys.stderr, flush=True)


def _raise_open_files() -> None:
    """Let the children open as many files as the hard limit allows: the usual soft limit of 1,024 would be a node of 800 sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _ready(client: httpx.AsyncClient) -> bool:
    """Whether each group of processes answers through the gateway, and all of them say that they are ready."""
    nobody = "00000000-0000-0000-0000-000000000000"
    try:
        health = await client.get("/api/v1/monitoring/health/ready")
        page = await client.get(f"/board/{nobody}")
        node = await client.get(f"/api/v1/contest/{nobody}/status/")
    except httpx.HTTPError:
        return False
    return health.status_code == 200 and page.status_code < 500 and node.status_code < 500


async def serve(settings: Settings) -> None:
    """Start, say `Podium is ready: <address>` on standard output, run until told to stop."""
    async with running(settings) as run:
        print(f"Podium is ready: {run.url}", flush=True)
        await asyncio.Event().wait()


def until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Run `work` on a loop of its own until it is done, or the first Ctrl-C, SIGTERM or hang-up cancels it (None). A second one ends it at
    once; children then go with this process."""

    async def guarded() -> T | None:
        task = asyncio.create_task(work)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    return asyncio.run(guarded())
