"""Asks the other processes for their monitoring answers, all at once and each for at most a second, with the operator's own token."""

import asyncio
from dataclasses import dataclass

import httpx

from contest.edge.monitoring import BASE

WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a peer answered; `status` 0: nothing in time, and `error` says how it failed."""

    name: str
    status: int
    body: bytes = b""
    error: str = ""


class Peers:
    """The processes of `peers`, (name, base URL) each. Holds the connections to them; close with `aclose`."""

    def __init__(self, peers: tuple[tuple[str, str], ...]) -> None:
        self._peers = peers
        self._client = httpx.AsyncClient(timeout=WITHIN_S, trust_env=False)

    async def ask(self, path: str, authorization: str = "") -> list[Heard]:
        """GET `path` (below BASE) of every peer, in the order they were given. Never raises for a peer that fails."""
        return list(await asyncio.gather(*(self._one(name, f"{url}{BASE}/{path}", authorization) for name, url in self._peers)))

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _one(self, name: str, url: str, authorization: str) -> Heard:
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._client.get(url, headers={"Authorization": authorization} if authorization else {})
        except (httpx.HTTPError, TimeoutError) as error:
            return Heard(name, 0, error=type(error).__name__)
        return Heard(name, answer.status_code, answer.content)
