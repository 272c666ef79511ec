"""Everything that somebody who is not staff can read of a contest, in one list: the leak tests walk it. A new way to read goes here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from contest.domain.audience import ROLES, STAFF, Role
from contest.wire.channels import Channels

QUIET_S = 0.6
"""A socket that says nothing for so long has told what it had to tell (the ranker's tick is 0.1 s)."""


@dataclass(frozen=True)
class Place:
    """A contest to read. `tokens`: an access token by role, not of staff. `hidden`: a participant who is off the public board.
    `attempt`: of the contestant of `tokens`, who has saved an answer to `question`."""

    url: str
    redis_url: str
    prefix: str
    contest: str
    participant: str
    hidden: str
    tokens: Mapping[str, str]
    attempt: str
    question: str


Reader = Callable[[Place], Awaitable[bytes]]


@dataclass(frozen=True)
class OverHttp:
    """A GET of `path`, by `role` (None: without a token), answered with `status`."""

    path: str
    role: Role | None = None
    status: int = 200

    @property
    def route(self) -> str:
        return self.path.partition("?")[0]

    async def __call__(self, place: Place) -> bytes:
        headers = {"Authorization": f"Bearer {place.tokens[self.role]}"} if self.role else {}
        about = place.attempt if "/attempt/" in self.path else place.contest
        path = self.path.format(id=about, question=place.question, participant=place.participant, hidden=place.hidden)
        async with httpx.AsyncClient(base_url=place.url, trust_env=False, headers=headers) as client:
            answer = await client.get(path)
            assert answer.status_code == self.status, answer.text
            return answer.content


def over_socket(role: str | None) -> Reader:
    async def read(place: Place) -> bytes:
        frames: list[bytes] = []
        async with await _open(place, role) as socket:
            while True:
                try:
                    frames.append(await asyncio.wait_for(socket.recv(decode=False), QUIET_S))
                except TimeoutError:
                    return b"\n".join(sorted(frame for frame in frames if b'"type":"hello"' not in frame))

    return read


@asynccontextmanager
async def followed(place: Place, role: str | None) -> AsyncIterator[list[bytes]]:
    """A socket that stays: its frames so far, from the snapshots on. Within the block it follows what happens."""
    frames: list[bytes] = []

    async def hear(socket: ClientConnection) -> None:
        while True:
            frames.append(await socket.recv(decode=False))

    async with await _open(place, role) as socket:
        hearing = asyncio.create_task(hear(socket))
        try:
            yield frames
        finally:
            hearing.cancel()


async def _open(place: Place, role: str | None) -> connect:
    protocols = [Subprotocol("podium.v1")]
    if role:
        protocols.append(Subprotocol(f"podium.ticket.{await _ticket(place, place.tokens[role])}"))
    address = f"{place.url.replace('http', 'ws', 1)}/ws/contest/{place.contest}"
    return connect(address, subprotocols=protocols, compression=None, proxy=None)


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


BOARD = "/api/v1/contest/{id}/leaderboard/"
NOT_STAFF: tuple[Role, ...] = tuple(role for role in ROLES if role not in STAFF)
OVER_HTTP: dict[str, OverHttp] = {
    "leaderboard": OverHttp(BOARD),
    "leaderboard, a page": OverHttp(BOARD + "?offset=1&limit=2"),
    "leaderboard, around": OverHttp(BOARD + "?around={participant}&limit=3"),
    "leaderboard, around me": OverHttp(BOARD + "?around={participant}", "contestant"),
    "leaderboard, around somebody hidden": OverHttp(BOARD + "?around={hidden}", status=404),
    "leaderboard, proctor": OverHttp(BOARD, "proctor"),
    "leaderboard, operator": OverHttp(BOARD, "operator"),
    "protocol": OverHttp("/api/v1/protocol/"),
    "status": OverHttp("/api/v1/contest/{id}/status/"),
    "own submissions": OverHttp("/api/v1/contest/{id}/submissions/", "contestant"),
    "me": OverHttp("/api/v1/contest/{id}/me/", "contestant"),
    "paper": OverHttp("/api/v1/contest/{id}/paper/", "contestant"),
    "own answer": OverHttp("/api/v1/attempt/{id}/answer/?question_id={question}", "contestant"),
    "own clarifications": OverHttp("/api/v1/contest/{id}/clarifications/", "contestant"),
}
NON_STAFF_READERS: dict[str, Reader] = {
    **OVER_HTTP,
    "socket, nobody": over_socket(None),
    **{f"socket, {role}": over_socket(role) for role in NOT_STAFF},
    "log, board": in_redis("board:public"),
    "log, events": in_redis("events:public"),
    "places": public_places(),
}
