"""An inbox folded by the node is the inbox as PostgreSQL has it: the last of each kind in order, each as it was told last."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contest.broker.logs import Message, Position
from contest.domain.audience import inbox_log
from contest.ids import UserId
from contest.wire.to_browser import (
    INBOX_KEPT,
    Announcement,
    AnnouncementPosted,
    Clarification,
    ClarificationAnswered,
    ClarificationAsked,
    Event,
    Inbox,
    InboxSnapshot,
    Place,
    SubmissionNote,
    SubmissionReceived,
    Turn,
    TurnChanged,
    VerdictReached,
    frame,
    read,
)
from ws_server.inbox_view import InboxView
from ws_server.inboxes import folded
from ws_server.loading import Loaded

ANN = UserId("ann")
TURN = Turn(0, 600, 1.25, 12.5, None)
SAID = st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 200), st.sampled_from(["AC", "WA", None]))), max_size=150)
"""None: another submission. Else a verdict (None: unjudged again) on one of those so far."""


def note(number: int, verdict: str | None) -> SubmissionNote:
    return SubmissionNote(f"s{number}", "A", float(number), verdict, None)


def announcement(number: int) -> Announcement:
    return Announcement(f"a{number:03}", "Lunch.", f"2026-11-24T10:{number // 60:02}:{number % 60:02}.000Z")


def clarification(number: int, answer: str | None = None) -> Clarification:
    asked_at = f"2026-11-24T10:{number // 60:02}:{number % 60:02}.000Z"
    return Clarification(f"c{number:03}", "May n be 0?", None, None, asked_at, float(number), answer, asked_at if answer else None)


def kept(view: InboxView) -> Inbox:
    payload = view.snapshot(ANN)
    found = read(payload[payload.index(b'{"') :]).message
    assert isinstance(found, InboxSnapshot)
    return Inbox(found.turn, found.submissions, found.announcements, found.clarifications)


def entry(seq: int, told: Event) -> Message:
    return Message("e", seq, seq - 1, seq, ANN, frame(Place("inbox", "e", seq), told))


@given(st.integers(0, 2 * INBOX_KEPT), SAID)
def test_the_last_submissions_in_order_of_arrival(before: int, said: list[tuple[int, str | None] | None]) -> None:
    view, verdicts = InboxView(inbox_log(ANN), 1_000), list[str | None]()
    for seq, each in enumerate([None] * before + said, start=1):
        if each is None or not verdicts:
            verdicts.append(None)
            told: SubmissionReceived | VerdictReached = SubmissionReceived(note(len(verdicts) - 1, None))
        else:
            number = each[0] % len(verdicts)
            verdicts[number] = each[1]
            told = VerdictReached(note(number, each[1]))
        view.append(entry(seq, told))
    if verdicts:
        expected = tuple(note(number, verdict) for number, verdict in enumerate(verdicts))[-INBOX_KEPT:]
        assert kept(view).submissions == expected


@given(st.integers(0, 2 * INBOX_KEPT), st.lists(st.integers(0, 2 * INBOX_KEPT), max_size=60), st.integers(0, 150))
def test_announcements_and_clarifications_whatever_is_told_again(asked: int, answered: list[int], again: int) -> None:
    """Events that the kept state held already come again after it (it was read later): the outcome is the same."""
    answers = {number: f"No, {at}." for at, number in enumerate(answered) if number < asked}
    said: list[Event] = []
    for number in range(asked):
        said += [AnnouncementPosted(announcement(number)), ClarificationAsked(clarification(number))]
    said += [ClarificationAnswered(clarification(number, f"No, {at}.")) for at, number in enumerate(answered) if number < asked]
    chance = random.Random(again)
    chance.shuffle(said) if not answers else None
    inbox, payloads = Inbox(), [frame(Place("inbox", "e", seq), each) for seq, each in enumerate(said, start=1)]
    for payload in payloads:
        inbox = folded(inbox, payload)
    for payload in payloads[-again:] if again else ():
        inbox = folded(inbox, payload)
    assert inbox.announcements == tuple(announcement(number) for number in range(asked))[-INBOX_KEPT:]
    expected = tuple(clarification(number, answers.get(number)) for number in range(asked))[-INBOX_KEPT:]
    assert inbox.clarifications == expected


def test_what_a_relay_of_the_version_before_keeps_is_understood() -> None:
    """A list of submissions alone, for as long as old and new run side by side."""
    view = InboxView(inbox_log(ANN), 1_000)
    old = msgspec.json.encode([msgspec.to_builtins(note(1, "AC")), msgspec.to_builtins(note(2, None))])
    later = entry(3, AnnouncementPosted(announcement(1)))
    view.begin(Loaded(Position("e", 3), None, [later], {ANN: 3}, {ANN: (2, old)}))
    assert kept(view) == Inbox(None, (note(1, "AC"), note(2, None)), (announcement(1),))
    new = msgspec.json.encode(Inbox(TURN, (note(1, "AC"),), (), (clarification(1),)))
    view.begin(Loaded(Position("f", 3), None, [], {ANN: 3}, {ANN: (3, new)}))
    assert kept(view) == Inbox(TURN, (note(1, "AC"),), (), (clarification(1),))


def test_of_what_a_version_to_come_says_or_keeps_nothing_is_in_the_way() -> None:
    inbox = Inbox(TURN, (note(1, None),))
    assert folded(inbox, b'{"log":"inbox","epoch":"e","seq":2,"type":"thing.happened","thing":{"id":1}}') == inbox
    view = InboxView(inbox_log(ANN), 1_000)
    grown = msgspec.json.encode({**msgspec.to_builtins(inbox), "things": [1]})
    view.begin(Loaded(Position("e", 2), None, [], {ANN: 2}, {ANN: (2, grown)}))
    assert kept(view) == inbox


def test_ones_own_time_is_as_it_was_told_last() -> None:
    inbox = folded(Inbox(), frame(Place("inbox", "e", 1), TurnChanged(Turn(0, 0, 1.0, None, None))))
    assert folded(inbox, frame(Place("inbox", "e", 2), TurnChanged(TURN))) == Inbox(TURN)
