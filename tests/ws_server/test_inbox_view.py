"""An inbox folded by the node is the inbox as PostgreSQL has it: the last submissions in order of arrival, each with its verdict."""

from hypothesis import given
from hypothesis import strategies as st

from contest.broker.logs import Message
from contest.domain.audience import inbox_log
from contest.ids import UserId
from contest.wire.to_browser import INBOX_KEPT, InboxSnapshot, Place, SubmissionNote, SubmissionReceived, VerdictReached, frame, read
from ws_server.inbox_view import InboxView

ANN = UserId("ann")
SAID = st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 200), st.sampled_from(["AC", "WA", None]))), max_size=150)
"""None: another submission. Else a verdict (None: unjudged again) on one of those so far."""


def note(number: int, verdict: str | None) -> SubmissionNote:
    return SubmissionNote(f"s{number}", "A", float(number), verdict, None)


def kept(view: InboxView) -> tuple[SubmissionNote, ...]:
    payload = view.snapshot(ANN)
    found = read(payload[payload.index(b"{") :]).message
    assert isinstance(found, InboxSnapshot)
    return found.submissions


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
        view.append(Message("e", seq, seq - 1, seq, ANN, frame(Place("inbox", "e", seq), told)))
    if verdicts:
        assert kept(view) == tuple(note(number, verdict) for number, verdict in enumerate(verdicts))[-INBOX_KEPT:]
