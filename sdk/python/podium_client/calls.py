"""One call over HTTP: who asks, what is sent again and for how long, what a refusal is. What is asked is said in the files of the nouns."""

import asyncio
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import httpx
import msgspec

from podium_client.errors import Refused, Unreachable
from podium_client.reconnect import wait_s
from podium_client.refusals import refusal

T = TypeVar("T")

PAGE = 1000
"""What a list gives at most."""
TIMEOUT_S = 15.0
_LATER = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE_S = 3.0
JSON = "application/json"


class Content(NamedTuple):
    """A body that is no JSON object."""

    content: bytes
    media_type: str


class Calls:
    """Owner: one PodiumRest; its nouns share it. Holds the access token and the connections, nothing that was answered.

    Each call raises Refused (the server said no) or Unreachable (not answered within `patience_s`: whether it was done is unknown).
    A POST carries an Idempotency-Key, so that sending it again does it once. A PUT with a `version` whose answer was lost may be refused
    with 412 though it was done.
    """

    def __init__(self, url: str, token: str | None, http: httpx.AsyncClient, patience_s: float, chance: random.Random) -> None:
        self.url, self.token, self.http, self.patience_s, self.chance = url.rstrip("/"), token, http, patience_s, chance

    async def get(self, path: str, answer: type[T], **query: object) -> T:
        """`query`: what is None is left out."""
        return msgspec.json.decode(await self.send("GET", path, query=query), type=answer)

    async def post(self, path: str, body: Mapping[str, Any] | Content, answer: type[T], **query: object) -> T:
        return msgspec.json.decode(await self.send("POST", path, body, query=query), type=answer)

    async def put(self, path: str, body: Mapping[str, Any], answer: type[T], version: int | None = None) -> T:
        """`version`: of what was read; refused with 412 if somebody changed it since."""
        return msgspec.json.decode(await self.send("PUT", path, body, version=version), type=answer)

    async def delete(self, path: str) -> None:
        """A 404 after a try whose answer was lost means that it was done then."""
        again = False

        def before_retry() -> None:
            nonlocal again
            again = True

        try:
            await self.send("DELETE", path, before_retry=before_retry)
        except Refused as error:
            if not (again and error.status == 404):
                raise

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Content | None = None,
        *,
        query: Mapping[str, object] | None = None,
        version: int | None = None,
        before_retry: Callable[[], None] | None = None,
        timeout_s: float | None = None,
    ) -> bytes:
        """The answer's body as it came; empty for 204. `timeout_s`: of one try, if longer than the connections' own."""
        request = self._request(method, path, body, query or {}, version)
        if timeout_s is not None:
            request.extensions["timeout"] = httpx.Timeout(timeout_s).as_dict()
        loop = asyncio.get_running_loop()
        end, attempt, last = loop.time() + self.patience_s, 0, ""
        while True:
            pause_s = min(wait_s(attempt, self.chance), _LONGEST_PAUSE_S)
            try:
                response = await self.http.send(request)
            except httpx.TransportError as error:
                last = f"{type(error).__name__}: {error}"
            else:
                if response.is_success:
                    return response.content
                refused = refusal(response.status_code, response.content)
                if refused.status not in _LATER:
                    raise refused
                last = str(refused)
                asked = response.headers.get("Retry-After", "")
                pause_s += int(asked) if asked.isdigit() else 0
            if loop.time() + pause_s > end:
                raise Unreachable(f"{method} {path}: {last}")
            if before_retry is not None:
                before_retry()
            attempt += 1
            await asyncio.sleep(pause_s)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | Content | None, query: Mapping[str, object], version: int | None
    ) -> httpx.Request:
        headers = {"Accept": JSON}
        content = body.content if isinstance(body, Content) else None if body is None else msgspec.json.encode(body)
        if body is not None:
            headers["Content-Type"] = body.media_type if isinstance(body, Content) else JSON
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        asked = {name: _said(value) for name, value in query.items() if value is not None}
        return self.http.build_request(method, f"{self.url}/api/v1/{path}", headers=headers, content=content, params=asked or None)


def given(**members: Any) -> dict[str, Any]:
    """The members that are not None: a body whose others keep their defaults."""
    return {name: value for name, value in members.items() if value is not None}


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
