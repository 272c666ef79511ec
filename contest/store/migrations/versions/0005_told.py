"""Told: whom an announcement to groups or to one person reached."""

from contest.store.migrations.run_sql import run_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_file("0005_told.sql")
