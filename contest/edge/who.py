"""Who asks: the access token of a request, from its header or a page's cookie, or an API key; and whether one of their roles may use a
route."""

import hmac
from dataclasses import dataclass, field

from starlette.requests import Request

from contest.edge import cookies
from contest.edge.api_keys import PREFIX, ApiKeys, check_scope
from contest.edge.routes import Route
from contest.ended import Ended
from contest.errors import Refusal, forbidden, unauthorized
from contest.tokens import AccessVerifier, Person

SAFE = ("GET", "HEAD")
"""Methods that change nothing: another site gains nothing by making a browser send one."""


@dataclass(frozen=True, slots=True)
class Door:
    """`api_keys` None: a process without PostgreSQL, or one that takes none."""

    verifier: AccessVerifier
    ended: Ended = field(default_factory=Ended)
    api_keys: ApiKeys | None = None

    async def asker(self, request: Request) -> Person:
        """Whoever the Authorization header names; without one, the page's cookie, which counts on its own paths alone.

        Raises Refusal 401: none, another scheme, one that does not verify (a ticket, say), or that counts no more; 403: a cookie without
        its CSRF token.
        """
        if "authorization" in request.headers:
            return await self._bearer(request)
        token = cookies.read(request.headers.get("cookie", ""), request.url.path)
        if token is None:
            raise unauthorized()
        person = self.ended.check(self.verifier.verify(token))
        if request.method not in SAFE:
            check_csrf(person, request.headers.get("x-csrf-token", ""))
        return person

    async def _bearer(self, request: Request) -> Person:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        if token.startswith(PREFIX) and self.api_keys is not None:
            return await self.api_keys.person(token)
        return self.ended.check(self.verifier.verify(token))

    async def admitted(self, request: Request, route: Route) -> Person | None:
        """The person, if one of their roles may; None where anybody may. Raises Refusal 401 or 403."""
        if route.roles is None:
            return None
        person = await self.asker(request)
        if not route.with_given:
            person.check_password()
        if not any(grant.role in route.roles for grant in person.grants):
            raise forbidden()
        if person.by_key:
            check_scope(person.scopes, route.path, request.method)
        return person

    async def operator(self, request: Request) -> Person:
        """Raises Refusal 401, 403: no operator."""
        person = await self.asker(request)
        person.check_password()
        if not person.has("operator"):
            raise forbidden()
        if person.by_key:
            check_scope(person.scopes, request.url.path, request.method)
        return person


def check_csrf(person: Person, given: str) -> None:
    """A browser sends a cookie along for whoever asks it to; the token in the header is known to the page alone."""
    if not person.csrf or not hmac.compare_digest(person.csrf.encode(), given.encode()):
        raise Refusal(403, "csrf.missing", "A change by cookie needs its CSRF token in the header X-CSRF-Token.")
