"""People who log in, for tests: staff with grants of any kind straight in the tables, a page's cookie jar, contestants with codes."""

import functools
import secrets
from dataclasses import dataclass
from typing import Any

import argon2
import asyncpg
import httpx

from contest.domain.audience import Role
from contest.domain.grants import Grant
from contest.ids import ContestId, UserId, uuid7
from contest.store import people
from contest.store.audit import Actor
from contest.store.connect import open_pool
from tests.rest import Rest

PASSWORD = "a password for tests"
SESSION = "/api/v1/admin/session/"


@functools.cache
def hashed() -> str:
    """With parameters that cost nothing: what is tried here is not argon2."""
    return argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


async def person(pool: asyncpg.Pool, *grants: tuple[Role, str | None]) -> people.Someone:
    """Somebody with these roles (contest None: every one) and PASSWORD."""
    given = tuple(Grant(role, None if contest is None else ContestId(contest)) for role, contest in grants or [("organiser", None)])
    someone = people.Someone(UserId(uuid7()), f"login-{secrets.token_hex(6)}", "Somebody", hashed(), given)
    async with pool.acquire() as connection, connection.transaction():
        await people.add(connection, someone, Actor("test", "operator"))
    return someone


async def staff(rest: Rest, *grants: tuple[Role, str | None]) -> tuple[str, people.Someone]:
    """The access token of somebody new who has logged in."""
    pool = await open_pool(rest.database_url)
    try:
        someone = await person(pool, *grants)
    finally:
        pool.terminate()
    told = await rest.make(SESSION, {"login": someone.login, "password": PASSWORD}, token="")
    return told["token"], someone


@dataclass
class Page:
    """What a browser keeps of a log-in: its cookie, and the CSRF token that the page was told."""

    rest: Rest
    cookie: str
    csrf: str
    told: Any

    async def call(self, method: str, path: str, body: Any = None, *, csrf: bool = True, **more: Any) -> httpx.Response:
        headers = {"Cookie": self.cookie, **({"X-CSRF-Token": self.csrf} if csrf else {}), **more.pop("headers", {})}
        return await self.rest.call(method, path, body, token="", headers=headers, **more)


def opened(rest: Rest, answer: httpx.Response) -> Page:
    """The page that got this answer to its log-in."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["token"] is None
    rest.client.cookies.clear()
    return Page(rest, answer.headers["set-cookie"].partition(";")[0], told["csrf"], told)


async def staff_page(rest: Rest, someone: people.Someone) -> Page:
    body = {"login": someone.login, "password": PASSWORD, "cookie": True}
    return opened(rest, await rest.call("POST", SESSION, body, token=""))


async def code_of(rest: Rest, contest_id: str, participant_id: str) -> str:
    body = {"contest_id": contest_id, "participant_ids": [participant_id]}
    given = await rest.make("/api/v1/admin/participants/codes/", body)
    code: str = given["items"][0]["code"]
    return code


async def contestant_page(rest: Rest, contest_id: str, participant_id: str) -> Page:
    body = {"code": await code_of(rest, contest_id, participant_id), "cookie": True}
    return opened(rest, await rest.call("POST", f"/api/v1/contest/{contest_id}/session/", body, token=""))
