"""Contestants who come with a token that another system signed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from admin.config import Config
from admin.issuers import read_issuers
from contest.config import ConfigError
from contest.ids import uuid7
from tests.rest import Rest, both, check_refusal

pytestmark = pytest.mark.anyio
CAMPUS, SCHOOL = "https://campus.example", "https://school.example"
EDDSA, ES256, RS256 = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
STRANGER = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> bytes:
    public: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Campus enrols and has a key of each kind; school does not."""
    for name, key in (("ed", EDDSA), ("ec", ES256), ("rsa", RS256)):
        (tmp_path / f"{name}.pem").write_bytes(pem(key))
    one = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(EDDSA.public_key()))
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [{**one, "kid": "j1"}]}))
    keys, algorithms = {"ed": "ed.pem", "ec": "ec.pem", "rsa": "rsa.pem"}, ["EdDSA", "ES256", "RS256"]
    known = [
        {"issuer": CAMPUS, "audience": "podium", "algorithms": algorithms, "keys": keys, "enrol": True},
        {"issuer": SCHOOL, "audience": "podium", "algorithms": ["EdDSA"], "jwks": "jwks.json"},
    ]
    (tmp_path / "issuers.json").write_text(json.dumps(known))
    return tmp_path / "issuers.json"


@pytest.fixture
async def rest(database_url: str, keys: Path, file: Path) -> AsyncIterator[Rest]:
    async with both(database_url, keys, file) as made:
        yield made


def signed(where: str, key: Any = EDDSA, algorithm: str = "EdDSA", kid: str = "ed", **claims: Any) -> str:
    now = int(time.time())
    usual = {"iss": CAMPUS, "aud": "podium", "sub": "s-1", "iat": now, "exp": now + 60, "contest": where, "name": "Ann"}
    told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})


async def come(rest: Rest, contest: str, token: str) -> Any:
    headers = {"X-Forwarded-For": f"2001:db8::{uuid7()[-4:]}"}  # nobody is throttled here
    return await rest.call("POST", f"/api/v1/contest/{contest}/session/", {"external_token": token}, token="", headers=headers)


async def test_one_who_is_vouched_for_takes_part_and_is_the_same_the_next_time(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    ways = ((EDDSA, "EdDSA", "ed"), (ES256, "ES256", "ec"), (RS256, "RS256", "rsa"))
    told = [(await come(rest, contest, signed(contest, *way))).json() for way in ways]
    assert len({one["participant"]["id"] for one in told}) == 1
    assert told[0]["participant"]["name"] == "Ann"
    assert (await rest.call("POST", f"/api/v1/contest/{contest}/ticket/", {}, token=told[0]["token"])).status_code == 201
    assert await pool.fetchval("SELECT kind FROM podium_session LIMIT 1") == "external"
    assert await pool.fetchval("SELECT reason FROM podium_audit WHERE action = 'participant.created'") == f"enrolled by {CAMPUS}"
    at_once = await asyncio.gather(*(come(rest, contest, signed(contest, sub="s-2")) for _ in range(5)))
    assert {answer.status_code for answer in at_once} == {200}
    assert await pool.fetchval("SELECT count(*) FROM podium_participant") == 2


async def test_an_issuer_that_does_not_enrol_lets_in_who_is_there(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    token = signed(contest, kid="j1", iss=SCHOOL, sub="s-9")
    check_refusal(await come(rest, contest, token), 403, "participant.none")
    who = await rest.participant(contest, "Ben", external_id="s-9")
    assert (await come(rest, contest, token)).json()["participant"] == {"id": who["id"], "name": "Ben"}
    await rest.call("DELETE", f"/api/v1/admin/participants/{who['id']}/")
    check_refusal(await come(rest, contest, token), 403, "participant.none")
    check_refusal(await come(rest, contest, signed(contest, sub="s-9")), 403, "participant.none")


async def test_tokens_that_do_not_hold(rest: Rest, pool: asyncpg.Pool) -> None:
    contest, other = (await rest.contest())["id"], (await rest.contest())["id"]
    now = int(time.time())
    for token in (
        signed(contest, STRANGER), signed(contest, iss=SCHOOL), signed(contest, iss="https://else.example"), signed(contest, aud="else"),
        signed(contest, kid="x"), signed(contest, kid="rsa"), signed(contest, exp=now + 8 * 86_400), signed(contest, exp=None),
        signed(contest, iat=None), signed(contest, sub=None), signed(contest, sub=""), signed(contest, sub="a\nb"),
        signed(contest, sub="x" * 101),
        signed(contest, contest=None), signed(contest, contest="x"), signed(contest, name=7), signed(contest, RS256, "PS256", "rsa"),
        signed(contest, RS256, "RS512", "rsa"), signed(contest, pem(RS256)[30:90], "HS256", "rsa"), signed(contest)[:-8] + "AAAAAAAA",
        jwt.encode({"iss": CAMPUS}, None, algorithm="none", headers={"kid": "ed"}), rest.token("contestant", contest), "x", "a.b.c",
    ):  # fmt: skip
        check_refusal(await come(rest, contest, token), 401, "token.invalid")
    check_refusal(await come(rest, contest, signed(contest, exp=now - 60)), 401, "token.expired")
    check_refusal(await come(rest, contest, signed(other)), 403, "token.other_contest")
    for body in ({}, {"code": "x", "external_token": signed(contest)}):
        refused = await rest.call("POST", f"/api/v1/contest/{contest}/session/", body, token="")
        assert check_refusal(refused, 422, "body.invalid")[0]["field"] == "code"
    assert await pool.fetchval("SELECT count(*) FROM podium_session") == 0


def test_files_that_do_not_do_are_said_at_start(file: Path) -> None:
    assert {issuer.name: sorted(issuer.keys) for issuer in read_issuers(str(file))} == {CAMPUS: ["ec", "ed", "rsa"], SCHOOL: ["j1"]}
    known = json.loads(file.read_text())
    weak = rsa.generate_private_key(65537, 1024)
    (file.parent / "weak.pem").write_bytes(pem(weak))
    for change in (
        {"algorithms": ["HS256"]}, {"algorithms": ["RS256"]}, {"keys": {"k": "weak.pem"}}, {"keys": {"k": "not-there.pem"}}, {"keys": {}},
        {"jwks": "ed.pem"}, {"issuer": SCHOOL}, {"more": 1},
    ):  # fmt: skip
        file.write_text(json.dumps([{**known[0], **change}, known[1]]))
        with pytest.raises((ValueError, OSError)):
            read_issuers(str(file))
    with pytest.raises(ConfigError, match="PODIUM_ISSUERS must be"):
        Config.of({"DATABASE_URL": "postgresql://x", "PODIUM_KEYS": str(file.parent), "PODIUM_PORT": "1", "PODIUM_ISSUERS": str(file)})
