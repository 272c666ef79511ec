"""One Podium for the tests of the demonstration."""

from tests.running import podium

__all__ = ["podium"]
