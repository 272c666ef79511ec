"""What an inbox comes to, event by event: pure, and the same as what PostgreSQL says (contest.store.snapshots.of_inboxes).

Bound, for one contestant: INBOX_KEPT of each kind. A submission is about 0.2 kB, an announcement at most 2,000 characters, a clarification
twice that: 330 kB of ASCII for one who was told all there is room for, 2 kB for one who submitted ten times.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from contest.wire.to_browser import INBOX_KEPT, Announcement, Clarification, Inbox, SubmissionNote, Turn


class _Told(msgspec.Struct):
    """Of an event of an inbox, what changes it."""

    type: str
    turn: Turn | None = None
    submission: SubmissionNote | None = None
    announcement: Announcement | None = None
    clarification: Clarification | None = None


_TOLD = msgspec.json.Decoder(_Told)
_T = TypeVar("_T", Announcement, Clarification)


def folded(inbox: Inbox, payload: bytes) -> Inbox:
    """The inbox after this event. What came before the inbox was read may come again: it changes nothing for good. Raises
    msgspec.DecodeError."""
    told = _TOLD.decode(payload)
    if told.turn is not None:
        return replace(inbox, turn=told.turn)
    if told.submission is not None:
        return replace(inbox, submissions=_submissions(inbox.submissions, told.submission, is_new=told.type == "submission.received"))
    if told.announcement is not None:
        return replace(inbox, announcements=_latest(inbox.announcements, told.announcement, _posted))
    if told.clarification is not None:
        return replace(inbox, clarifications=_latest(inbox.clarifications, told.clarification, _asked))
    return inbox


def _submissions(kept: tuple[SubmissionNote, ...], note: SubmissionNote, *, is_new: bool) -> tuple[SubmissionNote, ...]:
    notes = {each.id: each for each in kept}
    if not is_new and note.id not in notes and len(notes) == INBOX_KEPT:
        return kept  # a verdict on one that is older than all that are kept
    notes[note.id] = note
    return tuple(notes.values())[-INBOX_KEPT:]


def _latest(kept: tuple[_T, ...], told: _T, order: Callable[[_T], Any]) -> tuple[_T, ...]:
    """With `told`, in place of what was told under its id before."""
    latest = {**{each.id: each for each in kept}, told.id: told}
    return tuple(sorted(latest.values(), key=order))[-INBOX_KEPT:]


def _posted(announcement: Announcement) -> tuple[str, str]:
    return announcement.posted_at, announcement.id


def _asked(clarification: Clarification) -> tuple[str, str]:
    return clarification.asked_at, clarification.id
