"""permessage-deflate: what is agreed on, that it says the same in fewer bytes, and what a client may not do with it."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as OtherFrame
from websockets.frames import Opcode

from tests.ws_server.raw import client_frame
from ws_server.protocol.deflate import ANSWER, answer_to, deflated, inflated
from ws_server.protocol.frames import MESSAGE_MAX_BYTES, FrameReader, Violation, frames_of, text_frame

OFFERS = {
    "": None,
    "permessage-deflate": ANSWER,
    "permessage-deflate; client_max_window_bits": ANSWER,  # Chromium, Firefox
    "permessage-deflate;client_max_window_bits=10": ANSWER,
    "x-webkit-deflate-frame, permessage-deflate": ANSWER,  # Safari of old
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover": ANSWER,
    'permessage-deflate; server_max_window_bits="15"': ANSWER + "; server_max_window_bits=15",
    "permessage-deflate; server_max_window_bits=10": None,
    "permessage-deflate; server_max_window_bits=10, permessage-deflate": ANSWER,
    "permessage-deflate; server_max_window_bits": None,
    "permessage-deflate; server_max_window_bits=16": None,
    "permessage-deflate; server_max_window_bits=08": None,
    "permessage-deflate; client_max_window_bits=7": None,
    "permessage-deflate; server_no_context_takeover=1": None,
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover": None,
    "permessage-deflate; dance": None,
    "permessage-deflate;": None,
    "bbf-deflate": None,
    ", ,;,=;": None,
    ",".join(["other"] * 50 + ["permessage-deflate"]): None,
}


@pytest.mark.parametrize("offers", OFFERS)
def test_offers(offers: str) -> None:
    assert answer_to(offers) == OFFERS[offers]


@given(st.lists(st.text(max_size=400), min_size=1, max_size=5), st.integers(1, 80))
def test_another_library_reads_the_same_texts(texts: list[str], times: int) -> None:
    wanted = [(text * times).encode() for text in texts]
    packed = deflated(b"".join(map(text_frame, wanted)))
    reading = PerMessageDeflate(
        remote_no_context_takeover=True, local_no_context_takeover=True, remote_max_window_bits=15, local_max_window_bits=15
    )
    found = []
    for payload, whole in frames_of(packed):
        frame = OtherFrame(Opcode.TEXT, payload, fin=True, rsv1=bool(whole[0] & 0x40))
        found.append(bytes(reading.decode(frame).data))
    assert found == wanted


@given(st.binary(max_size=2_000), st.integers(1, 100))
def test_never_longer_than_it_was(payload: bytes, times: int) -> None:
    plain = text_frame(payload * times)
    assert len(deflated(plain)) <= len(plain)


def packed(payload: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


@given(st.text(max_size=1_000), st.integers(1, 4))
def test_what_clients_compress_is_read_whole_or_in_fragments(text: str, parts: int) -> None:
    data = packed(text.encode())
    size = -(-len(data) // parts) or 1
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    line = b"".join(
        client_frame(1 if number == 0 else 0, piece, final=number == len(pieces) - 1, rsv=4 if number == 0 else 0)
        for number, piece in enumerate(pieces)
    )
    if len(text.encode()) > MESSAGE_MAX_BYTES:
        with pytest.raises(Violation):
            list(FrameReader(inflated).feed(line))
        return
    found = [one.payload for one in FrameReader(inflated).feed(line) if one.kind == "text"]
    assert found == [text.encode()]


WRONG = {
    "not agreed on": (client_frame(1, packed(b"x"), rsv=4), False, 1002),
    "a ping": (client_frame(9, b"", rsv=4), True, 1002),
    "a continuation": (client_frame(1, b"", final=False) + client_frame(0, packed(b"x"), rsv=4), True, 1002),
    "the next bit": (client_frame(1, packed(b"x"), rsv=2), True, 1002),
    "no compressed data": (client_frame(1, b"\xff\xff\xff", rsv=4), True, 1007),
    "no text in it": (client_frame(1, packed(b"\xff\xfe"), rsv=4), True, 1007),
    "a bomb": (client_frame(1, packed(b"x" * 1_000_000), rsv=4), True, 1009),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_has_its_code(what: str) -> None:
    data, agreed, code = WRONG[what]
    with pytest.raises(Violation) as wrong:
        list(FrameReader(inflated if agreed else None).feed(data))
    assert wrong.value.code == code


def test_a_board_becomes_a_quarter() -> None:
    """60 rows as a contest has them."""
    rows = [
        {"id": f"0193577c-aaaa-7c11-8b7e-{number:012x}", "name": f"Team {number}", "rank": number + 1, "solved": 7 - number // 9,
         "penalty_min": 300 + number * 37, "cells": {"A": {"state": "solved", "tries": 1 + number % 3, "at_min": number}}}
        for number in range(60)
    ]  # fmt: skip
    plain = text_frame(json.dumps(rows, separators=(",", ":")).encode())
    assert len(deflated(plain)) < 0.25 * len(plain)
