"""An inbox log as a node holds it: every contestant's own count, what their inbox comes to, and the last entries to come back by."""

from collections import deque

import msgspec

from contest.broker.logs import Message, Position
from contest.domain.audience import Log
from contest.ids import UserId
from contest.wire.to_browser import INBOX_KEPT, InboxSnapshot, Place, Resync, SubmissionNote, frame
from ws_server.loading import Loaded
from ws_server.log_view import Missed, ResyncReason
from ws_server.protocol.frames import text_frame


class Entry(msgspec.Struct, frozen=True, gc=False):
    user: UserId
    user_seq: int
    frame: bytes


class InboxView:
    """One of a contest's inbox logs. Owner: its room. Bound: `entries_max` entries, and 50 submissions for each contestant of this log.
    Rebuilt by loading the log again."""

    __slots__ = ("_entries", "_kept", "_seqs", "log", "position")

    def __init__(self, log: Log, entries_max: int) -> None:
        self.log = log
        self.position: Position | None = None
        self._entries: deque[Entry] = deque(maxlen=entries_max)
        self._seqs: dict[UserId, int] = {}
        self._kept: dict[UserId, tuple[SubmissionNote, ...]] = {}

    def begin(self, loaded: Loaded) -> None:
        """Start over from what Redis holds. Raises msgspec.DecodeError."""
        kept = {user: _SUBMISSIONS.decode(text) for user, (_, text) in loaded.kept_inboxes.items()}
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
        told = _NOTED.decode(payload)
        note = told.submission
        if note is None:
            return
        notes = {kept.id: kept for kept in self._kept.get(user, ())}
        if told.type == "verdict.reached" and note.id not in notes and len(notes) == INBOX_KEPT:
            return  # on one that is older than all that are kept
        notes[note.id] = note
        self._kept[user] = tuple(notes.values())[-INBOX_KEPT:]

    def position_of(self, user: UserId) -> Position | None:
        return Position(self.position.epoch, self._seqs.get(user, 0)) if self.position else None

    def snapshot(self, user: UserId) -> bytes:
        at = self.position_of(user)
        assert at is not None, "the log was never loaded"
        return text_frame(frame(Place("inbox", *at), InboxSnapshot(self._kept.get(user, ()))))

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


class _Noted(msgspec.Struct):
    type: str
    submission: SubmissionNote | None = None


_NOTED = msgspec.json.Decoder(_Noted)
_SUBMISSIONS = msgspec.json.Decoder(tuple[SubmissionNote, ...])
