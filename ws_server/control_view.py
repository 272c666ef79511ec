"""The control log as a node holds it: no frames, for it is the node that is told. What a load brought, and was not
seen before, is looked at once."""

from collections.abc import Sequence

from contest.broker.logs import Message, Position
from ws_server.loading import Loaded


class ControlView:
    """Owner: the hub's tail. Bound: the entries of one load."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.loaded: Sequence[Message] = ()

    def begin(self, loaded: Loaded) -> None:
        seen = self.position.seq if self.position and self.position.epoch == loaded.at.epoch else 0
        self.position, self.loaded = loaded.at, [message for message in loaded.messages if message.seq > seen]

    def append(self, message: Message) -> bytes:
        self.position = Position(message.epoch, message.seq)
        return b""
