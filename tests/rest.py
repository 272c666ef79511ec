"""Real REST processes for tests: `run` of the engine and the admin as tasks on free ports, and a client that speaks to both."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from admin.app import routes as admin_routes
from admin.app import run as run_admin
from admin.config import Config as AdminConfig
from admin.issuers import Issuers, read_issuers
from admin.session import Doors
from contest.codes import Codes
from contest.config import Network
from contest.domain.audience import Role
from contest.edge.routes import Route
from contest.edge.serve import Listen
from contest.ended import Ended
from contest.ids import ContestId, ParticipantId, UserId
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner, Tickets
from engine.app import routes as engine_routes
from engine.app import run as run_engine
from engine.config import Config as EngineConfig
from podium.ports import free_ports
from tests.support import eventually

ME = UserId("0193577c-aaaa-7c11-8b7e-2f6d3a1c9e10")


@dataclass
class Rest:
    """Both processes, as one who has the keys sees them. `client` has no token of its own."""

    admin_url: str
    engine_url: str
    signer: AccessSigner
    client: httpx.AsyncClient
    telemetry: dict[str, Telemetry] = field(default_factory=dict)
    database_url: str = ""

    def token(self, role: Role = "organiser", contest: str | None = None, user: str = ME, ttl_s: int = 600, who: str | None = None) -> str:
        scope = None if contest is None else ContestId(contest)
        return self.signer.mint(UserId(user), role, scope, ttl_s, None if who is None else ParticipantId(who))[0]

    def url(self, path: str) -> str:
        """As the gateway has it."""
        for_contestants = path.startswith("/api/v1/contest/") and not path.endswith("/session/")
        on_engine = (
            for_contestants
            or path.startswith(("/api/v1/attempt/", "/api/v1/protocol/", "/board/", "/manage/", "/take/", "/assets/"))
            or path == "/"
        )
        return (self.engine_url if on_engine else self.admin_url) + path

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any) -> httpx.Response:
        """Ask with `token`, the organiser's if none is given; no token at all with ''."""
        headers = dict(more.pop("headers", {}))
        token = self.token() if token is None else token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            more["json"] = body
        return await self.client.request(method, self.url(path), headers=headers, **more)

    async def make(self, path: str, body: Any, **more: Any) -> Any:
        """POST that must succeed; its answer."""
        answer = await self.call("POST", path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def contest(self, **members: Any) -> Any:
        return await self.make("/api/v1/admin/contests/", {"title": "Spring Open", "duration_s": 18_000, **members})

    async def question(self, contest_id: str, label: str = "A", **members: Any) -> Any:
        return await self.make(
            "/api/v1/admin/questions/", {"contest_id": contest_id, "label": label, "title": f"Problem {label}", **members}
        )

    async def participant(self, contest_id: str, name: str = "AGH", **members: Any) -> Any:
        return await self.make("/api/v1/admin/participants/", {"contest_id": contest_id, "name": name, **members})

    async def act(self, contest_id: str, action: str, **members: Any) -> Any:
        return await self.make(f"/api/v1/admin/contests/{contest_id}/{action}/", members)


def all_routes(keys: Path) -> list[Route]:
    """The tables of both processes; nothing in them is used but to be listed."""
    nothing, tickets = None, Tickets.of(keys)
    doors = Doors(nothing, nothing, AccessSigner.of(keys), nothing, Ended(), nothing)  # type: ignore[arg-type]
    return [*admin_routes(doors, Codes.of(keys), tickets, Issuers(()), nothing, nothing), *engine_routes(tickets)]


def new_id() -> str:
    return str(uuid.uuid4())


@asynccontextmanager
async def running(run: Callable[[asyncio.Event], Any], *urls: str) -> AsyncIterator[None]:
    """`run(stop)` as a task, ready to answer at `urls`; stopped after. Fails with what it failed with."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    async with httpx.AsyncClient(verify=False) as client:

        async def up(url: str) -> bool:
            if task.done():
                task.result()
            try:
                return (await client.get(f"{url}/api/v1/monitoring/health/live")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            for url in urls:
                await eventually(lambda url=url: up(url))
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 10)


def admin_config(
    database_url: str, keys: Path, port: int, proxies: tuple[Network, ...] = (), peers: tuple[tuple[str, str], ...] = ()
) -> AdminConfig:
    listen, files_url = Listen("127.0.0.1", port, proxies), (keys.parent / "files").as_uri()
    return AdminConfig(database_url=database_url, keys=keys, listen=listen, peers=peers, log_level="info", files_url=files_url)


def engine_config(database_url: str, keys: Path, port: int, proxies: tuple[Network, ...] = ()) -> EngineConfig:
    return EngineConfig(
        database_url=database_url, keys=keys, listen=Listen("127.0.0.1", port, proxies), frame_ancestors="'self'", log_level="info",
        files_url=(keys.parent / "files").as_uri(),
    )  # fmt: skip


@asynccontextmanager
async def both(
    database_url: str, keys: Path, issuers: Path | None = None, redis_url: str = "", prefix: str = "podium"
) -> AsyncIterator[Rest]:
    """The engine and the admin over one database. `issuers`: the file of PODIUM_ISSUERS."""
    admin_port, engine_port = free_ports(2)
    admin_url, engine_url = f"http://127.0.0.1:{admin_port}", f"http://127.0.0.1:{engine_port}"
    telemetry = {"admin": Telemetry("admin"), "engine": Telemetry("engine")}
    proxies = (ip_network("127.0.0.0/8"),)
    admin = admin_config(database_url, keys, admin_port, proxies)
    admin = replace(admin, issuers=read_issuers(str(issuers)) if issuers else (), redis_url=redis_url, prefix=prefix)
    engine = replace(engine_config(database_url, keys, engine_port, proxies), redis_url=redis_url, prefix=prefix)

    def run(stop: asyncio.Event) -> Any:
        return asyncio.gather(run_admin(admin, telemetry["admin"], stop), run_engine(engine, telemetry["engine"], stop))

    async with running(run, admin_url, engine_url), httpx.AsyncClient(timeout=20, verify=False) as client:
        yield Rest(admin_url, engine_url, AccessSigner.of(keys), client, telemetry, database_url)


@pytest.fixture
async def rest(database_url: str, keys: Path) -> AsyncIterator[Rest]:
    """The engine and the admin over this test's own database. Each folder's conftest takes it from here."""
    async with both(database_url, keys) as made:
        yield made


def check_refusal(answer: httpx.Response, status: int, code: str) -> Any:
    """The one shape of every refusal; returns `details`."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    error = answer.json()["error"]
    assert error.keys() == {"code", "message", "details"}
    assert error["code"] == code, answer.text
    return error["details"]
