"""Everything that somebody who is not staff can read of a contest, in one list: the leak tests walk it. A new way to read goes here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from contest.domain.audience import STAFF
from contest.wire.channels import Channels

QUIET_S = 0.6
"""A socket that says nothing for so long has told what it had to tell (the ranker's tick is 0.1 s)."""


@dataclass(frozen=True)
class Place:
    """A contest to read. `tokens`: an access token by role, not of staff."""

    url: str
    redis_url: str
    prefix: str
    contest: str
    participant: str
    tokens: Mapping[str, str]


Reader = Callable[[Place], Awaitable[bytes]]


def over_http(path: str) -> Reader:
    async def read(place: Place) -> bytes:
        async with httpx.AsyncClient(base_url=place.url, trust_env=False) as client:
            answer = await client.get(path.format(contest=place.contest, participant=place.participant))
            assert answer.status_code == 200, answer.text
            return answer.content

    return read


def own_submissions() -> Reader:
    async def read(place: Place) -> bytes:
        async with httpx.AsyncClient(base_url=place.url, trust_env=False) as client:
            path = f"/api/v1/contest/{place.contest}/leaderboard/?around={place.participant}"
            answer = await client.get(path, headers={"Authorization": f"Bearer {place.tokens['contestant']}"})
            assert answer.status_code == 200, answer.text
            return answer.content

    return read


def over_socket(role: str | None) -> Reader:
    async def read(place: Place) -> bytes:
        protocols = [Subprotocol("podium.v1")]
        if role:
            protocols.append(Subprotocol(f"podium.ticket.{await _ticket(place, place.tokens[role])}"))
        address = f"{place.url.replace('http', 'ws', 1)}/ws/contest/{place.contest}"
        frames: list[bytes] = []
        async with connect(address, subprotocols=protocols, compression=None, proxy=None) as socket:
            while True:
                try:
                    frames.append(await asyncio.wait_for(socket.recv(decode=False), QUIET_S))
                except TimeoutError:
                    return b"\n".join(sorted(frame for frame in frames if b'"type":"hello"' not in frame))

    return read


async def _ticket(place: Place, token: str) -> str:
    async with httpx.AsyncClient(base_url=place.url, trust_env=False) as client:
        answer = await client.post(f"/api/v1/contest/{place.contest}/ticket/", json={}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ticket"])


def in_redis(log: str) -> Reader:
    """The public log itself, entry by entry: what every cache and every reader of it is fed from."""

    async def read(place: Place) -> bytes:
        names = Channels(place.prefix)
        async with Redis.from_url(place.redis_url) as redis:
            entries = await redis.xrange(names.log_stream(place.contest, log))
            return b"\n".join(fields[b"payload"] for _, fields in entries)

    return read


def public_places() -> Reader:
    async def read(place: Place) -> bytes:
        async with Redis.from_url(place.redis_url) as redis:
            placed = await redis.zrange(Channels(place.prefix).ranks(place.contest, "public"), 0, -1)
            return b"\n".join(placed)

    return read


NON_STAFF_READERS: dict[str, Reader] = {
    "leaderboard": over_http("/api/v1/contest/{contest}/leaderboard/"),
    "leaderboard, a page": over_http("/api/v1/contest/{contest}/leaderboard/?offset=1&limit=2"),
    "leaderboard, around": over_http("/api/v1/contest/{contest}/leaderboard/?around={participant}&limit=3"),
    "leaderboard, around me": own_submissions(),
    "status": over_http("/api/v1/contest/{contest}/status/"),
    "socket, nobody": over_socket(None),
    **{f"socket, {role}": over_socket(role) for role in ("viewer", "contestant", "proctor", "operator")},
    "log, board": in_redis("board:public"),
    "log, events": in_redis("events:public"),
    "places": public_places(),
}

NOT_STAFF = tuple(role for role in ("viewer", "contestant", "proctor", "operator") if role not in STAFF)
