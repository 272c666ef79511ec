"""Where a round runs: a Valkey of its own, keys, one public contest whose logs stand as the relay and the ranker leave them."""

import asyncio
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from contest.broker.logs import Logs
from contest.ids import ContestId, UserId
from contest.tokens import Person, Tickets
from contest.wire.channels import Channels

LOG = "events:public"
SERVER_CORE, SWARM_CORE = "0", "1"
STATUS = {
    "version": 1, "title": "bench", "state": "ongoing", "public": True, "rehearsal": False, "scoring": "icpc", "penalty_s": 1200,
    "start_at": None, "end_at": None, "duration_s": 18000, "freeze_after_s": None, "frozen": False, "frozen_from_s": None,
    "started_at": None, "frozen_at": None, "ended_at": None, "thawed_at": None, "finalized_at": None,
    "clock": {"at": None, "contest_time_s": 0.0, "rate": 1.0}, "theme": None,
}  # fmt: skip
ROWS = 60
"""Of the board that a viewer gets first: about 4 kB."""


@dataclass(frozen=True)
class Place:
    redis_url: str
    keys: Path
    channels: Channels
    contest: ContestId
    swarm: Path
    folder: Path

    @property
    def peer_channel(self) -> str:
        """Where peers hear what Podium hears on its log."""
        return f"{self.channels.prefix}:peer"


def board() -> bytes:
    rows = [
        {"id": f"{number:08x}", "name": f"Team {number:03}", "rank": number + 1, "solved": 0, "penalty_min": 0} for number in range(ROWS)
    ]
    return json.dumps({"scoring": "icpc", "problems": [], "groups": [], "rows": rows}, separators=(",", ":")).encode()


def write_tickets(place: Place, count: int) -> Path:
    """A file with a viewer's ticket of its own on each of `count` lines."""
    tickets, until = Tickets.of(place.keys), int(time.time()) + 3600
    path = place.folder / "tickets"
    people = (Person(UserId(f"viewer-{number}"), "viewer", None, until) for number in range(count))
    path.write_text("".join(f"{tickets.mint(person, place.contest)[0]}\n" for person in people))
    return path


async def prepare(redis: Redis, place: Place) -> None:
    """The logs of one public contest as the relay and the ranker leave them."""
    logs = Logs(redis, place.channels)
    for log, members in (
        (LOG, b'"type":"events.snapshot","status":' + json.dumps(STATUS).encode() + b',"announcements":[]}'),
        ("board:public", b'"type":"board.snapshot","board":' + board() + b"}"),
    ):
        at = await logs.renew(place.contest, log)
        head = f'{{"log":"{log}","epoch":"{at.epoch}","seq":0,'.encode()
        await logs.save_snapshot(place.contest, log, at, head + members)


async def wait_for_port(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


def pinned(command: list[str], **environment: str) -> "subprocess.Popen[bytes]":
    """`command` on the server's core."""
    return subprocess.Popen(["taskset", "-c", SERVER_CORE, *command], env=os.environ | environment, stdout=subprocess.DEVNULL)
