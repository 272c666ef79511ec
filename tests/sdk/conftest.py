"""One Podium for the tests of the client against the real servers."""

from tests.running import podium

__all__ = ["podium"]
