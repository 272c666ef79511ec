"""Access tokens (JWT, EdDSA, for REST) and tickets (JWT, HS256, for sockets). Neither is taken where the other belongs.

The keys are those of a folder (contest/keys.py) as it is now: the newest mints, every one that is there verifies, so that a new key rotates
in and an old one out while all goes on.
"""

import secrets
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contest.domain.audience import Role
from contest.domain.grants import PRECEDENCE, Grant, in_order
from contest.errors import Refusal, unauthorized
from contest.ids import ContestId, ParticipantId, UserId
from contest.keys import Folder, newest_private_key, public_keys, ticket_keys

ISSUER = "podium"
REST, SOCKET = "podium.rest", "podium.socket"
TICKET_AGE_S = 60
"""A ticket is for the handshake that follows at once, not for keeping."""
SESSION_S = 900
"""How long a socket lives on one ticket before it has to bring the next; bounds what a taken ticket is worth."""
LEEWAY_S = 2
"""Between the clocks of two machines with NTP."""


class Person(msgspec.Struct, frozen=True):
    """Who asks. `until`: Unix time at which the right ends; `issued`: when it was given. `role` and `contest` (None: every contest) are
    the first of `grants`, which are what counts. `session`: the log-in that it comes from. `by_key`: a program with an API key, which opens
    its `scopes` alone. `must_change`: the password they logged in with was given by somebody else, and opens nothing but changing it.
    """

    user: UserId
    role: Role
    contest: ContestId | None
    until: int
    participant: ParticipantId | None = None
    grants: tuple[Grant, ...] = ()
    session: str | None = None
    csrf: str = ""
    issued: float = 0.0
    by_key: bool = False
    scopes: tuple[str, ...] = ()
    must_change: bool = False

    def __post_init__(self) -> None:
        if not self.grants:
            msgspec.structs.force_setattr(self, "grants", (Grant(self.role, self.contest),))

    def may_enter(self, contest: ContestId) -> bool:
        return any(grant.counts_in(contest) for grant in self.grants)

    def check_password(self) -> None:
        """Raises Refusal 403: theirs is one that somebody else knows."""
        if self.must_change:
            raise Refusal(
                403, "password.must_change", "Change the password that you were given first (POST /api/v1/admin/session/password/)."
            )

    def has(self, role: Role) -> bool:
        """Whether they have this role anywhere."""
        return any(grant.role == role for grant in self.grants)

    def with_grants(self, grants: tuple[Grant, ...]) -> "Person":
        """The same person with these alone; at least one."""
        return msgspec.structs.replace(self, role=grants[0].role, contest=grants[0].contest, grants=grants)

    def role_in(self, contest: ContestId, among: Collection[Role] = PRECEDENCE) -> Role | None:
        """The role with which they act in `contest`, of those `among`; None: they have none of them there."""
        held = {grant.role for grant in self.grants if grant.role in among and grant.counts_in(contest)}
        return next((role for role in PRECEDENCE if role in held), None)


class Ticket(msgspec.Struct, frozen=True):
    """A verified ticket: this person, this contest, this role. `issued`: Unix time; `until`: renew the socket before."""

    user: UserId
    role: Role
    contest: ContestId
    issued: int
    until: int
    participant: ParticipantId | None = None
    session: str | None = None


class AccessVerifier:
    """Verifies access tokens with the public keys of a folder."""

    def __init__(self, keys: Folder[dict[str, Ed25519PublicKey]]) -> None:
        self._keys = keys

    @classmethod
    def of(cls, folder: Path) -> "AccessVerifier":
        return cls(Folder(folder, public_keys))

    def _key(self, kid: str) -> Ed25519PublicKey:
        """Raises KeyError: no such key, also after another look."""
        found = self._keys.now().get(kid)
        return found if found is not None else self._keys.now(within_s=0)[kid]

    def verify(self, token: str) -> Person:
        """The person of an access token. Raises Refusal 401: forged, expired, a ticket, of an unknown key."""
        try:
            key = self._key(jwt.get_unverified_header(token)["kid"])
            claims = jwt.decode(
                token, key, algorithms=["EdDSA"], audience=REST, issuer=ISSUER, leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )  # fmt: skip
            contest, participant = _id(claims, "contest"), _id(claims, "participant")
            return Person(
                user=_user(claims),
                role=_role(claims),
                contest=None if contest is None else ContestId(contest),
                until=int(claims["exp"]),
                participant=None if participant is None else ParticipantId(participant),
                grants=_grants(claims),
                session=_id(claims, "sid"),
                csrf=_csrf(claims),
                issued=float(claims["iat"]),
                must_change="must_change" in claims,
            )
        except jwt.ExpiredSignatureError:
            raise unauthorized("token.expired", "The access token has expired.") from None
        except _NOT_VALID:
            raise unauthorized("token.invalid", "The access token is not valid here.") from None


