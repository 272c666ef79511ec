"""The audit, found by who and by what."""

from contest.store.migrations.run_sql import run_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_file("0007_audit.sql")
