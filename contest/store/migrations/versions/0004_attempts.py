"""Attempts: when they were started on the contest's clock."""

from contest.store.migrations.run_sql import run_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_file("0004_attempts.sql")
