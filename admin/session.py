"""Signing in: a login and a password for an access token."""

import time
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta

from admin.passwords import Passwords
from contest.domain.audience import Role
from contest.edge.answers import Answer, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.database import Database
from contest.edge.routes import ANYBODY, Route
from contest.edge.throttle import Throttle
from contest.errors import Refusal
from contest.store import people
from contest.store.connect import Connection
from contest.store.people import Someone
from contest.tokens import AccessSigner
from contest.wire.times import from_unix

SESSION_S = 12 * 3600
"""A contest day."""

Login = Annotated[str, Meta(min_length=1, max_length=200)]
Password = Annotated[str, Meta(min_length=1, max_length=200)]


class Credentials(Body, frozen=True):
    login: Login
    password: Password


class Session(Body, frozen=True):
    token: str
    expires_at: str
    role: Role


@dataclass(frozen=True, slots=True)
class SignIn:
    """What signing in needs. A login is throttled per address, so that nobody can lock another out; an address as a whole as well
    (a hall sits behind one: 60 at once)."""

    database: Database
    log: Any
    signer: AccessSigner
    passwords: Passwords
    by_login: Throttle = field(default_factory=lambda: Throttle(burst=10, every_s=12))
    by_address: Throttle = field(default_factory=lambda: Throttle(burst=60, every_s=1))

    async def __call__(self, call: Call[Credentials]) -> Answer:
        """The same answer, after the same time, whether the login or the password is wrong. Hashing holds no connection."""
        self._throttle(call)
        async with self.database.connection() as connection:
            someone = await people.by_login(connection, call.body.login)
        if not await self.passwords.fits(someone.password_hash if someone else None, call.body.password) or someone is None:
            self.log.warning("session.refused", address=call.address)
            raise Refusal(401, "session.refused", "The login or the password is wrong.", headers={"WWW-Authenticate": "Bearer"})
        renewed = await self.passwords.renewed(someone.password_hash, call.body.password)
        async with self.database.connection() as connection, connection.transaction():
            await _note(connection, someone, call.address, renewed)
        token, until = self.signer.mint(someone.id, someone.role, someone.contest_id, SESSION_S)
        return ok(Session(token, from_unix(until), someone.role))

    def _throttle(self, call: Call[Credentials]) -> None:
        now_s = time.monotonic()
        wait_s = self.by_address.ask(call.address, now_s) or self.by_login.ask(f"{call.address} {call.body.login}", now_s)
        if wait_s:
            raise Refusal(429, "session.too_often", "Too many attempts to sign in.", headers={"Retry-After": str(wait_s)})


async def _note(connection: Connection, someone: Someone, address: str, renewed: str | None) -> None:
    await people.signed_in(connection, someone, address)
    if renewed is not None:
        await people.rehashed(connection, someone, renewed)


def routes(sign_in: SignIn) -> list[Route]:
    return [Route("POST", "/api/v1/admin/session/", ANYBODY, "bare", sign_in, Credentials, hands_out=True)]
