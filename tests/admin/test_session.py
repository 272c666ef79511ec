"""Signing in: who may, how often, and that nobody learns which logins there are."""

import asyncio
import statistics
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from admin.passwords import THREADS, WAITING_MOST, Passwords
from contest.errors import Refusal
from contest.store.people import ensure_first_organiser
from contest.tokens import AccessVerifier
from tests.rest import Rest, check_refusal

pytestmark = pytest.mark.anyio
PATH = "/api/v1/admin/session/"


async def sign_in(rest: Rest, login: str, password: str, address: str = "203.0.113.1") -> httpx.Response:
    headers = {"X-Forwarded-For": address}
    return await rest.call("POST", PATH, {"login": login, "password": password}, token="", headers=headers)


async def test_the_first_organiser_signs_in_and_works(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    password = await ensure_first_organiser(pool)
    assert password
    answer = await sign_in(rest, "organiser", password)
    assert answer.status_code == 200
    told = answer.json()
    assert told.keys() == {"token", "expires_at", "role", "csrf", "person", "grants", "must_change_password"}
    assert (told["person"]["login"], told["grants"]) == ("organiser", [{"role": "organiser", "contest_id": None}])
    assert told["must_change_password"] is False
    assert (told["role"], AccessVerifier.of(keys).verify(told["token"]).role) == ("organiser", "organiser")
    contest = await rest.contest()
    assert (await rest.call("GET", f"/api/v1/admin/contests/{contest['id']}/", token=told["token"])).status_code == 200
    row = await pool.fetchrow("SELECT action, after FROM podium_audit WHERE action = 'person.signed_in'")
    assert row["after"] == {"address": "203.0.113.1"}


async def test_wrong_login_and_wrong_password_look_alike(rest: Rest, pool: asyncpg.Pool) -> None:
    await ensure_first_organiser(pool)
    seen: dict[str, list[float]] = {"organiser": [], "nobody": []}
    bodies = set()
    for number in range(6):
        for login, times in seen.items():
            began = time.perf_counter()
            answer = await sign_in(rest, login, "wrong", f"203.0.113.{number}")
            times.append(time.perf_counter() - began)
            check_refusal(answer, 401, "session.refused")
            bodies.add(answer.content)
    assert len(bodies) == 1
    # Without the hash for nobody's password it would be less than a fifth.
    assert statistics.median(seen["nobody"]) > 0.4 * statistics.median(seen["organiser"])


async def test_who_tries_too_often_is_told_to_wait_and_others_are_not(rest: Rest, pool: asyncpg.Pool) -> None:
    password = await ensure_first_organiser(pool)
    assert password
    answers, began = [await sign_in(rest, "organiser", "wrong")], time.monotonic()
    while answers[-1].status_code == 401 and len(answers) < 60:
        answers.append(await sign_in(rest, "organiser", "wrong"))
    assert 10 <= len(answers) - 1 <= 10 + (time.monotonic() - began) / 12, "ten at once, then one every twelve seconds"
    check_refusal(answers[-1], 429, "session.too_often")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
    assert (await sign_in(rest, "organiser", password)).status_code == 429
    assert (await sign_in(rest, "organiser", password, "203.0.113.2")).status_code == 200


async def test_too_many_at_once_are_turned_away_and_the_rest_is_answered() -> None:
    passwords = Passwords()
    try:
        results = await asyncio.gather(*(passwords.fits(None, "x") for _ in range(THREADS + WAITING_MOST + 5)), return_exceptions=True)
    finally:
        passwords.close()
    refused = [result for result in results if isinstance(result, Refusal)]
    assert [refusal.status for refusal in refused] == [503] * 5
    assert all("Retry-After" in refusal.headers for refusal in refused)
    assert results.count(False) == THREADS + WAITING_MOST


async def test_hashing_does_not_hold_up_the_others(rest: Rest) -> None:
    attempts = [asyncio.create_task(sign_in(rest, f"n{number}", "x", f"203.0.113.{number}")) for number in range(8)]
    live = await rest.call("GET", "/api/v1/monitoring/health/live", token="")
    assert live.status_code == 200
    assert not all(task.done() for task in attempts)
    assert {answer.status_code for answer in await asyncio.gather(*attempts)} == {401}
