"""The ring's bound, joined copies included."""

from ws_server.ring import JOINED_MAX, Ring


def test_joined_copies_are_counted_and_bounded() -> None:
    ring = Ring(1_000, 10_000)
    ring.begin(0)
    for seq in range(1, 101):
        ring.append(seq, b"x" * 100)
    assert ring.size_bytes == 10_000
    for seq in range(20):
        assert ring.since(seq) == b"x" * 100 * (100 - seq)
        assert 10_000 < ring.size_bytes <= 20_000
    ring.append(101, b"x" * 100)
    assert ring.size_bytes == 10_000


def test_few_positions_are_kept_joined_and_shared() -> None:
    ring = Ring(1_000, 10_000)
    ring.begin(0)
    for seq in range(1, 21):
        ring.append(seq, b"x" * 10)
    assert ring.since(3) is ring.since(3)
    for seq in range(2 * JOINED_MAX):
        ring.since(seq)
    kept = range(JOINED_MAX, 2 * JOINED_MAX)
    assert ring.size_bytes == 200 + sum(10 * (20 - seq) for seq in kept)
    ring.begin(50)
    assert ring.size_bytes == 0
