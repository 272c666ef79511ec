"""What a browser may send, and that nothing else gets through: whatever the bytes are, a message or a refusal of three codes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.errors import Refusal
from contest.wire.from_browser import FRAME_BYTES, TYPES, Heartbeat, Message, TicketRenew, TimeAsk, read

CODES = {"frame.bad_json", "frame.unknown_type", "frame.invalid"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
messages = st.one_of(
    st.just(Heartbeat()),
    st.builds(TimeAsk, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(TicketRenew, st.text(st.characters(codec="utf-8"), min_size=1, max_size=500)),
)


def read_or_code(frame: bytes) -> Message | str:
    try:
        return read(frame)
    except Refusal as refused:
        return refused.code


def refusal(frame: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(frame)
    return caught.value


@given(messages)
def test_messages_come_through(message: Message) -> None:
    assert read(msgspec.json.encode(message)) == message


@given(st.binary(max_size=200))
def test_bytes_are_a_message_or_refused(frame: bytes) -> None:
    found = read_or_code(frame)
    assert found in CODES if isinstance(found, str) else isinstance(found, Message)


@given(st.dictionaries(st.sampled_from(["type", "asked", "ticket", "x"]), json_values | st.sampled_from(sorted(TYPES)), max_size=4))
def test_objects_are_a_message_or_refused(found: dict[str, object]) -> None:
    """A message is what was sent, whole: nothing is dropped and nothing is made up."""
    message = read_or_code(msgspec.json.encode(found))
    assert message in CODES if isinstance(message, str) else msgspec.to_builtins(message) == found


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "frame.bad_json"),
        (b"{", "frame.bad_json"),
        (b"hello", "frame.bad_json"),
        (b"\xff\xfe", "frame.bad_json"),
        (b'{"type":"heartbeat"} {}', "frame.bad_json"),
        (b'{"type":"heartbeat",}', "frame.bad_json"),
        (b'{"type":"dance",', "frame.bad_json"),
        (b'{"type":"ticket.renew","ticket":"\xff"}', "frame.bad_json"),
        (b'{"type":"ticket.renew","ticket":"\\ud800"}', "frame.bad_json"),
        (b'{"type":"time.ask","asked":NaN}', "frame.bad_json"),
        (b'{"x":' + b"[" * 2000 + b"]" * 2000 + b',"type":"heartbeat"}', "frame.bad_json"),
        (b'{"type":"dance"}', "frame.unknown_type"),
        (b'{"type":""}', "frame.unknown_type"),
        (b'{"type":"Heartbeat"}', "frame.unknown_type"),
        (b'{"type":"board.delta","rows":[]}', "frame.unknown_type"),
        (b"[]", "frame.invalid"),
        (b"null", "frame.invalid"),
        (b'"heartbeat"', "frame.invalid"),
        (b"{}", "frame.invalid"),
        (b'{"type":null}', "frame.invalid"),
        (b'{"type":["heartbeat"]}', "frame.invalid"),
        (b'{"type":"heartbeat","x":1}', "frame.invalid"),
        (b'{"type":"time.ask"}', "frame.invalid"),
        (b'{"type":"time.ask","asked":"1"}', "frame.invalid"),
        (b'{"type":"time.ask","asked":true}', "frame.invalid"),
        (b'{"type":"time.ask","asked":null}', "frame.invalid"),
        (b'{"type":"time.ask","asked":1e999}', "frame.invalid"),
        (b'{"type":"ticket.renew"}', "frame.invalid"),
        (b'{"type":"ticket.renew","ticket":""}', "frame.invalid"),
        (b'{"type":"ticket.renew","ticket":7}', "frame.invalid"),
        (b'{"type":"heartbeat","type":"time.ask","asked":1}', "frame.invalid"),
    ],
)
def test_bad_frames_are_refused_by_name(frame: bytes, code: str) -> None:
    assert refusal(frame).code == code


def test_a_frame_over_the_limit_is_refused() -> None:
    room = FRAME_BYTES - len(b'{"type":"ticket.renew","ticket":""}')
    largest = b'{"type":"ticket.renew","ticket":"' + b"a" * room + b'"}'
    assert read(largest) == TicketRenew("a" * room)
    assert refusal(largest[:-2] + b'a"}').code == "frame.invalid"


def test_an_unknown_type_is_named_but_not_echoed_whole() -> None:
    assert refusal(b'{"type":"dance"}').message == "There is no frame of the type 'dance'."
    assert len(refusal(b'{"type":"' + b"a" * 3000 + b'"}').message) < 100
