"""What an action would do to people, said before it is done: a sentence, and how many it is about. Doing it is `contests.py`."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from contest.domain.contests import Action, Contest, hidden_from_s, tells_verdicts, told_s
from contest.domain.schedule import Turn, own_window


class Effect(Struct, frozen=True):
    """`people`: how many it is about. `already_over`: whose time is up, or who have handed in: it gives or takes them nothing."""

    effect: str
    people: int
    already_over: int = 0


def has_time(contest: Contest, turn: Turn, now_s: float) -> bool:
    """Whether somebody works, or will yet, when the contest's clock shows `now_s`."""
    if turn.handed_in_at is not None:
        return False
    ends_s = own_window(contest.duration_s, contest.own_time_s, turn).ends_s
    return now_s < (contest.duration_s if ends_s is None else ends_s)


def effect(action: Action, before: Contest, after: Contest, turns: Iterable[Turn], now: datetime) -> Effect:
    """Of an action on the whole contest, which makes `after` of `before`. `turns`: of everybody who takes part."""
    everybody = list(turns)
    now_s = told_s(after if action == "reopen" else before, now)
    working = sum(has_time(after if action in ("reopen", "extend") else before, turn, now_s) for turn in everybody)
    over = len(everybody) - working
    if action in ("schedule", "start", "freeze", "thaw", "unthaw", "finalize"):
        return Effect(_of_all(action, before, after, len(everybody)), len(everybody))
    said = {
        "pause": f"stops the clock for {people(working)}",
        "resume": f"lets the clock go on for {people(working)}",
        "extend": f"adds {span(after.duration_s - before.duration_s)} for {people(working)}",
        "end": f"takes away the time that is left to {people(working)}",
        "reopen": f"lets {people(working)} go on",
    }[action]
    return Effect(said + _finished(over), working, over)


def more_time(contest: Contest, seconds: int, turns: Iterable[tuple[Turn, Turn]], now: datetime) -> Effect:
    """Of extra time for some: each one's turn before and after."""
    now_s, gaining, over, same = told_s(contest, now), 0, 0, 0
    for was, becomes in turns:
        if not has_time(contest, becomes, now_s):
            over += 1
        elif becomes == was:
            same += 1
        else:
            gaining += 1
    covered = f"; {same} {'has' if same == 1 else 'have'} as much already" if same else ""
    return Effect(f"adds {span(seconds)} for {people(gaining)}{covered}{_finished(over)}", gaining, over)


def _of_all(action: Action, before: Contest, after: Contest, count: int) -> str:
    hidden_s = hidden_from_s(after)
    match action:
        case "schedule" if after.start_at is None:
            return f"lets {people(count)} wait until it is started"
        case "schedule":
            assert after.start_at is not None
            return f"starts by itself on {after.start_at:%d %B %Y at %H:%M} UTC for {people(count)}"
        case "start":
            return f"starts the clock now for {people(count)}"
        case "freeze" | "unthaw":
            return f"hides from the public the verdicts on what {people(count)} submit from {clock_time(hidden_s or 0.0)} on"
        case "thaw" if not tells_verdicts(after):
            until = "until the results are final" if after.feedback == "after_end" else "for good"
            return f"thaws the board; the verdicts of {people(count)} are withheld {until}"
        case "thaw":
            return f"shows the public all verdicts of {people(count)}"
        case _:
            return f"makes the results of {people(count)} final" + _told_then(before, after)


def _told_then(before: Contest, after: Contest) -> str:
    """What finalizing tells. A board that is still frozen keeps its last hour."""
    if tells_verdicts(before) or not tells_verdicts(after):
        return ""
    if after.frozen:
        return " and tells them their verdicts"
    return ", tells them their verdicts and shows them to the public"


def _finished(count: int) -> str:
    return f"; {count} {'has' if count == 1 else 'have'} already finished" if count else ""


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def span(seconds: float) -> str:
    """`10 min`, `1 h 30 min`, `45 s`."""
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def clock_time(seconds: float) -> str:
    """What the contest's clock shows: `4:00:00`."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
