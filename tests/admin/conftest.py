"""The REST processes for the tests of this folder."""

from tests.rest import rest

__all__ = ["rest"]
