"""One buffer to many real sockets in one call: who takes it all, who takes a part, who is gone."""

import socket
from array import array
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ws_server.uring import Uring

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def uring() -> Iterator[Uring]:
    made = Uring(64)
    yield made
    made.close()


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0), backlog=200) as listening:
        made = []
        for _ in range(150):
            ours = stack.enter_context(socket.socket())
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
            ours.setblocking(False)
            ours.connect_ex(listening.getsockname())
            theirs = stack.enter_context(listening.accept()[0])
            theirs.settimeout(5)
            made.append((ours, theirs))
        yield made


def descriptors(pairs: list[Pair]) -> "array[int]":
    return array("i", [ours.fileno() for ours, _ in pairs])


def received(theirs: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        found += theirs.recv(size - len(found))
    return bytes(found)


def test_everybody_gets_everything_in_order(uring: Uring, pairs: list[Pair]) -> None:
    """150 in a ring of 64, so often that its tail goes round many times."""
    rounds = [b"%d," % number for number in range(200)]
    for one in rounds:
        assert uring.send(descriptors(pairs), one) == []
    for _, theirs in pairs:
        assert received(theirs, len(b"".join(rounds))) == b"".join(rounds)


@settings(max_examples=30)
@given(sizes=st.lists(st.lists(st.integers(1, 149), max_size=149, unique=True), max_size=12))
def test_any_choice_of_sockets(sizes: list[list[int]]) -> None:
    """Whoever is chosen, in whatever order: they and nobody else."""
    uring = Uring(32)
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(150)]
        for pair in pairs:
            stack.enter_context(pair[0]).setblocking(False)
            stack.enter_context(pair[1]).setblocking(False)
        stack.callback(uring.close)
        wanted = [b"" for _ in pairs]
        for number, chosen in enumerate(sizes):
            data = b"<%d>" % number
            assert uring.send(descriptors([pairs[index] for index in chosen]), data) == []
            for index in chosen:
                wanted[index] += data
        for (_, theirs), all_of_it in zip(pairs, wanted, strict=True):
            try:
                assert theirs.recv(1 << 16) == all_of_it
            except BlockingIOError:
                assert all_of_it == b""


def test_what_was_taken_is_told_when_it_was_not_all(uring: Uring, pairs: list[Pair]) -> None:
    """A part: the number is exact, and no byte follows by itself."""
    data = bytes(range(251)) * 100_000
    told = dict(uring.send(descriptors(pairs[:3]), data))
    assert sorted(told) == [0, 1, 2]
    for index, sent in told.items():
        assert 0 < sent < len(data)
        assert received(pairs[index][1], sent) == data[:sent]
        pairs[index][1].setblocking(False)
        with pytest.raises(BlockingIOError):
            pairs[index][1].recv(1)


def test_full_ones_among_others(uring: Uring, pairs: list[Pair]) -> None:
    slow = {3, 77, 149}
    chosen = descriptors([pairs[index] for index in slow])
    while any(sent for _, sent in uring.send(chosen, b"x" * 1_000_000)):
        pass
    assert sorted(uring.send(descriptors(pairs), b"small")) == [(3, 0), (77, 0), (149, 0)]
    assert received(pairs[0][1], 5) == b"small"
    assert received(pairs[148][1], 5) == b"small"


def test_one_that_is_gone_harms_nobody(uring: Uring, pairs: list[Pair]) -> None:
    pairs[5][1].close()
    pairs[6][0].close()
    some = [*descriptors(pairs[:5]), descriptors([pairs[5]])[0], 1_000_000, *descriptors(pairs[7:10])]
    uring.send(array("i", some), b"a")
    assert dict(uring.send(array("i", some), b"b")) == {5: 0, 6: 0}
    for index in (0, 1, 2, 3, 4, 7, 8, 9):
        assert received(pairs[index][1], 2) == b"ab"


def test_closed_it_takes_nothing(pairs: list[Pair]) -> None:
    uring = Uring(8)
    uring.close()
    assert uring.send(descriptors(pairs[:3]), b"x") == [(0, 0), (1, 0), (2, 0)]


def test_nothing_to_send_to(uring: Uring) -> None:
    assert uring.send(array("i"), b"x") == []
