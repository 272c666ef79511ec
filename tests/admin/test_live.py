"""The live picture: what engines counted, the nodes that say they are there, and what it shows while Redis is away."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from contest.broker import nodes
from contest.broker.nodes import FORGOTTEN_S, SAY_EVERY_S, SILENT_S, NodeNow
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from podium.ports import free_ports
from tests.conftest import Servers
from tests.rest import Rest, both
from tests.support import eventually, stop
from tests.ws_server.conftest import Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def live(database_url: str, keys: Path, servers: Servers, prefix: str) -> AsyncIterator[Rest]:
    async with both(database_url, keys, redis_url=servers.redis_url, prefix=prefix) as made:
        yield made


async def picture(rest: Rest, contest: str) -> Any:
    answer = await rest.call("GET", f"/api/v1/admin/contests/{contest}/live/")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_is_done_and_what_waits(live: Rest) -> None:
    contest = (await live.contest())["id"]
    asked = await live.question(contest, kind="short_text")
    user = str(uuid7())
    await live.participant(contest, user_id=user)
    await live.act(contest, "start")
    token = live.token("contestant", contest, user)
    attempt = (await live.make(f"/api/v1/contest/{contest}/start/", {}, token=token))["attempt_id"]
    for version in range(3):
        body = {"question_id": asked["id"], "value": str(version), "device": "a", "base_version": version}
        await live.make(f"/api/v1/attempt/{attempt}/answer/", body, token=token)
    refused = await live.call(
        "POST", f"/api/v1/attempt/{attempt}/answer/", {"question_id": asked["id"], "value": 7, "device": "a"}, token=token
    )
    assert refused.status_code == 422
    for _ in range(2):  # the second is the first, told again
        sent = await live.call(
            "POST", f"/api/v1/contest/{contest}/submit/", {"question_id": asked["id"], "answer": "x"}, token=token,
            headers={"Idempotency-Key": "once"},
        )  # fmt: skip
        assert sent.status_code == 201, sent.text
    handed_in = await live.make(f"/api/v1/attempt/{attempt}/hand-in/", {}, token=token)
    assert handed_in["submissions"] == 1
    await live.make(f"/api/v1/contest/{contest}/clarifications/", {"text": "May n be 0?"}, token=token)

    async def counted() -> Any:
        found = await picture(live, contest)
        assert (sum(found["answers_per_min"]), sum(found["submissions_per_min"])) == (3, 2)
        return found

    found = await eventually(counted)
    assert len(found["answers_per_min"]) == len(found["submissions_per_min"]) == 60
    assert (found["unjudged"], found["clarifications_open"]) == (2, 1)
    assert found["outbox_waiting"] > 0  # no relay is there


async def test_a_node_says_whom_it_holds_and_is_missed_when_it_is_killed(
    live: Rest, servers: Servers, keys: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "SILENT_S", SAY_EVERY_S + 0.5)  # once is enough to be missed: it is a long wait else
    writer = Writer(Redis.from_url(servers.redis_url), Channels(prefix))
    writer.contest = ContestId((await live.contest())["id"])
    await writer.begin()
    port = free_ports(1)[0]
    environment = {"REDIS_URL": servers.redis_url, "PODIUM_KEYS": str(keys), "PODIUM_PREFIX": prefix, "PODIUM_PORT": str(port)}
    command = partial(subprocess.Popen, [sys.executable, "-m", "ws_server"], env={**os.environ, **environment, "PODIUM_NODE": "left"})
    node = await asyncio.to_thread(command)

    async def nodes_are(*expected: tuple[str, bool, int]) -> bool:
        found = await picture(live, writer.contest)
        assert [(one["name"], one["ready"], one["connections"]) for one in found["nodes"]] == list(expected)
        assert found["on_line"] == sum(count for _, ready, count in expected if ready)
        return True

    try:
        await eventually(lambda: nodes_are(("left", True, 0)))
        async with connect(f"ws://127.0.0.1:{port}/ws/contest/{writer.contest}", proxy=None):
            await eventually(lambda: nodes_are(("left", True, 1)))
            node.send_signal(signal.SIGKILL)
        await eventually(lambda: nodes_are(("left", False, 0)), within_s=2 * SILENT_S)
    finally:
        await asyncio.to_thread(stop, node, signal.SIGKILL)
        await writer.redis.aclose()


async def test_who_is_silent_is_not_ready_and_then_forgotten(redis: Redis, channels: Channels) -> None:
    here, there, now = ContestId(uuid7()), ContestId(uuid7()), time.time()
    await nodes.say(redis, channels, "b", True, {here: 3, there: 4}, now)
    await nodes.say(redis, channels, "a", False, {}, now)
    assert await nodes.read(redis, channels, here, now) == [NodeNow("a", False, 0), NodeNow("b", True, 3)]
    assert await nodes.read(redis, channels, here, now + SILENT_S + 1) == [NodeNow("a", False, 0), NodeNow("b", False, 0)]
    await nodes.say(redis, channels, "b", True, {there: 4}, now + SILENT_S + 1)
    assert await nodes.read(redis, channels, here, now + SILENT_S + 1) == [NodeNow("a", False, 0), NodeNow("b", True, 0)]
    assert [one.name for one in await nodes.read(redis, channels, here, now + FORGOTTEN_S + 1)] == ["b"]


@pytest.mark.parametrize("away", [True, False], ids=["away", "not given"])
async def test_without_redis_it_says_what_postgresql_knows(away: bool, database_url: str, keys: Path) -> None:
    nowhere = f"redis://127.0.0.1:{free_ports(1)[0]}/0" if away else ""
    async with both(database_url, keys, redis_url=nowhere) as rest:
        found = await picture(rest, (await rest.contest())["id"])
    assert [found[name] for name in ("on_line", "nodes", "answers_per_min", "submissions_per_min")] == [None] * 4
    assert (found["unjudged"], found["clarifications_open"]) == (0, 0)
