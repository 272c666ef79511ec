"""Reading feeds: both formats say the same, broken lines are told by number and spoil nothing, repetitions say nothing."""

import random
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.clics.feed import read_feed, teams
from podium.clics.lines import Broken, read_lines
from podium.clics.timeline import Timeline, plan
from tests.feeds_written import feed_line, feed_lines

FEEDS = sorted((Path(__file__).parent.parent / "feeds").glob("*.ndjson"))


def quiet(_line: int, _reason: str) -> None: ...


def read(lines: list[bytes]) -> tuple[Timeline, list[tuple[int, str]]]:
    told: list[tuple[int, str]] = []
    return plan(read_feed(lines, lambda line, reason: told.append((line, reason))), quiet), told


def as_operations(line: bytes) -> bytes:
    """The same notification as the older format had it."""
    event = orjson.loads(line)
    data = event["data"] if event["data"] is not None else {"id": event["id"]}
    op = "delete" if event["data"] is None else "create"
    kind = {"contest": "contests"}.get(event["type"], event["type"])
    return orjson.dumps({"id": f"event-{random.random()}", "type": kind, "op": op, "data": data})


@given(feed_lines())
def test_both_formats_say_the_same(lines: list[bytes]) -> None:
    assert read([as_operations(line) for line in lines])[0] == read(lines)[0]


@given(feed_lines(), st.data())
def test_repeated_lines_say_nothing(lines: list[bytes], data: st.DataObject) -> None:
    repeated = list(lines)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        place = data.draw(st.integers(repeated.index(lines[at]) + 1, len(repeated)))
        repeated.insert(place, lines[at])
    assert read(repeated)[0].actions == read(lines)[0].actions


JUNK = [b"{", b"[]", b"17", b"null", b'"text"', b"\xff\xfe", b'{"type":7,"data":{}}', b'{"type":"teams"}', b'{"type":"teams","data":{}}', b'{"type":"submissions","id":"x","data":{"id":"x","contest_time":"later"}}', b'{"type":"judgements","id":"x","data":5}', b'{"id":"e","type":"teams","op":"juggle","data":{"id":"z","name":"Z"}}', b'{"type":"teams","id":null,"data":[{"id":"z"},3]}']  # fmt: skip # noqa: E501


@given(feed_lines(), st.data())
def test_broken_lines_are_told_by_number_and_spoil_nothing(lines: list[bytes], data: st.DataObject) -> None:
    mixed, numbers = list(lines), []
    for junk in data.draw(st.lists(st.sampled_from(JUNK), min_size=1, max_size=4)):
        mixed.insert(data.draw(st.integers(0, len(mixed))), junk)
    numbers = [number for number, line in enumerate(mixed, 1) if line in JUNK]
    found, told = read(mixed)
    assert found == read(lines)[0]
    assert [number for number, _ in told] == numbers
    assert all(reason for _, reason in told)


def test_a_line_without_end_is_refused_by_its_length() -> None:
    (found,) = read_lines([b'{"type":"teams","data":"' + b"x" * 5_000_000])
    assert isinstance(found, Broken)
    assert "longer" in found.reason


def test_blank_lines_are_a_heartbeat() -> None:
    assert list(read_lines([b"\n", b"  \r\n", b""])) == []


def test_a_whole_collection_takes_away_what_it_does_not_name() -> None:
    feed = read_feed([feed_line("groups", {"id": "a", "name": "A"}), b'{"type":"groups","id":null,"data":[{"id":"b","name":"B"}]}'], quiet)
    assert [group.id for group in feed.groups()] == ["b"]


def test_teams_that_never_did_anything_and_went_do_not_take_part() -> None:
    feed = read_feed([feed_line("teams", {"id": "t", "name": "T"}), b'{"type":"teams","id":"t","data":null,"token":"z"}'], quiet)
    assert teams(feed) == []


def test_state_lines_add_up() -> None:
    at = "2026-01-01T10:00:00Z"
    feed = read_feed([feed_line("state", {"started": at}), feed_line("state", {"frozen": at, "started": None})], quiet)
    assert feed.state().started == feed.state().frozen
    assert feed.state().ended is None


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_our_feeds_can_be_planned(path: Path) -> None:
    found, _ = read(path.read_bytes().splitlines())
    times = [action.at_s for action in found.actions]
    assert times == sorted(times)
    assert found.freeze_s == found.contest.freeze_after_s
