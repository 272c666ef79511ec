"""CLICS times (Contest API, JSON attribute types): TIME is ISO 8601 with a zone, RELTIME is `(-)(h)*h:mm:ss(.uuu)`."""

import re
from datetime import datetime

_RELTIME = re.compile(r"(-?)(\d+):([0-5]\d):([0-5]\d)(\.\d{1,9})?")
_SHORT_ZONE = re.compile(r"([+-]\d\d)$")


def reltime_s(text: object) -> float:
    """Seconds of a RELTIME. Raises ValueError for anything else."""
    found = _RELTIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no RELTIME (h:mm:ss.uuu)")
    sign, hours, minutes, seconds, fraction = found.groups()
    # Whole milliseconds first: 0.1 s steps added as floats would not compare equal to the literal 288.183.
    total_s = round(int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(fraction or 0), 9)
    return -total_s if sign else total_s


def time(text: object) -> datetime:
    """A TIME as an aware datetime. Raises ValueError for anything else, a time without zone included."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no TIME")
    found = datetime.fromisoformat(_SHORT_ZONE.sub(r"\1:00", text))
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return found


def penalty_s(value: object) -> int:
    """The penalty of a wrong run in seconds: whole minutes as a number (before 2026-01) or a RELTIME. Raises ValueError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value * 60
    return round(reltime_s(value))
