"""One's own time on the contest's clock, as the server reckons it (protocol.md, turn.changed)."""

from typing import NamedTuple

from podium_client.frames import Turn


class OwnWindow(NamedTuple):
    """`begins_s` belongs to it, `ends_s` does not. Both None: one has to start first."""

    begins_s: float | None
    ends_s: float | None


def own_window(duration_s: float, own_time_s: float | None, turn: Turn) -> OwnWindow:
    """When one's own time begins and ends, with a status' `duration_s` and `own_time_s`."""
    if own_time_s is None:
        start_s, total_s = 0.0, float(duration_s)
    elif turn.started_s is None:
        return OwnWindow(None, None)
    else:
        start_s, total_s = turn.started_s, max(0.0, min(own_time_s, duration_s - turn.started_s))
    begins_s = start_s + turn.delay_s
    return OwnWindow(begins_s, begins_s + total_s * turn.factor + turn.extra_s)
