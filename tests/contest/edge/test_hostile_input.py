"""What somebody who wants to break it sends: no answer is ever 5xx, and nothing that is stored makes a later answer one."""

import asyncio
import base64
import hmac
import json
import random
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from contest.edge import bodies as bodies_read
from contest.tokens import ISSUER, REST, AccessSigner
from tests.contest.edge.test_audit_law import Scene, scene
from tests.rest import ME, Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio

EDGES = ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z")


async def test_moments_at_the_ends_of_the_calendar_are_refused_and_poison_nothing(rest: Rest) -> None:
    """Year 1, once stored, cannot be read back: one such contest made the list of all contests 500."""
    here = await scene(rest)
    for moment in EDGES:
        for path, body, field in (
            ("/api/v1/admin/contests/", {"title": "T", "duration_s": 60, "start_at": moment}, "start_at"),
            ("/api/v1/admin/grading/manual/", {"submission_id": here.submission, "verdict": "AC", "judged_at": moment}, "judged_at"),
        ):
            assert check_refusal(await rest.call("POST", path, body), 422, "body.invalid")[0]["field"] == field
    for moment in ("1970-01-01T00:00:00Z", "2999-12-31T23:59:59Z"):
        made = await rest.contest(duration_s=1, start_at=moment)
        answer = await rest.call("PUT", f"/api/v1/admin/contests/{made['id']}/", {"duration_s": 31_536_000})
        assert answer.status_code == 200, answer.text
    assert (await rest.call("GET", "/api/v1/admin/contests/")).status_code == 200


async def test_clocks_that_hardly_move(rest: Rest) -> None:
    contest = (await rest.contest(rehearsal=True, duration_s=31_536_000))["id"]
    question = (await rest.question(contest))["id"]
    made = await rest.participant(contest, delay_s=31_536_000, extra_time_s=31_536_000)
    token = rest.token("contestant", contest, made["user_id"], who=made["id"])
    clock = f"/api/v1/admin/contests/{contest}/clock/"
    await rest.act(contest, "start")
    for rate in (1e-300, 1e-9, 0.000_9):
        answer = await rest.call("POST", clock, {"contest_time_s": 0, "rate": rate})
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "rate"
    for rate in (0, 0.001, 1, 100_000):
        for at_s in (0, 31_536_000):
            await rest.make(clock, {"contest_time_s": at_s, "rate": rate})
            for path, body in (("start", {}), ("submit", {"question_id": question, "answer": "1"})):
                answer = await rest.call("POST", f"/api/v1/contest/{contest}/{path}/", body, token=token)
                assert answer.status_code in (200, 201, 409), answer.text


async def test_pages_of_lists_with_many_digits(rest: Rest) -> None:
    contest = await rest.contest()
    for name in ("offset", "limit"):
        for text in ("0" * 5_000 + "1", "1" + "0" * 5_000, "0" * 12 + "9" * 25, "1" * 13):
            answer = await rest.call("GET", f"/api/v1/admin/questions/?contest_id={contest['id']}&{name}={text}")
            assert check_refusal(answer, 422, "body.invalid")[0]["field"] == name


async def test_a_line_end_does_not_slip_past_a_pattern(rest: Rest) -> None:
    here = await scene(rest)
    for path, body, field in (
        ("questions/", {"contest_id": here.contest, "title": "T", "label": "B\n"}, "label"),
        ("questions/", {"contest_id": here.contest, "title": "T", "label": "B", "color": "#aabbcc\n"}, "color"),
        ("grading/manual/", {"submission_id": here.submission, "verdict": "AC\n"}, "verdict"),
        ("contests/", {"title": "T", "duration_s": 60, "theme": {"accent": "#aabbcc\n"}}, "theme.accent"),
    ):
        assert check_refusal(await rest.call("POST", f"/api/v1/admin/{path}", body), 422, "body.invalid")[0]["field"] == field


def signed(keys: Path, **claims: Any) -> str:
    """A token of the right key with claims of any kind."""
    signer, now = AccessSigner.of(keys), int(time.time())
    usual = {"iss": ISSUER, "aud": REST, "sub": ME, "role": "organiser", "contest": None, "participant": None, "iat": now, "exp": now + 60}
    return jwt.encode({**usual, **claims}, signer.key, algorithm="EdDSA", headers={"kid": signer.kid})


