"""Times on the wire: RFC 3339 in UTC with milliseconds, on every path alike."""

from datetime import UTC, datetime
from typing import overload


@overload
def rfc3339(moment: datetime) -> str: ...
@overload
def rfc3339(moment: None) -> None: ...
@overload
def rfc3339(moment: datetime | None) -> str | None: ...


def rfc3339(moment: datetime | None) -> str | None:
    """`2026-11-24T10:00:00.123Z`; None stays None. `moment` must know its zone."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_unix(seconds: float) -> str:
    """The same of a Unix time."""
    return rfc3339(datetime.fromtimestamp(seconds, UTC))


def moment(seconds: float) -> datetime:
    """A Unix time as PostgreSQL takes it."""
    return datetime.fromtimestamp(seconds, UTC)
