"""Brings a database to the newest schema with Alembic; the SQL itself stands in `migrations/sql/`, one file per step."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(database_url: str, revision: str = "head") -> None:
    """Run the migrations that are missing, each in a transaction; one process at a time (an advisory lock). Not inside a running loop."""
    command.upgrade(alembic_config(database_url), revision)


def alembic_config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["database_url"] = database_url
    return config
