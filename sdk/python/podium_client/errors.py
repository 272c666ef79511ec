"""What can go wrong, by whose doing it is: refused by the server, out of reach, or a line that the server wants gone for good."""

from collections.abc import Sequence

from msgspec import Struct


class Detail(Struct, frozen=True):
    """What is wrong with one member of a body."""

    field: str
    message: str


class PodiumError(Exception):
    """The root of everything that this package raises by itself."""


class Refused(PodiumError):  # noqa: N818 - a fact about the call or the line
    """The server understood and said no. `code` is stable, `message` is for people, `status` the HTTP status."""

    def __init__(self, status: int, code: str, message: str, details: Sequence[Detail] = ()) -> None:
        reasons = "".join(f"; {detail.field}: {detail.message}" for detail in details)
        super().__init__(f"{status} {code}: {message}{reasons}")
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)


class Unreachable(PodiumError):  # noqa: N818 - a fact about the call or the line
    """No answer worth having within the time allowed: the line broke, or the servers are overloaded or restarting."""


class StayAway(PodiumError):  # noqa: N818 - a fact about the call or the line
    """The server closed the socket with a code that says not to come back."""

    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(f"closed with {close_code} {reason}".rstrip())
        self.close_code = close_code
        self.reason = reason


class OutOfStep(PodiumError):  # noqa: N818 - a fact about the call or the line
    """A frame does not follow what is held. A feed reconnects by itself on this; it never reaches the reader of a feed."""
