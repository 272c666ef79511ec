"""Runs one SQL file inside a migration."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only


def run_file(name: str) -> None:
    """All statements of `sql/<name>`, in the migration's transaction (asyncpg's own `execute` takes several at once)."""
    script = (Path(__file__).parent / "sql" / name).read_text()
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    op.get_bind().exec_driver_sql("SELECT 1")  # opens the transaction that SQLAlchemy begins lazily
    await_only(driver.execute(script))
