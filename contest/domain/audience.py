"""Who may read which log, and from when on those who are not staff may know verdicts.

A connection's logs follow from its role alone, never from a name it sends (protocol.md, Frames).
"""

from typing import Literal, get_args

Role = Literal["viewer", "contestant", "proctor", "grader", "organiser", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)

Log = str
"""`board:public`, `board:full`, `events:public`, `events:organiser`, `events:proctor`, `control`, `inbox:<0..63>`."""

INBOXES = 64
"""A log per user would make a storm of a million readers a million reads; 64 make it 64 a contest and node."""

STATE_LOGS: frozenset[Log] = frozenset({"board:public", "board:full"})

_READS: dict[Role, tuple[Log, ...]] = {
    "viewer": ("board:public", "events:public"),
    "contestant": ("board:public", "events:public"),
    "proctor": ("board:public", "events:public", "events:proctor"),
    "grader": ("board:full", "events:public", "events:organiser"),
    "organiser": ("board:full", "events:public", "events:organiser", "events:proctor"),
    "operator": ("board:public", "events:public"),
}

STAFF: frozenset[Role] = frozenset({"grader", "organiser"})
"""The roles that see the full board: what is frozen, and hidden groups."""


def shared_logs(role: Role) -> tuple[Log, ...]:
    """The logs that all with this role read alike (not the inbox)."""
    return _READS[role]


def inbox_log(user: str) -> Log:
    """The log that carries what is addressed to `user`: FNV-1a of the id, so that every process and language agrees."""
    digest = 0xCBF29CE484222325
    for byte in user.encode():
        digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"inbox:{digest % INBOXES}"


Feedback = Literal["at_once", "after_end", "never"]
"""When a contest tells its verdicts and scores: each as it comes, once the results are final, or to staff alone."""
FEEDBACKS: tuple[Feedback, ...] = get_args(Feedback)
"""Each tells less than the one before it."""


def tells(feedback: Feedback, *, final: bool) -> bool:
    """Whether anybody who is not staff may know a verdict: contestants their own, everybody those that the public board shows.

    What a contestant is told of their own (`store.feedback.TOLD`, the same in SQL) and the public view of the score (`Rules.told`) follow
    from this alone.
    """
    return feedback == "at_once" or (feedback == "after_end" and final)


def tells_less(before: Feedback, after: Feedback) -> bool:
    return FEEDBACKS.index(after) > FEEDBACKS.index(before)


def has_inbox(role: Role) -> bool:
    return role == "contestant"
