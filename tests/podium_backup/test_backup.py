"""Backing up a Podium that is being used and making another one of it, as a person does: by the command line, on real servers."""

import asyncio
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import asyncpg
import httpx
import pytest

from podium.backup import archive
from tests.conftest import Servers
from tests.running import ROOT, RunningPodium, start_podium
from tests.support import eventually

pytestmark = pytest.mark.anyio


def run_podium(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "podium", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, env={**os.environ, **environment})


class Submitting:
    """A contestant who submits without a pause and notes what was acknowledged."""

    def __init__(self, url: str, organiser: str) -> None:
        self.acknowledged: list[str] = []
        self.contest = ""
        self.token = ""
        self._client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)
        self._organiser = {"Authorization": f"Bearer {organiser}"}
        self._question = ""

    async def _make(self, path: str, body: object, headers: dict[str, str] | None = None) -> dict[str, str]:
        answer = await self._client.post(f"/api/v1/{path}", json=body, headers=headers or self._organiser)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, str] = answer.json()
        return found

    async def begin(self) -> None:
        self.contest = (await self._make("admin/contests/", {"title": "Small Cup", "duration_s": 3600}))["id"]
        self._question = (await self._make("admin/questions/", {"contest_id": self.contest, "label": "A", "title": "Apples"}))["id"]
        who = (await self._make("admin/participants/", {"contest_id": self.contest, "name": "Ann"}))["id"]
        self.token = (await self._make(f"admin/participants/{who}/token/", {}))["token"]
        await self._make(f"admin/contests/{self.contest}/start/", {})

    async def close(self) -> None:
        await self._client.aclose()

    async def go_on(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            body = {"question_id": self._question, "answer": str(len(self.acknowledged))}
            self.acknowledged.append((await self._make(f"contest/{self.contest}/submit/", body, headers))["submission_id"])


async def stored(database_url: str) -> set[str]:
    connection = await asyncpg.connect(database_url)
    try:
        return {str(row["id"]) for row in await connection.fetch("SELECT id FROM podium_submission")}
    finally:
        await connection.close()


async def board(url: str, contest: str) -> list[dict[str, object]]:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        rows: list[dict[str, object]] = (await client.get(f"/api/v1/contest/{contest}/leaderboard/")).json()["rows"]
        return rows


async def test_a_machine_is_lost_and_everything_comes_back(tmp_path: Path) -> None:
    """What was acknowledged before the backup began is there after, with its board; tokens that were given out still open."""
    first, kept = start_podium(tmp_path / "first"), tmp_path / "kept.podium"
    try:
        one = Submitting(first.url, first.token("organiser"))
        (first.data / "files" / "ab").mkdir(parents=True)
        (first.data / "files" / "ab" / "answer.pdf").write_bytes(b"%PDF" * 1000)
        await one.begin()
        going = asyncio.create_task(one.go_on())
        try:
            await eventually(lambda: len(one.acknowledged) >= 20)
            before = list(one.acknowledged)
            done = await asyncio.to_thread(run_podium, "backup", str(kept), "--data", str(first.data))
            assert done.returncode == 0, done.stderr
            assert not going.done(), "submitting went on meanwhile"
        finally:
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
            await one.close()
    finally:
        first.stop()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []  # noqa: PTH208

    again = run_podium("restore", str(kept), "--data", str(tmp_path / "second"))
    assert again.returncode == 0, again.stderr
    second = start_podium(tmp_path / "second")
    try:
        assert set(before) <= await stored(second.run["database_url"]) <= set(one.acknowledged) | {"in flight"}
        assert (second.data / "files" / "ab" / "answer.pdf").read_bytes() == b"%PDF" * 1000
        await eventually(lambda: _shows_ann(second, one.contest), within_s=20)
        async with httpx.AsyncClient(base_url=second.url, trust_env=False) as client:
            own = await client.get(f"/api/v1/contest/{one.contest}/submissions/", headers={"Authorization": f"Bearer {one.token}"})
        assert own.status_code == 200
        assert own.json()["total"] >= len(before)
        assert "shown once" not in second.log.read_text(), "the organiser of before is there"
    finally:
        second.stop()
    assert {path.stat().st_mode & 0o777 for path in (second.data / "keys").iterdir()} == {0o600}


async def _shows_ann(podium: RunningPodium, contest: str) -> bool:
    rows = await board(podium.url, contest)
    return [row["name"] for row in rows] == ["Ann"]


@pytest.fixture
async def made(servers: Servers, database_url: str, tmp_path: Path) -> Path:
    """A backup of this test's database and two keys."""
    folder, kept = tmp_path / "data", tmp_path / "kept.podium"
    (folder / "keys").mkdir(parents=True)
    for name in ("ticket.key", "access-1.pem"):
        (folder / "keys" / name).write_bytes(name.encode() * 100)
    done = run_podium("backup", str(kept), "--data", str(folder), DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    return kept


async def test_into_an_empty_database_and_no_other(servers: Servers, database_url: str, made: Path, tmp_path: Path) -> None:
    refused = run_podium("restore", str(made), "--data", str(tmp_path / "x"), DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert "not empty" in refused.stderr
    fresh = f"{database_url}_again"
    try:
        done = run_podium("restore", str(made), "--data", str(tmp_path / "y"), DATABASE_URL=fresh)
        assert done.returncode == 0, done.stderr
        assert await _tables(fresh) == await _tables(database_url)
        assert (tmp_path / "y" / "keys" / "ticket.key").read_bytes() == b"ticket.key" * 100
    finally:
        admin = await asyncpg.connect(servers.database_url("postgres"))
        await admin.execute(f'DROP DATABASE IF EXISTS "{fresh.rpartition("/")[2]}" WITH (FORCE)')
        await admin.close()


async def _tables(database_url: str) -> list[tuple[str, str, str]]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


async def test_what_is_there_already_is_not_overwritten(database_url: str, made: Path, tmp_path: Path) -> None:
    again = run_podium("backup", str(made), "--data", str(tmp_path / "data"), DATABASE_URL=database_url)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    (tmp_path / "used" / "postgres").mkdir(parents=True)
    assert "in use already" in run_podium("restore", str(made), "--data", str(tmp_path / "used")).stderr


def test_nothing_runs_there(tmp_path: Path) -> None:
    done = run_podium("backup", str(tmp_path / "x"), "--data", str(tmp_path / "nothing"), DATABASE_URL="")
    assert done.returncode == 1
    assert "nothing has run" in done.stderr


def damaged(kept: Path, how: str) -> bytes:
    whole = kept.read_bytes()
    match how:
        case "cut":
            return whole[: len(whole) // 2]
        case "one bit":
            at = whole.index(b"ticket.keyticket.key")
            return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        case "no tar":
            return b"PGDMP" + whole
        case _:
            return b""


@pytest.mark.parametrize("how", ["cut", "one bit", "no tar", "empty"])
async def test_a_damaged_backup_is_refused_whole(made: Path, tmp_path: Path, how: str) -> None:
    broken = tmp_path / "broken.podium"
    broken.write_bytes(damaged(made, how))
    done = run_podium("restore", str(broken), "--data", str(tmp_path / "z"), DATABASE_URL="")
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "z" / "postgres").exists()
    assert not (tmp_path / "z" / ".restoring").exists()


@pytest.mark.parametrize("name", ["../outside", "keys/../../outside", "/outside", "lock", "keys/link"])
def test_nothing_gets_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """Whatever names a backup holds that somebody made by hand."""
    (tmp_path / "content").write_bytes(b"evil")
    kept = tmp_path / "evil.podium"
    archive.write(kept, "2026-11-25T00:00:00.000Z", "0001", {name: tmp_path / "content"}, lambda *_: None)
    if name == "keys/link":
        _made_a_link(kept, name)
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(archive.BrokenBackup):
        archive.unpack(kept, target, archive.read_manifest(kept), lambda *_: None)
    assert not (tmp_path / "outside").exists()
    assert list(target.rglob("*")) == []


def _made_a_link(kept: Path, name: str) -> None:
    with tarfile.open(kept) as tar:
        manifest = tar.extractfile(archive.MANIFEST)
        assert manifest is not None
        content = manifest.read()
    (kept.parent / "manifest.json").write_bytes(content)
    with tarfile.open(kept, "w") as tar:
        tar.add(kept.parent / "manifest.json", archive.MANIFEST)
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
