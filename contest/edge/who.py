"""Who asks: the bearer token of a request, and whether that role may use a route."""

from starlette.requests import Request

from contest.edge.routes import Route
from contest.errors import forbidden, unauthorized
from contest.tokens import AccessVerifier, Person


def bearer(request: Request, verifier: AccessVerifier) -> Person:
    """Raises Refusal 401: no token, another scheme, or one that does not verify (a ticket, say)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    return verifier.verify(token.strip())


def admitted(request: Request, verifier: AccessVerifier, route: Route) -> Person | None:
    """The person, if their role may; None where anybody may. Raises Refusal 401 or 403."""
    if route.roles is None:
        return None
    person = bearer(request, verifier)
    if person.role not in route.roles:
        raise forbidden()
    return person
