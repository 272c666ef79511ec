"""API keys: what programs come in by. The secret is only here as its SHA-256: 256 random bits need no slow hash."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from contest.domain.audience import Role
from contest.ended import Revocation
from contest.errors import not_found
from contest.ids import ContestId
from contest.store import audit, sessions
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.wire.times import rfc3339


class ApiKey(Struct, frozen=True):
    """`contest_id` None: good for every contest. `scopes`: `<noun>:read` or `<noun>:write`."""

    id: str
    name: str
    secret_sha256: bytes
    role: Role
    contest_id: ContestId | None
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


SELECT = """
SELECT id, name, secret_sha256, role, contest_id, scopes, created_by, created_at, expires_at, revoked_at, last_used_at FROM podium_api_key
"""


def api_key(row: Any) -> ApiKey:
    return ApiKey(**{**row, "scopes": tuple(row["scopes"])})


def shown(key: ApiKey) -> dict[str, Any]:
    """A key as the administration sees it, without anything of its secret."""
    return {
        "id": key.id, "name": key.name, "role": key.role, "contest_id": key.contest_id, "scopes": list(key.scopes),
        "created_by": key.created_by, "created_at": rfc3339(key.created_at), "expires_at": rfc3339(key.expires_at),
        "last_used_at": rfc3339(key.last_used_at),
    }  # fmt: skip


async def used(connection: Connection, key_id: str) -> ApiKey | None:
    """The key, if it was not revoked. That it was used is noted at most once a minute."""
    row = await connection.fetchrow(SELECT + " WHERE id = $1 AND revoked_at IS NULL", key_id)
    if row is None:
        return None
    await connection.execute(
        "UPDATE podium_api_key SET last_used_at = now()"
        " WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')",
        key_id,
    )
    return api_key(row)


async def load(connection: Connection, key_id: str) -> ApiKey:
    """Raises Refusal 404, also for one that was revoked."""
    row = await connection.fetchrow(SELECT + " WHERE id = $1 AND revoked_at IS NULL", key_id)
    if row is None:
        raise not_found("key")
    return api_key(row)


async def listed(connection: Connection, only: Sequence[str] | None, page: Page) -> dict[str, Any]:
    """Those that were not revoked, the newest first; `only` those of these contests."""
    where, arguments = ("", []) if only is None else (" AND contest_id = ANY($1)", [only])
    query = f"{SELECT} WHERE revoked_at IS NULL{where}"
    return await paged(connection, query, "created_at DESC, id", arguments, page, lambda row: shown(api_key(row)))


async def add(connection: Connection, key: ApiKey, actor: Actor) -> None:
    await connection.execute(
        "INSERT INTO podium_api_key (id, name, secret_sha256, role, contest_id, scopes, created_by, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        key.id, key.name, key.secret_sha256, key.role, key.contest_id, list(key.scopes), key.created_by, key.created_at, key.expires_at,
    )  # fmt: skip
    await audit.write(connection, actor, "key.created", key.contest_id, key.id, None, shown(key))


async def revoke(connection: Connection, key: ApiKey, actor: Actor) -> Revocation:
    """It opens nothing any more, and the sockets that it opened are closed."""
    await connection.execute("UPDATE podium_api_key SET revoked_at = now() WHERE id = $1", key.id)
    await audit.write(connection, actor, "key.revoked", key.contest_id, key.id, shown(key), None)
    return await sessions.revoke(connection, key.id, None, "key revoked")
