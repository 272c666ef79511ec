"""A whole Podium behind its gateway, as clients of the interface see it."""

from tests.running import podium

__all__ = ["podium"]
