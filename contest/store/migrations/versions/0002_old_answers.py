"""An index to find the answers kept for Idempotency-Keys that are old enough to be forgotten."""

from contest.store.migrations.run_sql import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_file("0002_old_answers.sql")
