"""Brings a database to the newest schema with Alembic; the SQL itself stands in `migrations/sql/`, one file per step."""

import time
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config

TRIES = 30
BETWEEN_TRIES_S = 1.0


def migrate(database_url: str, revision: str = "head") -> None:
    """Run the migrations that are missing, each in a transaction; one process at a time (an advisory lock). Not inside a running loop.

    People may be at work meanwhile: a step waits for a lock no longer than `migrations/env.py` says, since everybody else would wait behind
    it, and is begun again, TRIES times. Raises what the last try met.
    """
    for left in reversed(range(TRIES)):
        try:
            command.upgrade(alembic_config(database_url), revision)
            return
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if not left:
                raise
        time.sleep(BETWEEN_TRIES_S)


def alembic_config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["database_url"] = database_url
    return config
