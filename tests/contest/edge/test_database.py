"""PostgreSQL out of reach, too slow, or gone in the middle: 503 with Retry-After, and all is well once it is back."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.routing import BaseRoute

from admin.app import run
from admin.contests import ROUTES
from contest.edge.app import build
from contest.edge.database import Database, is_unreachable
from contest.edge.endpoint import Edge
from contest.edge.monitoring import monitoring_routes
from contest.edge.serve import Listen, serve
from contest.errors import Refusal
from contest.store.connect import open_pool
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner, AccessVerifier
from podium.ports import free_ports
from tests.rest import Rest, admin_config, check_refusal, running
from tests.support import eventually

pytestmark = pytest.mark.anyio


async def test_a_process_starts_without_postgresql_and_says_that_it_is_not_ready(keys: Path) -> None:
    port, nobody = free_ports(2)
    config = admin_config(f"postgresql://x:y@127.0.0.1:{nobody}/z", keys, port)
    url = f"http://127.0.0.1:{port}"
    async with running(lambda stop: run(config, Telemetry("admin"), stop), url), httpx.AsyncClient() as client:
        ready = await client.get(f"{url}/api/v1/monitoring/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
        assert ready.json()["checks"]["database"]["ok"] is False
        token = Rest(url, url, AccessSigner.of(keys), client).token()
        answer = await client.get(f"{url}/api/v1/admin/contests/", headers={"Authorization": f"Bearer {token}"})
        check_refusal(answer, 503, "server.overloaded")
        assert int(answer.headers["retry-after"]) >= 1


async def test_connections_that_were_cut_are_replaced(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = await rest.contest()
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def answered() -> int:
        return (await rest.call("GET", f"/api/v1/admin/contests/{contest['id']}/")).status_code

    statuses = [await answered() for _ in range(4)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


async def test_too_slow_is_503_and_changes_nothing(database_url: str, pool: asyncpg.Pool, keys: Path) -> None:
    (port,) = free_ports(1)
    url, telemetry, verifier = f"http://127.0.0.1:{port}", Telemetry("slow"), AccessVerifier.of(keys)
    async with await open_pool(database_url) as own:
        database = Database(own)
        edge = Edge(verifier, telemetry, database, within_s=0.3)

        async def ready() -> dict[str, object]:
            return {"database": await database.check()}

        others: list[BaseRoute] = monitoring_routes(telemetry, edge.door, ready)
        app = build(edge, ROUTES, others)
        async with running(lambda stop: serve(app, Listen("127.0.0.1", port), stop), url), httpx.AsyncClient() as client:
            rest = Rest(url, url, AccessSigner.of(keys), client)
            async with pool.acquire() as holder, holder.transaction():
                await holder.execute("LOCK TABLE podium_contest")
                calls = (rest.call("POST", "/api/v1/admin/contests/", {"title": "x", "duration_s": 60}) for _ in range(15))
                for answer in await asyncio.gather(*calls):
                    check_refusal(answer, 503, "server.overloaded")
            listed = await eventually(lambda: _answered(rest, "GET", "/api/v1/admin/contests/"))
            assert listed["total"] == 0
            assert await pool.fetchval("SELECT count(*) FROM podium_outbox") == 0
            made = await eventually(lambda: _answered(rest, "POST", "/api/v1/admin/contests/", {"title": "x", "duration_s": 60}))
            assert made["state"] == "draft"


async def _answered(rest: Rest, method: str, path: str, body: Any = None) -> Any:
    """None as long as it is too slow: on a busy machine 0.3 s can be short for anything."""
    answer = await rest.call(method, path, body)
    return answer.json() if answer.status_code in (200, 201) else None


async def test_no_more_wait_for_a_connection_than_may(database_url: str) -> None:
    async with await open_pool(database_url, size=1) as own:
        database = Database(own, waiting_most=3)
        async with database.connection():
            waiting = [asyncio.create_task(_trip(database)) for _ in range(5)]
            for task in waiting[3:]:
                with pytest.raises(Refusal) as caught:
                    await task
                assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "1")
        assert await asyncio.gather(*waiting[:3]) == [1, 1, 1]


async def _trip(database: Database) -> int:
    async with database.connection() as connection:
        found: int = await connection.fetchval("SELECT 1")
        return found


def test_a_wrong_argument_is_our_fault_and_no_reason_to_come_again() -> None:
    class WrongArgumentError(asyncpg.InterfaceError, ValueError):
        """As asyncpg has it."""

    assert not is_unreachable(WrongArgumentError("x"))
    assert is_unreachable(asyncpg.InterfaceError("connection is closed"))
    assert is_unreachable(asyncpg.DeadlockDetectedError("x"))
    assert not is_unreachable(asyncpg.UndefinedTableError("x"))
