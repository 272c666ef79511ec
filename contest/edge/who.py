"""Who asks: the access token of a request, from its header or a page's cookie, and whether one of their roles may use a route."""

import hmac

from starlette.requests import Request

from contest.edge import cookies
from contest.edge.ended import Ended
from contest.edge.routes import Route
from contest.errors import Refusal, forbidden, unauthorized
from contest.tokens import AccessVerifier, Person

SAFE = ("GET", "HEAD")
"""Methods that change nothing: another site gains nothing by making a browser send one."""


def asker(request: Request, verifier: AccessVerifier, ended: Ended) -> Person:
    """Whoever the Authorization header names; without one, the page's cookie, which counts on its own paths alone.

    Raises Refusal 401: none, another scheme, one that does not verify (a ticket, say), or that counts no more; 403: a cookie without its
    CSRF token.
    """
    if "authorization" in request.headers:
        return ended.check(bearer(request, verifier))
    token = cookies.read(request.headers.get("cookie", ""), request.url.path)
    if token is None:
        raise unauthorized()
    person = ended.check(verifier.verify(token))
    if request.method not in SAFE:
        check_csrf(person, request.headers.get("x-csrf-token", ""))
    return person


def bearer(request: Request, verifier: AccessVerifier) -> Person:
    """Raises Refusal 401: no token, another scheme, or one that does not verify (a ticket, say)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    return verifier.verify(token.strip())


def check_csrf(person: Person, given: str) -> None:
    """A browser sends a cookie along for whoever asks it to; the token in the header is known to the page alone."""
    if not person.csrf or not hmac.compare_digest(person.csrf.encode(), given.encode()):
        raise Refusal(403, "csrf.missing", "A change by cookie needs its CSRF token in the header X-CSRF-Token.")


def admitted(request: Request, verifier: AccessVerifier, ended: Ended, route: Route) -> Person | None:
    """The person, if one of their roles may; None where anybody may. Raises Refusal 401 or 403."""
    if route.roles is None:
        return None
    person = asker(request, verifier, ended)
    if not any(grant.role in route.roles for grant in person.grants):
        raise forbidden()
    return person
