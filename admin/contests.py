"""Contests: making, reading, changing them, and the actions that move them on."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from contest.domain import contests as life
from contest.domain.boards import Scoring
from contest.domain.contests import Contest
from contest.edge.answers import Answer, created, ok
from contest.edge.bodies import Body, ContestSeconds, ExternalId, Line, Reason
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.errors import wrong_field
from contest.ids import ContestId, uuid7
from contest.store import collecting
from contest.store import contests as store
from contest.store.connect import Connection

Duration = Annotated[int, Meta(ge=1, le=31_536_000)]
FreezeAfter = Annotated[int, Meta(ge=0, le=31_536_000)]
Penalty = Annotated[int, Meta(ge=0, le=86_400)]
Start = Annotated[datetime, Meta(tz=True)]
Rate = Annotated[float, Meta(ge=0, le=100_000)]
SLOWEST = 0.001
"""Of a clock that does not stand: slower, and a year of contest time ends beyond all calendars."""
Theme = dict[str, str]

ORGANISER = roles("organiser")
_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")
_LOGO = re.compile(r"https://[^\s\"'()<>]+|/[^\s\"'()<>]*")
_THEME = {"accent": (_ACCENT, "must be #rrggbb"), "logo_url": (_LOGO, "must be an https:// address or a path")}


class NewContest(Body, frozen=True):
    title: Line
    duration_s: Duration
    start_at: Start | None = None
    freeze_after_s: FreezeAfter | None = None
    scoring: Scoring = "icpc"
    penalty_s: Penalty = 1200
    public: bool = True
    rehearsal: bool = False
    theme: Theme | None = None
    external_id: ExternalId | None = None


class ContestChange(Body, frozen=True):
    title: Line | UnsetType = UNSET
    duration_s: Duration | UnsetType = UNSET
    start_at: Start | UnsetType | None = UNSET
    freeze_after_s: FreezeAfter | UnsetType | None = UNSET
    scoring: Scoring | UnsetType = UNSET
    penalty_s: Penalty | UnsetType = UNSET
    public: bool | UnsetType = UNSET
    rehearsal: bool | UnsetType = UNSET
    theme: Theme | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType | None = UNSET


class Move(Body, frozen=True):
    """`contest_time_s`: what the clock shows at the action, in a rehearsal."""

    reason: Reason | None = None
    contest_time_s: ContestSeconds | None = None


class ClockSetting(Body, frozen=True):
    contest_time_s: ContestSeconds
    rate: Rate
    reason: Reason | None = None


async def create(call: Call[NewContest], connection: Connection) -> Answer:
    call.everywhere()
    _check_theme(call.body.theme)
    contest = Contest(
        id=ContestId(uuid7()), state="draft", end_at=None, version=1, frozen_from_s=None, started_at=None, frozen_at=None, ended_at=None,
        thawed_at=None, finalized_at=None, clock_at=None, clock_contest_s=0.0, clock_rate=1.0, **asdict(call.body),
    )  # fmt: skip
    contest = life.changed(contest, {}, call.now)
    await store.create(connection, contest, call.actor)
    return created(await store.shown(connection, contest))


async def listed(call: Call[Any], connection: Connection) -> Answer:
    return ok(await store.listed(connection, call.page(), call.contests()))


async def one(call: Call[Any], connection: Connection) -> Answer:
    contest = await store.load(connection, call.enter(call.id("contest")))
    return ok(await store.shown(connection, contest))


async def change(call: Call[ContestChange], connection: Connection) -> Answer:
    before = await store.load(connection, call.enter(call.id("contest")), locked=True)
    members = {name: value for name, value in asdict(call.body).items() if value is not UNSET}
    _check_theme(members.get("theme"))
    after = life.changed(before, members, call.now)
    after = await store.save(connection, before, after, call.actor, "contest.updated")
    return ok(await store.shown(connection, after))


def _check_theme(theme: Theme | None) -> None:
    """Raises Refusal 422: a theme goes into pages, so its members are few and plain."""
    for name, value in (theme or {}).items():
        if name not in _THEME:
            raise wrong_field(f"theme.{name}", "is not known here")
        pattern, message = _THEME[name]
        if not pattern.fullmatch(value) or len(value) > 500:
            raise wrong_field(f"theme.{name}", message)


def _action(name: life.Action) -> Callable[[Call[Move], Connection], Awaitable[Answer]]:
    async def act(call: Call[Move], connection: Connection) -> Answer:
        before = await store.load(connection, call.enter(call.id("contest")), locked=True)
        unjudged_count = await store.unjudged_count(connection, before.id) if name == "finalize" else 0
        uncollected_count = await collecting.uncollected_count(connection, before.id) if name == "finalize" else 0
        after = _moved(name, _told_time(before, call), call.now, call.body.contest_time_s, unjudged_count, uncollected_count)
        after = await store.save(connection, before, after, call.actor, f"contest.{store.PAST[name]}")
        return ok(await store.shown(connection, after))

    return act


def _told_time(contest: Contest, call: Call[Move]) -> Contest:
    """The contest with its clock at the time that came with the action. Raises Refusal 422: no rehearsal."""
    told = call.body.contest_time_s
    if told is None:
        return contest
    if not contest.rehearsal:
        raise wrong_field("contest_time_s", "is for rehearsals only")
    return life.set_clock(contest, call.now, told, contest.clock_rate) if contest.state == "ongoing" else contest


def _moved(
    name: life.Action, contest: Contest, now: datetime, at_contest_s: float | None, unjudged_count: int, uncollected_count: int
) -> Contest:
    match name:
        case "schedule":
            return life.schedule(contest, now)
        case "start":
            return life.start(contest, now, at_contest_s or 0.0)
        case "freeze":
            return life.freeze(contest, now, at_contest_s)
        case "thaw":
            return life.thaw(contest, now)
        case "unthaw":
            return life.unthaw(contest)
        case "end":
            return life.end(contest, now, at_contest_s)
        case "finalize":
            return life.finalize(contest, now, unjudged_count, uncollected_count)


async def set_clock(call: Call[ClockSetting], connection: Connection) -> Answer:
    if 0 < call.body.rate < SLOWEST:
        raise wrong_field("rate", f"must be 0 or at least {SLOWEST}")
    before = await store.load(connection, call.enter(call.id("contest")), locked=True)
    after = life.set_clock(before, call.now, call.body.contest_time_s, call.body.rate)
    after = await store.save(connection, before, after, call.actor, "contest.clock_set")
    return ok(await store.shown(connection, after))


_ACTIONS: tuple[life.Action, ...] = ("schedule", "start", "freeze", "thaw", "end", "finalize", "unthaw")

ROUTES = [
    Route("POST", "/api/v1/admin/contests/", ORGANISER, "change", create, NewContest),
    Route("GET", "/api/v1/admin/contests/", ORGANISER, "read", listed),
    Route("GET", "/api/v1/admin/contests/{id}/", ORGANISER, "read", one),
    Route("PUT", "/api/v1/admin/contests/{id}/", ORGANISER, "change", change, ContestChange),
    Route("POST", "/api/v1/admin/contests/{id}/clock/", ORGANISER, "change", set_clock, ClockSetting),
    *(Route("POST", f"/api/v1/admin/contests/{{id}}/{name}/", ORGANISER, "change", _action(name), Move) for name in _ACTIONS),
]
