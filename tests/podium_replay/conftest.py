"""One Podium for all replays, as people start it."""

from tests.running import podium

__all__ = ["podium"]
