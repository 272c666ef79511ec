"""What counts as a server being away."""

from contest.edge.database import UNREACHABLE
from contest.pauses import AWAY


def test_what_rest_calls_unreachable_ends_no_other_process_either() -> None:
    """The relay once ended over asyncpg's InternalClientError when PostgreSQL was killed in the middle of a statement."""
    assert [error for error in UNREACHABLE if not issubclass(error, AWAY)] == []
