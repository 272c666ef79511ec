"""Whose turn it is: whether the participant who asks may work now, by the contest's clock and their own time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from contest.domain import contests as life
from contest.domain.contests import Contest
from contest.domain.schedule import Turn, moment_of, own_window, phase
from contest.errors import Refusal

_WHY = {
    "early": "has not begun",
    "waiting": "has not begun for you",
    "paused": "is paused",
    "spent": "is over for you",
    "over": "is over",
}


class Running(Struct, frozen=True):
    """One who may work now. `ends_at`: until when, if no pause comes; None: the clock stands."""

    turn: Turn
    ends_at: datetime | None


def running_turn(contest: Contest, participant: Mapping[str, Any], now: datetime, *, starting: bool = False) -> Running:
    """The participant's turn, if they may work now. `starting`: they start with this. Raises Refusal 409 that says why not."""
    if contest.state != "ongoing":
        raise Refusal(409, "contest.not_running", f"The contest is {contest.state}; this needs an ongoing contest.")
    turn: Turn = participant["turn"]
    told_s = life.told_s(contest, now)
    if starting and turn.started_s is None and told_s < contest.duration_s:
        turn = Turn(turn.delay_s, turn.extra_s, turn.factor, told_s)
    window = own_window(contest.duration_s, contest.own_time_s, turn)
    found = phase(window, told_s, contest.duration_s, stands=contest.paused or contest.clock_rate <= 0)
    delayed = starting and contest.own_time_s is not None and found == "waiting"  # they start, and wait for their delay to pass
    if found != "running" and not delayed:
        raise Refusal(409, "contest.not_running", f"The contest {_WHY[found]}.")
    assert window.ends_s is not None, "who may work knows until when"
    return Running(turn, moment_of(life.clock(contest), window.ends_s))
