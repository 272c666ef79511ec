"""API keys: made and revoked by people. The key itself is in the answer once and nowhere else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from admin.people import GivenRole
from contest.edge.answers import NO_CONTENT, Answer, created, ok
from contest.edge.api_keys import ApiKeys, digest, new_secret, written
from contest.edge.bodies import Body, Line
from contest.edge.calls import Call
from contest.edge.routes import PAGE, Route, list_of, roles
from contest.ended import Ended
from contest.errors import not_found, wrong_field
from contest.ids import ContestId, uuid7
from contest.store import api_keys as store
from contest.store import contests
from contest.store.api_keys import ApiKey
from contest.store.connect import Connection

Scope = Annotated[str, Meta(pattern=r"^(?:\*|[a-z][a-z-]{0,39}):(?:read|write)\Z")]
Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=50)]
Moment = Annotated[datetime, Meta(tz=True)]

ORGANISER = roles("organiser")


class NewKey(Body, frozen=True):
    """`scopes`: what it may read or write, by the noun of the path, `*` for all. `contest_id` None: in every contest."""

    name: Line
    role: GivenRole
    scopes: Scopes
    contest_id: UUID | None = None
    expires_at: Moment | None = None


class Shown(Struct, frozen=True):
    id: str
    name: str
    role: GivenRole
    contest_id: str | None
    scopes: tuple[str, ...]
    created_by: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class Made(Shown, frozen=True):
    """`key`: told this once."""

    key: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The handlers, and what they need beside a connection."""

    api_keys: ApiKeys
    ended: Ended

    async def create(self, call: Call[NewKey], connection: Connection) -> Answer:
        by, body = call.a_person(), call.body
        if body.contest_id is None:
            call.everywhere()
        else:
            await contests.load(connection, call.enter(str(body.contest_id)))
        if body.expires_at is not None and body.expires_at <= call.now:
            raise wrong_field("expires_at", "is past")
        contest_id, secret = None if body.contest_id is None else ContestId(str(body.contest_id)), new_secret()
        key = ApiKey(
            id=uuid7(), name=body.name, secret_sha256=digest(secret), role=body.role, contest_id=contest_id,
            scopes=tuple(dict.fromkeys(body.scopes)), created_by=by.user, created_at=call.now, expires_at=body.expires_at,
        )  # fmt: skip
        await store.add(connection, key, call.actor)
        return created({**store.shown(key), "key": written(key.id, secret)})

    async def revoke(self, call: Call[Any], connection: Connection) -> Answer:
        call.a_person()
        key = await store.load(connection, call.id("key"))
        ours = call.contests()
        if ours is not None and key.contest_id not in ours:
            raise not_found("key")
        self.ended.note(revoked=[await store.revoke(connection, key, call.actor)])
        self.api_keys.forget(key.id)
        return NO_CONTENT


async def listed(call: Call[Any], connection: Connection) -> Answer:
    return ok(await store.listed(connection, call.contests(), call.page()))


def routes(api_keys: ApiKeys, ended: Ended) -> list[Route]:
    doing, path = Keys(api_keys, ended), "/api/v1/admin/keys/"
    return [
        Route("GET", path, ORGANISER, "read", listed, summary="List API keys that are good.", query=PAGE, answer=list_of(Shown)),
        Route(
            "POST", path, ORGANISER, "change", doing.create, NewKey, hands_out=True,
            summary="Make an API key; it is told once.", answer=Made, status=201,
        ),
        Route("DELETE", path + "{id}/", ORGANISER, "change", doing.revoke, summary="Revoke an API key.", status=204),
    ]  # fmt: skip
