"""The frame reader: whatever the pieces, the same frames; whatever is wrong, the right code."""

import itertools
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as OtherFrame
from websockets.frames import Opcode

from tests.ws_server.raw import client_frame
from ws_server.protocol.frames import FRAGMENTS_MAX, MESSAGE_MAX_BYTES, Frame, FrameReader, Violation, close_frame, text_frame


def read_all(data: bytes, cuts: list[int] = []) -> list[Frame]:  # noqa: B006
    reader, found = FrameReader(), []
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for begin, end in itertools.pairwise(edges):
        found += list(reader.feed(data[begin:end]))
    assert reader.idle
    return found


TEXTS = st.lists(st.text(max_size=300).map(str.encode), min_size=1, max_size=4)


@given(TEXTS, st.lists(st.integers(0, 5_000), max_size=8))
def test_the_pieces_do_not_matter(texts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(OtherFrame(Opcode.TEXT, text).serialize(mask=True) for text in texts)
    assert read_all(data, cuts) == [Frame("text", text) for text in texts]


@given(
    st.text(min_size=1, max_size=200).map(str.encode), st.lists(st.integers(0, 200), max_size=5), st.lists(st.integers(0, 900), max_size=4)
)
def test_fragments_come_together_with_pings_between(text: bytes, at: list[int], cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(place % len(text) for place in at)})
    parts = [text[begin:end] for begin, end in itertools.pairwise(edges)]
    data = b""
    for number, part in enumerate(parts):
        data += client_frame(1 if number == 0 else 0, part, final=number == len(parts) - 1) + client_frame(9, b"p")
    found = read_all(data, cuts)
    assert [one.payload for one in found if one.kind == "text"] == [text]
    assert sum(one.kind == "ping" for one in found) == len(parts)


@given(st.binary(max_size=70_000))
def test_server_frames_are_those_of_another_library(payload: bytes) -> None:
    assert text_frame(payload) == OtherFrame(Opcode.TEXT, payload).serialize(mask=False)


WRONG = {
    "unmasked": (client_frame(1, b"x", masked=False), 1002),
    "reserved bit": (client_frame(1, b"x", rsv=4), 1002),
    "opcode 3": (client_frame(3), 1002),
    "opcode 11": (client_frame(11), 1002),
    "fragmented ping": (client_frame(9, b"x", final=False), 1002),
    "long ping": (client_frame(9, b"x" * 126), 1002),
    "long length for little": (bytes([0x81, 0xFE, 0, 5]) + bytes(9), 1002),
    "longer length for little": (bytes([0x81, 0xFF]) + (200).to_bytes(8, "big") + bytes(210), 1002),
    "negative length": (bytes([0x81, 0xFF, 0x80]) + bytes(20), 1002),
    "continuation of nothing": (client_frame(0, b"x"), 1002),
    "text inside a text": (client_frame(1, b"x", final=False) + client_frame(1, b"y"), 1002),
    "binary": (client_frame(2, b"x"), 1003),
    "not UTF-8": (client_frame(1, b"\xff"), 1007),
    "surrogate": (client_frame(1, b"\xed\xa0\x80"), 1007),
    "too large by its head": (client_frame(1, b"", length=MESSAGE_MAX_BYTES + 1), 1009),
    "too large in pieces": (client_frame(1, b"x" * 4000, final=False) + client_frame(0, b"x" * 97), 1009),
    "empty fragments for ever": (client_frame(1, b"", final=False) + client_frame(0, b"", final=False) * FRAGMENTS_MAX, 1009),
    "half a close code": (client_frame(8, b"\x03"), 1002),
    "close code 1005": (client_frame(8, (1005).to_bytes(2, "big")), 1002),
    "close code 999": (client_frame(8, (999).to_bytes(2, "big")), 1002),
    "close reason not UTF-8": (client_frame(8, (1000).to_bytes(2, "big") + b"\xff"), 1007),
}


def byte_by_byte(reader: FrameReader, data: bytes) -> list[Frame]:
    return [one for at in range(len(data)) for one in reader.feed(data[at : at + 1])]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong(name: str) -> None:
    data, code = WRONG[name]
    with pytest.raises(Violation) as caught:
        list(FrameReader().feed(data))
    assert caught.value.code == code
    reader = FrameReader()
    with pytest.raises(Violation) as caught:
        byte_by_byte(reader, data)
    assert caught.value.code == code


def test_the_largest_message_that_is_taken() -> None:
    assert read_all(client_frame(1, b"x" * MESSAGE_MAX_BYTES)) == [Frame("text", b"x" * MESSAGE_MAX_BYTES)]


def test_close_frames() -> None:
    assert read_all(client_frame(8)) == [Frame("close", b"", 1005)]
    assert read_all(client_frame(8, (1000).to_bytes(2, "big") + b"bye")) == [Frame("close", b"bye", 1000)]
    assert close_frame(1005) == b"\x88\x00"


@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_a_violation(data: bytes) -> None:
    with suppress(Violation):
        list(FrameReader().feed(data))


def test_many_small_frames_at_once_cost_what_they_are() -> None:
    """A megabyte of empty pongs takes a quarter of a second; with a cut for each frame it took a minute."""
    begun = time.process_time()
    assert len(list(FrameReader().feed(client_frame(10) * 170_000))) == 170_000
    assert time.process_time() - begun < 5


def test_what_is_not_taken_is_kept() -> None:
    reader = FrameReader()
    assert next(reader.feed(client_frame(9, b"1") + client_frame(9, b"2") + client_frame(9, b"3")[:4])).payload == b"1"
    assert not reader.idle
