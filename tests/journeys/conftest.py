"""One Podium for all journeys."""

from tests.running import podium

__all__ = ["podium"]