BROKEN: dict[str, tuple[Any, ...]] = {
    "sub": ("", "a\x00b", "a\nb", "x" * 201, 1, None, [], {}),
    "role": ("", "ORGANISER", "admin", None, [], {}, ["organiser"]),
    "contest": ("", "x", 1, [], {}, "\x00", False),
    "participant": ("", "x", 1, [], {}),
    "grants": ("", "x", 1, [], {}, None, {"organiser": []}, {"organiser": "x"}, {"organiser": [1]}, {"admin": [None]}, ["organiser"]),
    "sid": ("", "x", 1, [], {}),
    "csrf": (None, 1, [], {}),
    "exp": ("x", [], float("inf")),
    "iat": ("x", [], float("inf")),
}  # fmt: skip


async def test_claims_that_are_not_what_they_should_be_open_nothing(rest: Rest, keys: Path) -> None:
    """An empty `contest` is not "every contest", and one that is no UUID is no 500."""
    await rest.contest()
    for name, values in BROKEN.items():
        for value in values:
            answer = await rest.call("GET", "/api/v1/admin/contests/", token=signed(keys, **{name: value}))
            assert answer.status_code == 401, (name, value, answer.text)
            check_refusal(answer, 401, "token.invalid")


def sealed(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token made by hand: HMAC with `secret`, or no signature at all."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    seal = b"" if secret is None else base64.urlsafe_b64encode(hmac.digest(secret, b".".join(parts), "sha256")).rstrip(b"=")
    return b".".join([*parts, seal]).decode()


async def test_the_algorithm_is_ours_to_say(rest: Rest, keys: Path) -> None:
    """Unsigned, or "signed" with what everybody may know: the public key as the secret of an HMAC."""
    kid = AccessSigner.of(keys).kid
    public = (keys / f"access-{kid}.pub.pem").read_bytes()
    claims = jwt.decode(rest.token(), options={"verify_signature": False})
    for algorithm, secret in (
        ("none", None),
        ("None", None),
        ("HS256", public),
        ("HS256", public.strip()),
        ("EdDSA", public),
        ("HS256", b""),
    ):
        for header in ({"kid": kid}, {"kid": f"../keys/{kid}"}, {"kid": "ticket"}, {"kid": [kid]}, {}, {"kid": kid, "crit": ["x"], "x": 1}):
            token = sealed({"typ": "JWT", "alg": algorithm, **header}, claims, secret)
            check_refusal(await rest.call("GET", "/api/v1/admin/contests/", token=token), 401, "token.invalid")
    for head in ("[" * 4_000, '{"kid":' * 1_000, '{"kid":' + "9" * 6_000 + "}", "\xff", "null", "[]"):
        token = base64.urlsafe_b64encode(head.encode("latin-1")).decode().rstrip("=") + ".e30.AAAA"
        check_refusal(await rest.call("GET", "/api/v1/admin/contests/", token=token), 401, "token.invalid")


async def test_a_contest_is_the_same_however_its_id_is_written(rest: Rest, keys: Path) -> None:
    mine, other = await rest.contest(), await rest.contest()
    for text in (mine["id"].upper(), "{" + mine["id"] + "}", mine["id"].replace("-", ""), "urn:uuid:" + mine["id"]):
        token = signed(keys, contest=text)
        listed = (await rest.call("GET", "/api/v1/admin/contests/", token=token)).json()["items"]
        assert [one["id"] for one in listed] == [mine["id"]]
        assert (await rest.call("GET", f"/api/v1/admin/contests/{mine['id']}/", token=token)).status_code == 200
        check_refusal(await rest.call("GET", f"/api/v1/admin/contests/{other['id']}/", token=token), 404, "contest.not_found")
        told = await rest.make(f"/api/v1/contest/{text}/ticket/", {})
        assert told["path"] == f"/ws/contest/{mine['id']}"


VALUES: tuple[Any, ...] = (
    "\x00", "a\x00b", "\u202eevil", "\ufeff", "\uffff", "\U0010ffff", "x" * 300, "", " ", "\n", -1, 0, 2**31, 2**63, 2**64, 10**400,
    1e308, 1e-320, 1.5, True, None, [], {}, [[]], {"a": {}}, ["x"] * 25, *EDGES, "{contest}", "{question}", "{participant}",
)  # fmt: skip
RAW = (
    b'"\\ud800"', b'"\\udc00\\ud800"', b"NaN", b"-Infinity", b"1e999", b"-1e999", b"1e-999999", b"9" * 5_000, b"[" * 5_000, b'{"a":' * 500,
    b'"\\u0000"', b"01", b'"\xff"', b"\x00", b"", b'"\\',
)  # fmt: skip


def bodies(here: Scene) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        ("POST", "admin/contests/", {"title": "t", "duration_s": 60, "start_at": "2030-01-01T00:00:00Z", "freeze_after_s": 10,
         "scoring": "icpc", "penalty_s": 1200, "public": True, "rehearsal": False, "theme": {"accent": "#aabbcc"}, "external_id": "e"}),
        ("PUT", "admin/contests/{contest}/", {"title": "t", "duration_s": 18_000, "freeze_after_s": 10, "theme": None}),
        ("POST", "admin/questions/", {"contest_id": here.contest, "label": "B", "title": "t", "kind": "code", "points": 1,
         "position": 2, "color": "#aabbcc", "external_id": "q"}),
        ("PUT", "admin/questions/{question}/", {"label": "A", "title": "t", "points": 1.5, "position": 2}),
        ("POST", "admin/groups/", {"contest_id": here.contest, "name": "t", "hidden": False, "external_id": "g"}),
        ("PUT", "admin/groups/{group}/", {"name": "t", "hidden": False, "external_id": "h"}),
        ("POST", "admin/participants/", {"contest_id": here.contest, "name": "t", "group_ids": [here.group], "ranked": True,
         "hidden": False, "user_id": ME, "delay_s": 1, "extra_time_s": 1, "external_id": "p"}),
        ("PUT", "admin/participants/{participant}/", {"name": "t", "group_ids": [here.group], "delay_s": 1}),
        ("POST", "admin/participants/{participant}/token/", {"ttl_s": 10}),
        ("POST", "admin/grading/manual/", {"submission_id": here.submission, "verdict": "AC", "score": 1, "current": True,
         "judged_at": "2026-01-01T00:00:00Z", "reason": "r", "external_id": "j"}),
        ("POST", "admin/announcements/", {"contest_id": here.contest, "text": "hello", "group_ids": [here.group]}),
        ("POST", "admin/announcements/", {"contest_id": here.contest, "text": "hello", "participant_id": here.participant}),
        ("POST", "admin/canned-answers/", {"contest_id": here.contest, "title": "t", "text": "hello"}),
        ("POST", "admin/clarifications/{clarification}/answer/", {"text": "hello", "to_all": True}),
        ("POST", "contest/{contest}/submit/", {"question_id": here.question, "participant_id": here.participant, "contest_time_s": 1,
         "external_id": "s", "language": "c", "source": "x", "reason": "r"}),
        ("POST", "contest/{contest}/submit/", {"question_id": here.question, "participant_id": here.participant, "contest_time_s": 1,
         "answer": ["a"]}),
    ]  # fmt: skip


