"""Whose turn it is: the phase of the participant who asks, by the contest's clock and their own delay and extra time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contest.domain import contests as life
from contest.domain.contests import Contest
from contest.domain.schedule import Person, Turn, by_clock, phase
from contest.errors import Refusal

_WHY = {
    "early": "has not begun",
    "waiting": "has not begun for you",
    "paused": "is paused",
    "spent": "is over for you",
    "over": "is over",
}


def running_turn(contest: Contest, participant: Mapping[str, Any], now: datetime) -> Turn:
    """The participant's turn, if they may work now. Raises Refusal 409 that says why not."""
    if contest.state != "ongoing":
        raise Refusal(409, "contest.not_running", f"The contest is {contest.state}; this needs an ongoing contest.")
    timing = by_clock(life.clock(contest), contest.duration_s, ended_at=contest.ended_at)
    assert timing is not None, "an ongoing contest has a clock"
    person = Person(delay_s=participant["delay_s"], extra_time_s=participant["extra_time_s"])
    turn = phase(timing, person, now)
    if not turn.may_submit:
        raise Refusal(409, "contest.not_running", f"The contest {_WHY[turn.phase]}.")
    return turn
