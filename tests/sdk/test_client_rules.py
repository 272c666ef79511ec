"""The client's pure parts against the contract: examples of protocol.md, the table of close codes, the shape of refusals."""

import random
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from podium_client import frames
from podium_client.reconnect import FIRST_S, LONGEST_S, duty, wait_s
from podium_client.refusals import refusal

from contest.domain.audience import FEEDBACKS, Feedback, tells
from contest.errors import Detail, as_json
from contest.wire import close_codes

PROTOCOL = (Path(__file__).parent.parent.parent / "protocol.md").read_text()
FROM_SERVER = PROTOCOL.split("## From the server")[1].split("## From the client")[0]
EXAMPLES = re.findall(r"```json\n(.+?)\n```", FROM_SERVER, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: msgspec.json.decode(text)["type"])
def test_every_example_of_the_protocol_is_understood(example: str) -> None:
    frame = frames.decode(example.encode())
    assert frame is not None
    assert not isinstance(frame, frames.OtherEvent)
    told = msgspec.json.decode(example)
    assert {name for name in told if name != "type"} <= set(frame.__struct_fields__)


def test_unknown_frames_and_members_do_no_harm() -> None:
    assert frames.decode(b'{"type":"dance","steps":3}') is None
    assert frames.decode(b'{"type":"heartbeat","server_time":"2026-11-24T10:00:25.001Z","mood":"good"}') is not None
    other = frames.decode(b'{"log":"events:public","epoch":"e","seq":3,"type":"cake.served"}')
    assert isinstance(other, frames.OtherEvent), "it still counts in its log"


@pytest.mark.parametrize("raw", [b"", b"[]", b"nonsense", b'{"kind":"hello"}', b'{"type":"heartbeat"}', b'\xff{"type":"heartbeat"}'])
def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        frames.decode(raw)


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_verdicts_are_told_when_the_server_tells_them(feedback: Feedback, final: bool) -> None:
    said = next(msgspec.json.decode(each)["status"] for each in EXAMPLES if '"type":"contest.status"' in each)
    said |= {"feedback": feedback, "finalized_at": "2026-11-24T16:00:00.000Z" if final else None}
    assert msgspec.convert(said, frames.Status, strict=False).verdicts_told == tells(feedback, final=final)


@given(st.integers(1000, 4999))
def test_close_codes_mean_what_the_server_means(code: int) -> None:
    assert duty(code) == close_codes.duty(code)


@given(st.integers(0, 200), st.integers())
def test_the_wait_is_bounded_whatever_the_attempt(attempt: int, seed: int) -> None:
    waited_s = wait_s(attempt, random.Random(seed))
    assert 0 <= waited_s <= min(LONGEST_S, FIRST_S * 2 ** min(attempt, 10))


def test_waits_of_many_are_spread() -> None:
    chance = random.Random(1)
    waits = sorted(wait_s(6, chance) for _ in range(1000))
    assert waits[100] < 4
    assert waits[900] > 16


def test_a_refusal_is_read_as_the_server_writes_it() -> None:
    found = refusal(422, as_json("body.invalid", "Wrong.", (Detail("title", "is missing"),)))
    assert (found.status, found.code, found.message, found.details[0].field) == (422, "body.invalid", "Wrong.", "title")


def test_a_gateway_that_knows_nobody_yet_is_no_refusal_of_ours() -> None:
    assert refusal(404, b"404 page not found\n").status == 502
    assert refusal(404, as_json("contest.not_found", "No.")).status == 404
