"""Starts a whole Podium and lets one contest follow the other in it."""

import asyncio
import os
import random
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path

from podium_client import PodiumError, PodiumRest
from rich.console import Console

from contest.ids import ContestId, UserId
from contest.tokens import AccessSigner
from podium.data_folder import FolderInUse
from podium.demo.day import Day, Say
from podium.demo.doors import LOGIN as VISITOR_LOGIN
from podium.demo.doors import OrganiserDoor
from podium.demo.invented import TITLES
from podium.first_organiser import LOGIN
from podium.run_file import RunFile
from podium.servers import NotReady
from podium.up import CannotStart, Settings, running, until_stopped

PAUSE_S = 20.0
"""Between two contests: time to look at the final board."""
TOKEN_TTL_S = 86_400


class DemoFailed(Exception):  # noqa: N818 - a fact for the person at the terminal
    """It cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for."""

    host: str
    port: int
    data: Path
    contestants: int
    minutes: float
    once: bool


def run(wish: Wish) -> None:
    """Until Ctrl-C, or the end of the first contest with `once`. Raises DemoFailed."""
    try:
        until_stopped(_run(wish))
    except (NotReady, CannotStart, FolderInUse, PodiumError, OSError) as error:
        raise DemoFailed(str(error)) from error


async def _run(wish: Wish) -> None:
    console = Console(highlight=False, soft_wrap=True)
    async with running(Settings(wish.data, wish.port, wish.host).with_servers(os.environ)) as podium:
        console.print(f"Podium is ready: {podium.url}")
        console.print(f"The organiser logs in as {LOGIN}; the password is shown once, at the first start on a data folder.")
        console.print("Ctrl-C ends it." if not wish.once else "One contest, then it ends.")
        await _contests(wish, podium, lambda message: console.print(f"  {message}", markup=False))


async def _contests(wish: Wish, podium: RunFile, say: Say) -> None:
    signer, actor = AccessSigner.of(Path(podium.keys)), UserId(str(uuid.uuid5(uuid.NAMESPACE_URL, "podium:demo")))
    chance = random.Random(secrets.randbits(64))

    def grader_token(contest: str) -> str:
        return signer.mint(actor, "grader", ContestId(contest), TOKEN_TTL_S)[0]

    number, door = 0, OrganiserDoor()

    async def open_door(rest: PodiumRest, contest: str) -> None:
        password = await door.open(rest, contest)
        say(f"organise it: {podium.url}/manage/ (log in as {VISITOR_LOGIN}, password {password})")

    while True:
        # A token for each contest: the demonstration may run for weeks.
        token = signer.mint(actor, "organiser", None, TOKEN_TTL_S)[0]
        title = TITLES[number % len(TITLES)] + (f" {number // len(TITLES) + 1}" if number >= len(TITLES) else "")
        async with PodiumRest(podium.url, token) as rest:
            day = Day(podium.url, title, wish.contestants, wish.minutes * 60)
            await day.run(rest, grader_token, chance, say, open_door)
        if wish.once:
            return
        number += 1
        say(f"the next contest in {PAUSE_S:.0f} s")
        await asyncio.sleep(PAUSE_S)
