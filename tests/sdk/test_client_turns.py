"""The Python client reckons one's own time as the server does: by the cases that the JavaScript client is held to as well."""

import msgspec
from podium_client.turns import OwnWindow, Turn, own_window

from tests.web.turn_vectors import FILE, text


class Case(msgspec.Struct):
    duration_s: float
    own_time_s: float | None
    turn: Turn
    window: dict[str, float | None]


def test_the_cases_are_what_python_makes_now() -> None:
    assert FILE.read_text() == text(), "write them again: python -m tests.web.turn_vectors"


def test_own_times_are_what_the_server_reckons() -> None:
    for case in msgspec.json.decode(FILE.read_text(), type=list[Case]):
        assert own_window(case.duration_s, case.own_time_s, case.turn) == OwnWindow(**case.window)
