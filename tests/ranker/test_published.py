"""A leader goes on from what stands in Redis only if it leads, step by step, from a snapshot to the log's position."""

import msgspec
import pytest

from contest.broker.logs import Message, Position, Snapshot
from contest.domain.boards import Board, Row, delta, in_order
from contest.wire.to_browser import BoardDelta, BoardSnapshot, Place, frame
from ranker.published import rebuilt

EPOCH = "e1"


def board(*solved: int) -> Board:
    return Board("icpc", (), (), in_order("icpc", [Row(f"p{n}", f"team {n}", None, solved=count) for n, count in enumerate(solved)]))


BOARDS = [board(0, 0), board(1, 0), board(1, 2), board(1, 2, 3)]


def entries(first: int, last: int) -> list[Message]:
    found = []
    for seq in range(first, last + 1):
        change = delta(BOARDS[seq - 1], BOARDS[seq])
        assert change is not None
        payload = frame(Place("board:public", EPOCH, seq, seq - 1), BoardDelta.of(change))
        found.append(Message(EPOCH, seq, seq - 1, 0, "", payload))
    return found


def kept(seq: int, payload: bytes | None = None) -> Snapshot:
    text = frame(Place("board:public", EPOCH, seq), BoardSnapshot(BOARDS[seq])) if payload is None else payload
    return Snapshot(Position(EPOCH, seq), text)


@pytest.mark.parametrize("from_seq", range(4))
def test_a_snapshot_and_what_follows_is_the_board(from_seq: int) -> None:
    assert rebuilt(kept(from_seq), entries(from_seq + 1, 3), Position(EPOCH, 3)) == BOARDS[3]


def test_a_hole_another_epoch_or_junk_is_no_board() -> None:
    at = Position(EPOCH, 3)
    assert rebuilt(kept(0), entries(2, 3), at) is None
    assert rebuilt(kept(0), entries(1, 2), at) is None
    assert rebuilt(kept(0), [entry._replace(epoch="e0") for entry in entries(1, 3)], at) is None
    assert rebuilt(kept(0, b"junk"), entries(1, 3), at) is None
    assert rebuilt(kept(0), [*entries(1, 2), Message(EPOCH, 3, 2, 0, "", b'{"log":"board:public"}')], at) is None
    foreign = msgspec.json.encode({"log": "board:public", "epoch": EPOCH, "seq": 0, "type": "log.snapshot"})
    assert rebuilt(kept(0, foreign), entries(1, 3), at) is None
