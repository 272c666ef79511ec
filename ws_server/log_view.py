"""A log as a node holds it in memory: where it stands, the ring of ready frames, what it comes to. All on the node read from here."""

from typing import Literal, NamedTuple

from contest.broker.logs import Message, Position
from contest.domain.audience import STATE_LOGS, Log
from contest.wire.to_browser import LogSnapshot, Place, Resync, frame
from ws_server.loading import Loaded
from ws_server.protocol.deflate import deflated
from ws_server.protocol.frames import text_frame
from ws_server.ring import Ring
from ws_server.states import NoState, state_of

ResyncReason = Literal["epoch", "behind", "slow"]


class Missed(NamedTuple):
    """What brings somebody up to date: frames, joined. `resync`: why what was held could not be continued (None: it was)."""

    frames: bytes
    resync: ResyncReason | None = None


class LogView:
    """One shared log of one contest. Owner: its room. Bound: its ring and its state. Rebuilt by loading the log again."""

    __slots__ = ("_packed", "_snapshot", "log", "position", "ring", "state")

    def __init__(self, log: Log, ring: Ring) -> None:
        self.log = log
        self.ring = ring
        self.state = state_of(log)
        self.position: Position | None = None
        self._snapshot: bytes | None = None
        self._packed: bytes | None = None

    @property
    def is_state(self) -> bool:
        return self.log in STATE_LOGS

    def begin(self, loaded: Loaded) -> None:
        """Start over from what Redis holds. Raises ValueError, msgspec.DecodeError: this cannot be followed."""
        state = state_of(self.log)
        state.begin(loaded.kept)
        kept_seq = loaded.kept.at.seq if loaded.kept else loaded.at.seq
        for message in loaded.messages:
            if message.seq > kept_seq:
                state.apply(message)
        self.ring.begin(loaded.at.seq - len(loaded.messages))
        for message in loaded.messages:
            self.ring.append(message.seq, text_frame(message.payload))
        self.state, self.position, self._snapshot, self._packed = state, loaded.at, None, None

    def append(self, message: Message) -> bytes:
        """Take the next entry; returns its frame. The caller has checked that it is the next."""
        ready = text_frame(message.payload)
        self.state.apply(message)
        self.ring.append(message.seq, ready)
        self.position, self._snapshot, self._packed = Position(message.epoch, message.seq), None, None
        return ready

    def snapshot(self, deflates: bool = False) -> bytes:
        """The snapshot's frame at the present position, made (and compressed) at most once per seq."""
        if deflates:
            self._packed = self._packed or deflated(self.snapshot())
            return self._packed
        if self._snapshot is None:
            assert self.position is not None, "the log was never loaded"
            self._snapshot = text_frame(frame(Place(self.log, *self.position), self.state.snapshot()))
        return self._snapshot

    def missed(self, held: Position | None, lost: ResyncReason = "behind", deflates: bool = False) -> Missed:
        """What somebody who holds `held` has to get to stand where the view stands. `lost` is the reason given if the ring does not reach
        back; a slow reader of a board gets the snapshot as well if that is less to read. `deflates`: snapshots may be compressed; what the
        ring holds goes out as it is, so that thousands who come back at once cost no compressing."""
        if self.position is None:
            return Missed(b"")
        if held is None:
            return Missed(self.snapshot(deflates))
        if held.epoch != self.position.epoch:
            return Missed(self.resync("epoch", deflates), "epoch")
        frames = self.ring.since(held.seq)
        if frames is None or (lost == "slow" and self.is_state and len(frames) > len(self.snapshot(deflates))):
            return Missed(self.resync(lost, deflates), lost)
        return Missed(frames)

    def resync(self, reason: ResyncReason, deflates: bool = False) -> bytes:
        return text_frame(frame(None, Resync(self.log, reason))) + self.snapshot(deflates)

    def first_frames(self) -> bytes:
        """For those who are there when a log begins: its snapshot; a log without a state begins with all its entries so far."""
        assert self.position is not None, "the log was never loaded"
        since = max(0, self.ring.last - len(self.ring))
        if not isinstance(self.state, NoState) or (entries := self.ring.since(since)) is None:
            return self.snapshot()
        return text_frame(frame(Place(self.log, self.position.epoch, since), LogSnapshot())) + entries
