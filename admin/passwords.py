"""Checks passwords with argon2id in a few threads of their own, so that hashing never holds up the loop; the queue is bounded."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import argon2

from contest.errors import overloaded

T = TypeVar("T")

THREADS = 2
WAITING_MOST = 16
"""A hash takes about 40 ms of a core and 64 MiB: with more than this ahead, waiting takes half a second and more (503: come again)."""


class Passwords:
    """Owner: the admin process. Bound: THREADS at work (64 MiB each), WAITING_MOST waiting; then 503. Holds no password."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._under_way = 0
        self._nobodys = _of_no_password(self._hasher)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether `password` is the hashed one. None (nobody has this login) takes the same time and is False.

        Raises Refusal 503 when too many wait.
        """
        fits = await self._run(lambda: self._verify(password_hash or self._nobodys, password))
        return fits and password_hash is not None

    async def renewed(self, password_hash: str, password: str) -> str | None:
        """A hash with today's parameters, if `password_hash` was made with older ones."""
        if not self._hasher.check_needs_rehash(password_hash):
            return None
        return await self._run(lambda: self._hasher.hash(password))

    async def hashed(self, password: str) -> str:
        """Raises Refusal 503 when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= THREADS + WAITING_MOST:
            raise overloaded("Too many people sign in at the moment.", retry_after_s=2)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def _of_no_password(hasher: argon2.PasswordHasher) -> str:
    """What `hasher` would make of some password nobody knows, without its work at every start: checking against it takes as long."""
    salt, digest = (base64.b64encode(secrets.token_bytes(count)).decode().rstrip("=") for count in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
