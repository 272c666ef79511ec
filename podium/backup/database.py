"""The database's part of a backup, by PostgreSQL's own pg_dump and pg_restore. Passwords reach them in the environment, never as
arguments, which everybody on the machine can read."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from podium.embedded import postgres_binaries

Waiting = Callable[[], None]
"""Called several times a second while a program works."""
LOOK_EVERY_S = 0.2


class DatabaseFailed(Exception):  # noqa: N818 - a fact for the person at the terminal
    """pg_dump or pg_restore ended with an error; the message holds the end of what it said."""


async def schema_of(database_url: str) -> str | None:
    """The revision of the schema; None: there is none yet, the database is empty. Raises OSError, asyncpg.PostgresError."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if await connection.fetchval("SELECT to_regclass('podium_schema_version') IS NULL"):
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM podium_schema_version")
        return revision
    finally:
        await connection.close()


async def is_empty(database_url: str) -> bool:
    """Whether nothing of anybody is in its public schema."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return count == 0
    finally:
        await connection.close()


def dump(database_url: str, target: Path, waiting: Waiting) -> None:
    """One consistent picture of the database, taken while it is used. Raises DatabaseFailed, OSError."""
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], database_url, waiting)


def restore(database_url: str, source: Path, waiting: Waiting) -> None:
    """All of `source` into an empty database, or nothing of it. Raises DatabaseFailed, OSError."""
    words = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    _run([*words, f"--dbname={_name(database_url)}", str(source)], database_url, waiting)


def _run(words: list[str], database_url: str, waiting: Waiting) -> None:
    program = subprocess.Popen(
        [postgres_binaries() / words[0], *words[1:]],
        env={**os.environ, **_environment(database_url)}, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while True:
            try:
                _, said = program.communicate(timeout=LOOK_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                waiting()
    except BaseException:
        program.kill()
        program.wait()
        raise
    if program.returncode:
        raise DatabaseFailed(f"{words[0]} failed: {said.strip()[-1000:]}")


def _name(database_url: str) -> str:
    return unquote(urlsplit(database_url).path.lstrip("/")) or "postgres"


def _environment(database_url: str) -> dict[str, str]:
    """libpq's variables for this address."""
    parts = urlsplit(database_url)
    found = {"PGHOST": parts.hostname, "PGPORT": str(parts.port or 5432), "PGUSER": unquote(parts.username or ""),
             "PGPASSWORD": unquote(parts.password or ""), "PGDATABASE": _name(database_url)}  # fmt: skip
    return {name: value for name, value in found.items() if value}
