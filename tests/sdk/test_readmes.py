"""The examples of both clients' READMEs, run as they stand there against a whole Podium."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from podium_client import PodiumRest

from tests.running import ROOT, RunningPodium
from tests.support import eventually
from web.build_pages import SDK, WEB, install, node_binary

pytestmark = pytest.mark.anyio
PYTHON = ROOT / "sdk" / "python" / "README.md"
TYPESCRIPT = SDK / "README.md"
WITHIN_S = 60


def examples(readme: Path, language: str) -> dict[str, str]:
    """The heading over it -> the example."""
    parts = re.split(r"^## (.+)$", readme.read_text(), flags=re.MULTILINE)
    found = {}
    for heading, text in zip(["", *parts[1::2]], parts[::2], strict=True):
        for number, code in enumerate(re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)):
            found[heading if number == 0 else f"{heading} {number + 1}"] = code
    return found


@contextlib.asynccontextmanager
async def running(*command: str, cwd: Path = ROOT) -> AsyncIterator[list[str]]:
    """The lines that it prints, as it prints them. A program that fails before it is left fails the test."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "sdk" / "python"), "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1"}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    lines: list[str] = []

    async def read(output: asyncio.StreamReader) -> None:
        async for line in output:
            lines.append(line.decode().rstrip())  # noqa: PERF401 - looked at while it grows

    reading = asyncio.create_task(read(process.stdout))
    try:
        yield lines
        assert process.returncode in (None, 0), lines
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def finished(*command: str, cwd: Path = ROOT) -> list[str]:
    """All it printed; it must end by itself and well."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "sdk" / "python"), "NO_PROXY": "127.0.0.1"}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), WITHIN_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    return output.decode().splitlines()


@pytest.fixture
async def organiser(podium: RunningPodium, anyio_backend: Any) -> AsyncIterator[PodiumRest]:
    async with PodiumRest(podium.url, podium.token("organiser")) as rest:
        yield rest


async def contest_with_code(organiser: PodiumRest) -> tuple[str, str]:
    """A running contest with one numeric question, and a personal code for it."""
    contest = (await organiser.create_contest("By the book", 3600)).id
    await organiser.questions.create(contest, "A", "Depth", kind="numeric", points=4, answer_key={"value": 4.2, "absolute": 0.05})
    await organiser.create_participant(contest, "Ada")
    (code,) = await organiser.participants.give_codes(contest)
    await organiser.move(contest, "start")
    await organiser.until_known(contest)
    return contest, code.code


async def test_python_watch(podium: RunningPodium, organiser: PodiumRest, tmp_path: Path) -> None:
    contest, _ = await contest_with_code(organiser)
    script = tmp_path / "watch.py"
    script.write_text(examples(PYTHON, "python")["Watch a board"])
    async with running(sys.executable, str(script), podium.url, contest) as lines:
        await eventually(lambda: any("Ada" in line for line in lines))
        await organiser.move(contest, "end")
        await eventually(lambda: any("now ended" in line for line in lines))


async def test_python_make(podium: RunningPodium, organiser: PodiumRest, tmp_path: Path) -> None:
    script = tmp_path / "make.py"
    script.write_text(examples(PYTHON, "python")["Make a contest"])
    lines = await finished(sys.executable, str(script), podium.url, podium.token("organiser"))
    assert lines[0].startswith("would be wrong: [(4,"), lines
    assert lines[1] == "2 people in 2 groups"
    assert [line.split()[0] for line in lines[2:4]] == ["Ada", "Grace"]
    assert lines[5] == "412 contest.changed"
    made = await organiser.contest(lines[6].removeprefix("contest "))
    assert (made.title, made.state, made.counts.participants) == ("Spring Open 2026", "ongoing", 2)


async def test_python_take(podium: RunningPodium, organiser: PodiumRest, tmp_path: Path) -> None:
    contest, code = await contest_with_code(organiser)
    script = tmp_path / "take.py"
    script.write_text(examples(PYTHON, "python")["Take part"])
    lines = await finished(sys.executable, str(script), podium.url, contest, code, str(tmp_path / "answers.db"))
    assert "verdict AC" in lines, lines
    assert any(line.endswith("saved 4.2") for line in lines), lines


@pytest.fixture
def node() -> list[str]:
    install()
    return [str(node_binary()), "--import", str(WEB / "test" / "client.ts")]


def as_here(example: str, podium: RunningPodium, **values: str) -> str:
    """The example with what differs from place to place."""
    return example.replace("https://podium.example", podium.url).replace("0193577c-0a3e-7c11-8b7e-2f6d3a1c9e10", values["contest"]).replace(
        "ABCD-EFGH-JKLM", values.get("code", "")
    ).replace("<token>", values.get("token", ""))  # fmt: skip


async def test_typescript_follow(podium: RunningPodium, organiser: PodiumRest, node: list[str], tmp_path: Path) -> None:
    contest, _ = await contest_with_code(organiser)
    script = tmp_path / "follow.ts"
    script.write_text(as_here(examples(TYPESCRIPT, "ts")[""], podium, contest=contest))
    async with running(*node, str(script), cwd=WEB) as lines:
        await eventually(lambda: any("By the book ongoing" in line for line in lines))
        await eventually(lambda: any("Ada" in line for line in lines))


async def test_typescript_take(podium: RunningPodium, organiser: PodiumRest, node: list[str], tmp_path: Path) -> None:
    contest, code = await contest_with_code(organiser)
    script = tmp_path / "take.ts"
    script.write_text(as_here(examples(TYPESCRIPT, "ts")["Take part"], podium, contest=contest, code=code))
    async with running(*node, str(script), cwd=WEB) as lines:
        await eventually(lambda: any(line.endswith("saved") for line in lines))


async def test_typescript_make(podium: RunningPodium, organiser: PodiumRest, node: list[str], tmp_path: Path) -> None:
    script = tmp_path / "make.ts"
    token = podium.token("organiser")
    script.write_text(as_here(examples(TYPESCRIPT, "ts")["Run a contest"], podium, contest="", token=token))
    lines = await finished(*node, str(script), cwd=WEB)
    assert any("2 people" in line for line in lines), lines
    assert lines[-1].startswith("contest "), lines
    assert (await organiser.contest(lines[-1].removeprefix("contest "))).state == "ongoing"
