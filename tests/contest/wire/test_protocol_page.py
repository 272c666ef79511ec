"""protocol.md and the message classes say the same: every example reads and writes back as the same JSON; every class has one."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.wire import from_browser, to_browser
from contest.wire.close_codes import CloseCode, duty

PAGE = (Path(__file__).parents[3] / "protocol.md").read_text()
SERVER, _, CLIENT = PAGE.partition("## From the client\n")
EXAMPLE = re.compile(r"^```json\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
FROM_SERVER = EXAMPLE.findall(SERVER)
FROM_CLIENT = EXAMPLE.findall(CLIENT.partition("## Close codes")[0])
DUTIES = {"come back": "come_back", "new ticket": "new_ticket", "do not come back": "stay_away"}


def tag(message: Any) -> str:
    return str(message.__struct_config__.tag)


def tags(*unions: Any) -> list[str]:
    """The types of all classes in (nested) unions."""
    return sorted(tag(each) for union in unions for each in get_args(union))


@pytest.mark.parametrize("example", FROM_SERVER)
def test_server_example_reads_and_writes_back(example: str) -> None:
    found = to_browser.read(example.encode())
    assert json.loads(to_browser.frame(found.place, found.message)) == json.loads(example)
    assert tag(found.message) == json.loads(example)["type"]


@pytest.mark.parametrize("example", FROM_SERVER)
def test_server_example_has_no_member_that_its_class_does_not_know(example: str) -> None:
    """Whole classes, the nested ones too: a member that is dropped on reading would be missing from what is written back."""
    found = to_browser.read(example.encode())
    again = to_browser.read(to_browser.frame(found.place, found.message))
    assert again == found


@pytest.mark.parametrize("example", FROM_CLIENT)
def test_client_example_reads_and_writes_back(example: str) -> None:
    found = from_browser.read(example.encode())
    assert json.loads(msgspec.json.encode(found)) == json.loads(example)


def test_every_class_has_an_example() -> None:
    shown = {json.loads(example)["type"] for example in FROM_SERVER}
    assert sorted(shown) == sorted(set(tags(to_browser.LogMessage, to_browser.LineMessage)))
    assert sorted({json.loads(example)["type"] for example in FROM_CLIENT}) == tags(from_browser.Message)


def test_every_struct_of_the_module_is_in_a_union() -> None:
    """A message class that was forgotten in the unions would have escaped the test above."""
    own = [each for each in vars(to_browser).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    tagged = sorted({tag(each) for each in own if each.__struct_config__.tag is not None})
    assert tagged == sorted(set(tags(to_browser.LogMessage, to_browser.LineMessage)))


def test_headings_name_the_types() -> None:
    headings = re.findall(r"^### (\S+)$", SERVER.partition("## From the server")[2], re.MULTILINE)
    assert sorted(headings) == sorted(set(tags(to_browser.LogMessage, to_browser.LineMessage)))


def test_members_that_are_not_known_are_ignored() -> None:
    for example in FROM_SERVER:
        grown = {**json.loads(example), "later": {"than": "this"}}
        assert to_browser.read(json.dumps(grown).encode()) == to_browser.read(example.encode())


def test_the_publishing_script_and_frame_agree() -> None:
    """`Logs.publish` puts `{"log":..,"epoch":..,"seq":..,` before `members`; so does `frame`."""
    message = to_browser.AnnouncementPosted(to_browser.Announcement("a", "Lunch.", "2026-11-24T12:00:00.000Z"))
    place = to_browser.Place("events:public", "k3", 9)
    by_script = b'{"log":"events:public","epoch":"k3","seq":9,' + to_browser.members(msgspec.to_builtins(message))
    assert by_script == to_browser.frame(place, message)
    assert to_browser.members(message) == to_browser.members(msgspec.to_builtins(message))


@given(st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.text(max_size=9), max_size=4))
def test_reading_a_frame_fails_with_one_kind_of_error_only(found: dict[str, Any]) -> None:
    try:
        to_browser.read(json.dumps(found).encode("utf-8", "surrogatepass"))
    except msgspec.DecodeError:
        return
    raise AssertionError(f"{found} is no frame")


def test_close_codes_of_the_page_are_the_table() -> None:
    rows = re.findall(r"^\| (\d{4}) \| (\w+) \| ([\w ]+) \|$", PAGE, re.MULTILINE)
    assert rows
    for code, name, says in rows:
        assert CloseCode(int(code)).name.lower() == name
        assert duty(int(code)) == DUTIES[says]
    unlisted = {CloseCode.NORMAL, CloseCode.POLICY_VIOLATION}
    assert {int(code) for code, _, _ in rows} == {int(code) for code in CloseCode if code not in unlisted}
    assert all(duty(code) == "stay_away" for code in unlisted)
