"""Pauses: what the clock ran at before."""

from contest.store.migrations.run_sql import run_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_file("0006_pauses.sql")
