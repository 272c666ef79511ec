"""People: roles, sessions, keys, pauses, answers, grading, clarifications."""

from contest.store.migrations.run_sql import run_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_file("0003_people.sql")