async def test_no_body_makes_it_fail(rest: Rest) -> None:
    """Each member of each body with each hostile value, in turn; then bytes flipped, cut and repeated by a seeded hand."""
    here, chance = await scene(rest), random.Random(20_261_124)
    tried = 0
    for method, path, body in bodies(here):
        path = f"/api/v1/{path.format(**vars(here))}"
        broken: list[bytes] = []
        for member in body:
            for value in VALUES:
                filled = value.format(**vars(here)) if isinstance(value, str) and value.startswith("{") else value
                broken.append(json.dumps({**body, member: filled}).encode())
            broken += [json.dumps({**body, member: "@@"}).encode().replace(b'"@@"', raw) for raw in RAW]
            broken.append(b'{"%s":[],' % member.encode() + json.dumps(body).encode()[1:])
        whole = json.dumps(body).encode()
        for _ in range(30):
            bytes_ = bytearray(whole)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(bytes_))
                bytes_[at : at + chance.randint(0, 3)] = bytes([chance.randrange(256)]) * chance.randint(0, 2)
            broken.append(bytes(bytes_))
        chance.shuffle(broken)
        for raw in broken[:220]:
            answer = await rest.call(method, path, content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, (method, path, raw[:300], answer.text)
            tried += 1
    assert tried > 2_000
    for path in (
        "contests/",
        *(
            f"{noun}/?contest_id={here.contest}"
            for noun in ("questions", "groups", "participants", "submissions", "announcements", "clarifications", "canned-answers")
        ),
    ):
        assert (await rest.call("GET", f"/api/v1/admin/{path}")).status_code == 200, path
    assert (await rest.call("GET", f"/api/v1/admin/audit/?limit=1000&contest_id={here.contest}")).status_code == 200
    assert (await rest.call("GET", f"/api/v1/admin/contests/{new_id()}/")).status_code == 404


async def test_a_body_that_dribbles_in_is_given_up(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies_read, "WITHIN_S", 0.3)

    reader, writer = await asyncio.open_connection("127.0.0.1", int(rest.admin_url.rsplit(":", 1)[1]))
    head = "POST /api/v1/admin/session/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b'{"login":')
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
    assert b"body.too_slow" in await asyncio.wait_for(reader.read(), 5), "and the line is closed"
    writer.close()
