"""Other systems whose signed tokens (JWT) let their people into a contest: whose, with which keys, and what such a token must say."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from contest.errors import Refusal, unauthorized
from contest.tokens import LEEWAY_S

Algorithm = Literal["EdDSA", "ES256", "RS256"]
RSA_LEAST_BITS = 2048
LIFE_MOST_S = 24 * 3600
"""A signed token is a ticket for the door, not a pass for the year."""
EXTERNAL_ID_MOST, NAME_MOST = 100, 200


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An issuer as the file of PODIUM_ISSUERS has it. Paths are relative to the file. `enrol`: who is unknown becomes a participant."""

    issuer: str
    audience: str
    algorithms: tuple[Algorithm, ...]
    keys: dict[str, str] = {}
    jwks: str | None = None
    enrol: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the one algorithm that goes with its kind: a token has no say in it."""

    algorithm: Algorithm
    public: Any


@dataclass(frozen=True, slots=True)
class Issuer:
    name: str
    audience: str
    enrol: bool
    keys: dict[str, Key]


@dataclass(frozen=True, slots=True)
class Stranger:
    """Whom a token is about: their id in the other system, and their name, if it says one."""

    external_id: str
    name: str
    issuer: Issuer


def read_issuers(text: str) -> tuple[Issuer, ...]:
    """The issuers of the file at this path. Raises OSError, ValueError: it is not there, not such a file, or its keys are no such keys."""
    path = Path(text)
    try:
        described = msgspec.json.decode(path.read_bytes(), type=tuple[Described, ...])
        found = tuple(_issuer(one, path.parent) for one in described)
    except (msgspec.MsgspecError, jwt.PyJWTError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from None
    if len({issuer.name for issuer in found}) != len(found):
        raise ValueError("an issuer is there twice")
    return found


def _issuer(described: Described, folder: Path) -> Issuer:
    keys = {kid: serialization.load_pem_public_key((folder / path).read_bytes()) for kid, path in described.keys.items()}
    if described.jwks is not None:
        keys |= {one["kid"]: jwt.PyJWK(one).key for one in json.loads((folder / described.jwks).read_bytes())["keys"]}
    found = {kid: Key(_algorithm(key), key) for kid, key in keys.items()}
    if not found or any(key.algorithm not in described.algorithms for key in found.values()):
        raise ValueError("an issuer needs keys, each for one of its algorithms")
    return Issuer(described.issuer, described.audience, described.enrol, found)


def _algorithm(key: object) -> Algorithm:
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    if isinstance(key, RSAPublicKey) and key.key_size >= RSA_LEAST_BITS:
        return "RS256"
    raise ValueError("a key must be Ed25519, EC P-256 or RSA of 2048 bits at least")


@dataclass(frozen=True, slots=True)
class Issuers:
    """The ones that are configured."""

    known: tuple[Issuer, ...]

    def verify(self, token: str, contest_id: str) -> Stranger:
        """Who comes with this token to this contest. Raises Refusal 401: it does not hold, whatever the reason; 403: another contest's."""
        try:
            claims, issuer = self._claims(token)
            stranger = Stranger(_line(claims["sub"], EXTERNAL_ID_MOST), _line(claims.get("name", claims["sub"]), NAME_MOST), issuer)
            if not isinstance(claims["contest"], str):
                raise TypeError("an id is text")
            contest = str(UUID(claims["contest"]))
        except jwt.ExpiredSignatureError:
            raise unauthorized("token.expired", "The signed token has expired.") from None
        except (jwt.PyJWTError, AttributeError, KeyError, ValueError, TypeError, OverflowError):
            raise unauthorized("token.invalid", "The signed token is not valid here.") from None
        if contest != contest_id:
            raise Refusal(403, "token.other_contest", "The signed token is for another contest.")
        return stranger

    def _claims(self, token: str) -> tuple[dict[str, Any], Issuer]:
        """The issuer is looked up by what the token says of itself; its key and algorithm are ours, and then everything is checked."""
        said = jwt.decode(token, options={"verify_signature": False})["iss"]
        issuer = next(one for one in (*self.known, None) if one is None or one.name == said)
        if issuer is None:
            raise ValueError("no such issuer")
        key = issuer.keys[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token, key.public, algorithms=[key.algorithm], audience=issuer.audience, issuer=issuer.name, leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )  # fmt: skip
        if claims["exp"] > time.time() + LIFE_MOST_S + LEEWAY_S:
            raise ValueError("good for too long")
        return claims, issuer


def _line(value: object, most: int) -> str:
    if not (isinstance(value, str) and 0 < len(value) <= most and value.isprintable() and value.strip()):
        raise ValueError("no name")
    return value
