"""The spine: the monolith's tables where they are not there, and Podium's beside them."""

from contest.store.migrations.run_sql import run_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_file("0001_spine.sql")
