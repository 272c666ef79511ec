"""An inbox log as a node holds it: every contestant's own count, what their inbox comes to, and the last entries to come back by."""

from collections import deque

import msgspec

from contest.broker.logs import Message, Position
from contest.domain.audience import Log
from contest.ids import UserId
from contest.wire.to_browser import Inbox, InboxSnapshot, Place, Resync, SubmissionNote, frame
from ws_server.inboxes import folded
from ws_server.loading import Loaded
from ws_server.log_view import Missed, ResyncReason
from ws_server.protocol.frames import text_frame


class Entry(msgspec.Struct, frozen=True, gc=False):
    user: UserId
    user_seq: int
    frame: bytes


class InboxView:
    """One of a contest's inbox logs. Owner: its room. Bound: `entries_max` entries, and for each contestant what
    `inboxes` says. Rebuilt by loading it again."""

    __slots__ = ("_entries", "_kept", "_seqs", "log", "position")

    def __init__(self, log: Log, entries_max: int) -> None:
        self.log = log
        self.position: Position | None = None
        self._entries: deque[Entry] = deque(maxlen=entries_max)
        self._seqs: dict[UserId, int] = {}
        self._kept: dict[UserId, Inbox] = {}

    def begin(self, loaded: Loaded) -> None:
        """Start over from what Redis holds. Raises msgspec.DecodeError."""
        kept = {user: _inbox(text) for user, (_, text) in loaded.kept_inboxes.items()}
        self._entries.clear()
        self._seqs, self._kept = dict(loaded.user_seqs), kept
        for message in loaded.messages:
            user = UserId(message.user)
            self._entries.append(Entry(user, message.user_seq, text_frame(message.payload)))
            if user not in loaded.kept_inboxes or message.user_seq > loaded.kept_inboxes[user][0]:
                self._fold(user, message.payload)
        self.position = loaded.at

    def append(self, message: Message) -> bytes:
        """Take the next entry; returns its frame, which is `message.user`'s alone."""
        user, ready = UserId(message.user), text_frame(message.payload)
        self._fold(user, message.payload)
        self._entries.append(Entry(user, message.user_seq, ready))
        self._seqs[user] = message.user_seq
        self.position = Position(message.epoch, message.seq)
        return ready

    def _fold(self, user: UserId, payload: bytes) -> None:
        self._kept[user] = folded(self._kept.get(user, NOTHING), payload)

    def position_of(self, user: UserId) -> Position | None:
        return Position(self.position.epoch, self._seqs.get(user, 0)) if self.position else None

    def snapshot(self, user: UserId) -> bytes:
        at = self.position_of(user)
        assert at is not None, "the log was never loaded"
        return text_frame(frame(Place("inbox", *at), InboxSnapshot.of(self._kept.get(user, NOTHING))))

    def missed(self, user: UserId, held: Position | None, lost: ResyncReason = "behind") -> Missed:
        """What `user`, who holds `held`, has to get; as LogView.missed."""
        at = self.position_of(user)
        if at is None:
            return Missed(b"")
        if held is None:
            return Missed(self.snapshot(user))
        if held.epoch != at.epoch:
            return Missed(self.resync(user, "epoch"), "epoch")
        missed = [entry for entry in self._entries if entry.user == user and entry.user_seq > held.seq] if held.seq < at.seq else []
        if len(missed) != at.seq - held.seq:
            return Missed(self.resync(user, lost), lost)
        return Missed(b"".join(entry.frame for entry in missed))

    def resync(self, user: UserId, reason: ResyncReason) -> bytes:
        return text_frame(frame(None, Resync("inbox", reason))) + self.snapshot(user)


def _inbox(text: bytes) -> Inbox:
    """What the relay keeps. One of the version before keeps a list, of submissions alone, and may do so beside us."""
    kept = _KEPT.decode(text)
    return kept if isinstance(kept, Inbox) else Inbox(submissions=kept)


NOTHING = Inbox()
_KEPT: msgspec.json.Decoder[Inbox | tuple[SubmissionNote, ...]] = msgspec.json.Decoder(Inbox | tuple[SubmissionNote, ...])
