"""The leaderboards as sorted sets: participant -> place on the board (smaller is better), one set a view. Written by the ranker alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from contest.broker.logs import run_script
from contest.domain.outcomes import View
from contest.ids import ContestId
from contest.wire.channels import Channels


class Ranks:
    """Writes the sets of one contest's views. Holds no state but the compiled script."""

    def __init__(self, redis: Redis, channels: Channels) -> None:
        self._channels = channels
        self._write: Any = redis.register_script((Path(__file__).parent / "ranks.lua").read_text())

    async def write(
        self, contest: ContestId, view: View, fence: int, moved: Mapping[str, int], gone: tuple[str, ...], *, anew: bool
    ) -> None:
        """Set the places of `moved`, drop `gone`; `anew`: `moved` is everybody. Raises Fenced."""
        keys = [self._channels.log_meta(contest, f"board:{view}"), self._channels.ranks(contest, view)]
        pairs = (part for participant, place in moved.items() for part in (place, participant))
        await run_script(self._write, keys, [fence, "anew" if anew else "", len(moved), *pairs, *gone])
