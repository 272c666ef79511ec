"""The control log as a node holds it: no frames, for it is the node that is told. What a load brought is looked at once."""

from collections.abc import Sequence

from contest.broker.logs import Message, Position
from ws_server.loading import Loaded


class ControlView:
    """Owner: the hub's tail. Bound: the entries of one load."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.loaded: Sequence[Message] = ()

    def begin(self, loaded: Loaded) -> None:
        self.position, self.loaded = loaded.at, loaded.messages

    def append(self, message: Message) -> bytes:
        self.position = Position(message.epoch, message.seq)
        return b""
