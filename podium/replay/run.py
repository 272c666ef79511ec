"""A whole replay: from a feed's file to its result. Prints nothing but what `tell` and `progress` are given."""

import asyncio
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from podium_client import PodiumRest
from podium_client.answers import Leaderboard

from contest.domain.audience import Role
from contest.ids import ContestId, UserId
from contest.tokens import AccessSigner
from podium.clics.feed import read_feed
from podium.clics.timeline import Action, Timeline, plan
from podium.data_folder import DataFolder
from podium.replay import record
from podium.replay.allowed import allowed
from podium.replay.audience import Audience, audience
from podium.replay.ending import Result, result, settle, staff_is_told
from podium.replay.player import Player
from podium.replay.stage import set_up
from podium.replay.viewers import Watch

PATIENCE_S = 120.0
"""A killed process is back within seconds; PostgreSQL after a crash may recover for longer."""
BEFORE_THAW_S = 1.0
"""However fast the play, staff get this long after the last frozen verdict is on their board; in a hall it is hours."""
TOKEN_TTL_S = 86_400
ACTOR = UserId(str(uuid.uuid5(uuid.NAMESPACE_URL, "podium:replay")))
"""Who the audit says did it: the same in every replay."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What to play and where. `data`: the folder whose keys mint the tokens."""

    feed: Path
    url: str
    data: Path
    speed: float
    viewers: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Called as the replay goes: `begun` with the contest's id and what will be played, `played` after each action."""

    begun: Callable[[str, Timeline], None]
    played: Callable[[Action], None]
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What a replay came to: its result, the public board it ended on and what was played."""

    result: Result
    board: Leaderboard
    timeline: Timeline


def read_timeline(feed: Path, tell: Callable[[str], None]) -> Timeline:
    """Raises OSError, NoContest. What cannot be used is told with its line number."""

    def complain(line: int, reason: str) -> None:
        tell(f"{feed.name}, line {line}: {reason}")

    with feed.open("rb") as lines:
        return plan(read_feed(lines, complain), complain)


async def _before_thaw(rest: PodiumRest, contest: str, viewers: Audience) -> None:
    await staff_is_told(rest, contest, viewers)
    await asyncio.sleep(BEFORE_THAW_S)
    await viewers.mark("thaw")


async def replay(order: Replay, progress: Progress) -> Played:
    """Raises OSError, NoContest, Refused (the contest cannot be made), Unreachable, AudienceGone."""
    timeline = read_timeline(order.feed, progress.tell)
    signer = AccessSigner.of(DataFolder(order.data).keys)

    def token(role: Role, contest: ContestId | None) -> str:
        return signer.mint(ACTOR, role, contest, TOKEN_TTL_S)[0]

    with tempfile.TemporaryDirectory(prefix="podium-replay-") as folder:
        kept = Path(folder) / "frames"
        async with PodiumRest(order.url, token("organiser", None), patience_s=PATIENCE_S) as rest:
            stage = await set_up(rest, timeline)
            await rest.move(stage.contest, "schedule")
            await rest.until_known(stage.contest)
            progress.begun(stage.contest, timeline)
            watch = Watch(order.url, stage.contest, order.viewers, token("grader", ContestId(stage.contest)), str(kept))
            async with audience(watch) as viewers:
                await viewers.seated()
                player = Player(rest, timeline, stage, order.speed, on_played=progress.played, tell=progress.tell)
                await player.play(partial(_before_thaw, rest, stage.contest, viewers))
                ending = await settle(rest, timeline, stage.contest, viewers)
        seen = record.examine(kept, allowed(timeline))
        return Played(result(stage.contest, ending, seen), ending.board, timeline)
