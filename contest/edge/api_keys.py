"""Programs at the door: an API key in the Authorization header, `pk_<id>_<secret>`, and what its scopes open."""

import hmac
import re
import secrets
import time
from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from contest.edge.database import Database
from contest.errors import Refusal, unauthorized
from contest.ids import UserId
from contest.store import api_keys as store
from contest.store.api_keys import ApiKey
from contest.tokens import Person

PREFIX = "pk_"
_FORM = re.compile(r"pk_([0-9a-f]{32})_([0-9a-f]{64})\Z")
KEPT_S = 1.0
"""How long a key is taken for what it was: a revoked one opens nothing in another process after this."""
KEPT_MOST = 1_000
FOR_EVER = 2**31
"""The end of a key that has none, as a Unix time."""


class _Kept(NamedTuple):
    key: ApiKey | None
    at_s: float


def new_secret() -> str:
    return secrets.token_hex(32)


def written(key_id: str, secret: str) -> str:
    """The key as its owner gets it."""
    return f"{PREFIX}{UUID(key_id).hex}_{secret}"


def digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


class ApiKeys:
    """Owner: the process. Bound: KEPT_MOST keys, of about a kilobyte. Rebuilt from PostgreSQL, which each key in use asks once a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def person(self, text: str) -> Person:
        """Who a key stands for. Raises Refusal 401: it is none, or no more."""
        found = _FORM.match(text)
        key = await self._known(str(UUID(found[1]))) if found else None
        if key is None or found is None or not hmac.compare_digest(key.secret_sha256, digest(found[2])):
            raise unauthorized("key.invalid", "The API key is not valid here.")
        until = FOR_EVER if key.expires_at is None else int(key.expires_at.timestamp())
        if until <= time.time():
            raise unauthorized("key.expired", "The API key has expired.")
        return Person(UserId(key.id), key.role, key.contest_id, until, by_key=True, scopes=key.scopes)

    def forget(self, key_id: str) -> None:
        """It was revoked here."""
        self._kept.pop(key_id, None)

    async def _known(self, key_id: str) -> ApiKey | None:
        kept, now_s = self._kept.get(key_id), time.monotonic()
        if kept is not None and now_s - kept.at_s < KEPT_S:
            return kept.key
        async with self._database.connection() as connection:
            key = await store.used(connection, key_id)
        self._kept[key_id] = _Kept(key, now_s)
        self._kept.move_to_end(key_id)
        if len(self._kept) > KEPT_MOST:
            self._kept.popitem(last=False)
        return key


def noun_of(path: str) -> str:
    """What a path is about: `/api/v1/admin/<noun>/...`, `/api/v1/contest/{id}/<noun>/`, `/api/v1/<noun>/`."""
    parts = path.removeprefix("/api/v1/").split("/")
    at = {"admin": 1, "contest": 2, "attempt": 2}.get(parts[0], 0)
    return parts[at] if at < len(parts) else ""


def check_scope(scopes: tuple[str, ...], path: str, method: str) -> None:
    """Raises Refusal 403: the key is not for this."""
    noun, what = noun_of(path), "read" if method in ("GET", "HEAD") else "write"
    if f"{noun}:{what}" not in scopes and f"*:{what}" not in scopes:
        raise Refusal(403, "key.scope", f"This API key has no scope {noun}:{what}.")
