"""The version before and this one side by side over one database, while people submit: the schema is expanded under them, both serve, the
old one goes. Nothing acknowledged is lost, nobody is refused but with "come again", and the board is what PostgreSQL says."""

import asyncio
import os
import random
import secrets
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.domain.scoring import fold
from contest.ids import ContestId
from contest.store import scores
from contest.store.connect import open_pool
from contest.store.migrate import migrate
from contest.wire.channels import Channels
from podium.ports import free_ports
from ranker.published import published
from tests.conftest import Servers
from tests.running import ROOT, RunningPodium, wait_until_ready
from tests.support import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

BEFORE = "5e31fc1"
"""The version whose schema is 0002: before accounts, pauses and answers."""
CONTESTANTS = 6


def checked_out(target: Path) -> Path:
    """The sources of BEFORE, from this repository's own history, with the pages of today beside them (they are not what is tried)."""
    packed = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    assert packed.returncode == 0, f"this test needs the history of the repository, with {BEFORE} in it: {packed.stderr.decode()}"
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", str(target)], input=packed.stdout, check=True)  # the first Pythons 3.11 extract without a filter
    shutil.copytree(ROOT / "web" / "dist", target / "web" / "dist")
    return target


class Versions:
    """Both installations over the servers of the test. What is started is stopped."""

    def __init__(self, folder: Path, servers: Servers, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        self.redis_url = servers.redis_url
        self.database_url = servers.database_url(f"test_{secrets.token_hex(6)}")
        self.started: list[RunningPodium] = []

    def start(self, name: str, home: Path) -> RunningPodium:
        """`podium up` of the sources in `home`; it migrates the database to its own schema first, as it does for everybody."""
        data, port = self.folder / name, free_ports(1)[0]
        if self.started:
            shutil.copytree(self.started[0].data / "keys", data / "keys")
            (data / "lock").touch(mode=0o600)
        log = self.folder / f"{name}.log"
        environment = {**os.environ, "DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "PODIUM_PREFIX": self.prefix}
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "podium", "up", "--port", str(port), "--data", str(data)],
                cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        running = RunningPodium(process, f"http://127.0.0.1:{port}", data, log)
        self.started.append(running)
        wait_until_ready(running)
        return running


class Crowd:
    """An organiser who judges at once and contestants who never stop, each call at one of `urls` by chance, again until it is answered."""

    def __init__(self, client: httpx.AsyncClient, url: str, organiser: str) -> None:
        self.urls = [url]
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []
        self.contest = ""
        self.ended = False
        self._organiser = organiser
        self._chance = random.Random(7)
        self._client = client

    async def call(self, path: str, body: Any, token: str) -> Any:
        """POST with one key until it is neither 503 nor cut; the answer of the first success, from whichever version."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
        while True:
            try:
                answer = await self._client.post(f"{self._chance.choice(self.urls)}/api/v1/{path}", json=body, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code in (200, 201):
                return answer.json()
            if answer.status_code != 503:
                self.refused.append(answer.text)
                raise AssertionError(answer.text)
            await asyncio.sleep(0.05)

    async def begin(self) -> list[str]:
        """The contest runs; the tokens of those who take part."""
        staff = self._organiser
        self.contest = (await self.call("admin/contests/", {"title": "Moving house", "duration_s": 7200}, staff))["id"]
        self.questions = [
            (await self.call("admin/questions/", {"contest_id": self.contest, "label": label, "title": label}, staff))["id"]
            for label in "ABC"
        ]
        tokens = []
        for number in range(CONTESTANTS):
            who = await self.call("admin/participants/", {"contest_id": self.contest, "name": f"Team {number}"}, staff)
            tokens.append((await self.call(f"admin/participants/{who['id']}/token/", {}, staff))["token"])
        await self.call(f"admin/contests/{self.contest}/start/", {}, staff)
        return tokens

    async def take_part(self, token: str) -> None:
        while not self.ended:
            question = self._chance.choice(self.questions)
            made = await self.call(f"contest/{self.contest}/submit/", {"question_id": question, "answer": "42"}, token)
            self.acknowledged.add(made["submission_id"])
            verdict = self._chance.choice(["AC", "WA", "WA", "WA"])
            await self.call("admin/grading/manual/", {"submission_id": made["submission_id"], "verdict": verdict}, self._organiser)

    async def more(self, count: int) -> None:
        """Wait until so many more were acknowledged."""
        wanted = len(self.acknowledged) + count
        await eventually(lambda: len(self.acknowledged) >= wanted or self.refused, within_s=60)
        assert not self.refused


async def test_people_submit_while_the_version_changes(servers: Servers, redis: Redis, prefix: str, tmp_path: Path) -> None:
    versions, old_home = Versions(tmp_path, servers, prefix), checked_out(tmp_path / "before")
    going: list[asyncio.Task[None]] = []
    client = httpx.AsyncClient(trust_env=False, timeout=20)
    try:
        old = await asyncio.to_thread(versions.start, "old", old_home)
        crowd = Crowd(client, old.url, await asyncio.to_thread(old.token, "organiser"))
        going += [asyncio.create_task(crowd.take_part(token)) for token in await crowd.begin()]
        await crowd.more(20)
        await asyncio.to_thread(migrate, versions.database_url)  # under load, before anything of this version runs
        await crowd.more(20)
        new = await asyncio.to_thread(versions.start, "new", ROOT)
        crowd.urls.append(new.url)
        await crowd.more(40)
        crowd.urls.remove(old.url)
        await asyncio.to_thread(old.stop)
        await crowd.more(40)
        crowd.ended = True
        await asyncio.gather(*going)
        await assert_whole(versions, crowd, Logs(redis, Channels(prefix)))
        assert old.process.returncode == 0
    finally:
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        await client.aclose()
        for running in versions.started:
            await asyncio.to_thread(running.stop)


async def assert_whole(versions: Versions, crowd: Crowd, logs: Logs) -> None:
    pool: asyncpg.Pool = await open_pool(versions.database_url)
    try:
        async with pool.acquire() as connection:
            found = await scores.load(connection, ContestId(crowd.contest))
        assert found is not None
        assert {one.id for one in found.submissions} == crowd.acknowledged
        assert all(one.verdict for one in found.submissions)
        for view in ("public", "full"):
            wanted = fold(found.rules, found.questions, found.groups, found.entrants, found.submissions, view)

            async def reached(view: str = view, wanted: Any = wanted) -> bool:
                shown = await published(logs, ContestId(crowd.contest), f"board:{view}")
                return shown is not None and shown[1] == wanted

            await eventually(reached, within_s=20)
    finally:
        pool.terminate()