class AccessSigner:
    """Mints access tokens with the newest private key of a folder."""

    def __init__(self, keys: Folder[tuple[str, Ed25519PrivateKey]]) -> None:
        self._keys = keys

    @classmethod
    def of(cls, folder: Path) -> "AccessSigner":
        """Raises OSError or ValueError: there is no private key."""
        return cls(Folder(folder, newest_private_key))

    @property
    def kid(self) -> str:
        return self._keys.now()[0]

    @property
    def key(self) -> Ed25519PrivateKey:
        return self._keys.now()[1]

    def mint(
        self, user: UserId, role: Role, contest: ContestId | None, ttl_s: int, participant: ParticipantId | None = None
    ) -> tuple[str, int]:
        """A token that comes from no log-in, and the Unix time of its end."""
        until = int(time.time()) + ttl_s
        return self.sign(Person(user, role, contest, until, participant)), until

    def sign(self, person: Person) -> str:
        """A token that says `person`, from now on. The time of its making is exact to the millisecond: what was revoked in the same second
        and what was given after it are not the same."""
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": REST, "sub": person.user, "role": person.role, "contest": person.contest,
            "participant": person.participant, "iat": round(time.time(), 3), "exp": person.until, "jti": secrets.token_hex(8),
        }  # fmt: skip
        if len(person.grants) > 1:
            claims["grants"] = _grouped(person.grants)
        if person.session is not None:
            claims |= {"sid": person.session, "csrf": person.csrf}
        if person.must_change:
            claims["must_change"] = True
        kid, key = self._keys.now()
        return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": kid})


class Tickets:
    """Mints tickets with the newest of the shared keys of a folder, verifies with each of them."""

    def __init__(self, keys: Folder[dict[str, bytes]]) -> None:
        self._keys = keys

    @classmethod
    def of(cls, folder: Path) -> "Tickets":
        """Raises OSError or ValueError: there is no key for tickets."""
        return cls(Folder(folder, ticket_keys))

    def _key(self, kid: str) -> bytes:
        """Raises KeyError: no such key, also after another look."""
        found = self._keys.now().get(kid)
        return found if found is not None else self._keys.now(within_s=0)[kid]

    def mint(self, person: Person, contest: ContestId, role: Role | None = None) -> tuple[str, int]:
        """A ticket for `contest`, with `role` or the person's first, and the Unix time until which it can be used. The session ends no
        later than the person's right."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": SOCKET, "sub": person.user, "role": role or person.role, "contest": contest,
            "participant": person.participant, "iat": now, "exp": now + TICKET_AGE_S,
            "until": min(person.until, now + SESSION_S), "sid": person.session,
        }  # fmt: skip
        kid, key = list(self._keys.now().items())[-1]
        return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid} if kid else None), now + TICKET_AGE_S

    def verify(self, ticket: str, contest: ContestId) -> Ticket:
        """Raises Refusal 401 (forged, too old, an access token) or 403 (another contest's)."""
        try:
            key = self._key(jwt.get_unverified_header(ticket).get("kid", ""))
            claims = jwt.decode(
                ticket, key, algorithms=["HS256"], audience=SOCKET, issuer=ISSUER, leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )  # fmt: skip
            participant, issued = _id(claims, "participant"), int(claims["iat"])
            found = Ticket(
                user=_user(claims),
                role=_role(claims),
                contest=ContestId(_id(claims, "contest") or ""),
                issued=issued,
                until=min(int(claims["until"]), issued + SESSION_S),
                participant=None if participant is None else ParticipantId(participant),
                session=_id(claims, "sid"),
            )
        except jwt.ExpiredSignatureError:
            raise unauthorized("ticket.expired", "The ticket is older than a minute.") from None
        except _NOT_VALID:
            raise unauthorized("ticket.invalid", "The ticket is not valid here.") from None
        if found.issued < time.time() - TICKET_AGE_S - LEEWAY_S:
            raise unauthorized("ticket.expired", "The ticket is older than a minute.")
        if found.contest != contest:
            raise Refusal(403, "ticket.other_contest", "The ticket is for another contest.")
        return found


_NOT_VALID = (jwt.InvalidTokenError, AttributeError, KeyError, ValueError, TypeError, OverflowError)
"""What a token of a right key can still be: without a claim, or with one that is not what it should be (1e999 is a number in JSON)."""
USER_MOST = 200


def _user(claims: dict[str, Any]) -> UserId:
    """Any system's name for a person, as it can be stored and logged."""
    user = claims["sub"]
    if not (isinstance(user, str) and 0 < len(user) <= USER_MOST and user.isprintable()):
        raise ValueError("no name of a person")
    return UserId(user)


def _id(claims: dict[str, Any], name: str) -> str | None:
    """The id in its canonical form, however it was written: an empty or broken one is not none, which opens every contest."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("an id is text")
    return str(UUID(value))


def new_csrf() -> str:
    """What a page has to know beside its cookie; the same for as long as its session."""
    return secrets.token_urlsafe(16)


def _grouped(grants: tuple[Grant, ...]) -> dict[str, list[str | None]]:
    """By role, ids without dashes: fifty have to fit into a cookie."""
    found: dict[str, list[str | None]] = {}
    for grant in grants:
        found.setdefault(grant.role, []).append(None if grant.contest is None else UUID(grant.contest).hex)
    return found


def _grants(claims: dict[str, Any]) -> tuple[Grant, ...]:
    """None of its own: the role and contest are all there is."""
    if "grants" not in claims:
        return ()
    found = []
    for role, contests in claims["grants"].items():
        for contest in contests:
            where = _id({"contest": contest}, "contest")
            found.append(Grant(_role({"role": role}), None if where is None else ContestId(where)))
    if not found:
        raise ValueError("grants that grant nothing")
    return in_order(tuple(found))


def _csrf(claims: dict[str, Any]) -> str:
    found = claims.get("csrf", "")
    if not isinstance(found, str):
        raise TypeError("a CSRF token is text")
    return found


def _role(claims: dict[str, Any]) -> Role:
    role: Role = claims["role"]
    if role not in get_args(Role):
        raise ValueError("unknown role")
    return role
