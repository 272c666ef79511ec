"""Contests: making, reading, changing them, and the actions that move them on."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict, replace

from contest.domain import contests as life
from contest.domain.audience import Feedback
from contest.domain.boards import Scoring
from contest.domain.contests import Contest
from contest.domain.effects import Effect, effect, more_time
from contest.domain.schedule import Turn
from contest.edge.answers import Answer, created, ok, versioned
from contest.edge.bodies import Body, ContestSeconds, ExternalId, Line, Reason
from contest.edge.calls import Call
from contest.edge.filters import text_in, truth_in, word_in
from contest.edge.routes import PAGE, Query, Route, list_of, roles
from contest.errors import wrong_field
from contest.ids import ContestId, PauseId, uuid7
from contest.store import collecting, feedback, groups, participants, turns
from contest.store import contests as store
from contest.store.connect import Connection
from contest.wire.to_browser import Status

Duration = Annotated[int, Meta(ge=1, le=31_536_000)]
FreezeAfter = Annotated[int, Meta(ge=0, le=31_536_000)]
Penalty = Annotated[int, Meta(ge=0, le=86_400)]
Start = Annotated[datetime, Meta(tz=True)]
Rate = Annotated[float, Meta(ge=0, le=100_000)]
SLOWEST = 0.001
"""Of a clock that does not stand: slower, and a year of contest time ends beyond all calendars."""
Theme = dict[str, str]
Description = Annotated[str, Meta(max_length=4000)]
"""In the status, so in every browser: no longer than a page."""
Rules = Annotated[str, Meta(max_length=50_000)]
Consent = Annotated[str, Meta(max_length=10_000)]
OwnTime = Annotated[int, Meta(ge=1, le=31_536_000)]
Opinions = Literal[1, 2]
MoreSeconds = Annotated[int, Meta(ge=1, le=604_800)]
Said = Annotated[str, Meta(min_length=1, max_length=1000)]

ORGANISER = roles("organiser")
STATES: tuple[str, ...] = get_args(life.State)
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
    description: Description = ""
    rules: Rules = ""
    consent: Consent = ""
    own_time_s: OwnTime | None = None
    feedback: Feedback = "at_once"
    shuffle: bool = False
    opinions: Opinions = 1


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
    description: Description | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET
    consent: Consent | UnsetType = UNSET
    own_time_s: OwnTime | UnsetType | None = UNSET
    feedback: Feedback | UnsetType = UNSET
    shuffle: bool | UnsetType = UNSET
    opinions: Opinions | UnsetType = UNSET


class Move(Body, frozen=True):
    """`contest_time_s`: what the clock shows at the action, in a rehearsal."""

    reason: Reason | None = None
    contest_time_s: ContestSeconds | None = None


class Extension(Body, frozen=True):
    """For everybody, or the people of one group, or one participant."""

    seconds: MoreSeconds
    reason: Said
    group_id: UUID | None = None
    participant_id: UUID | None = None


class Reopening(Body, frozen=True):
    """`seconds`: what everybody has from now on at least; none: what was left."""

    seconds: MoreSeconds | None = None
    reason: Reason | None = None


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
    return created(await store.shown(connection, contest), versioned(contest.version))


async def listed(call: Call[Any], connection: Connection) -> Answer:
    state, search = word_in(call.query, "state", STATES), text_in(call.query, "search")
    return ok(await store.listed(connection, call.page(), call.contests(), state, search))


async def one(call: Call[Any], connection: Connection) -> Answer:
    return await _shown(connection, await store.load(connection, call.enter(call.id("contest"))))


async def _shown(connection: Connection, contest: Contest) -> Answer:
    return ok(await store.shown(connection, contest), versioned(contest.version))


async def _locked(call: Call[Any], connection: Connection) -> Contest:
    """The contest that is to be changed. Raises Refusal 412: by somebody else since it was read."""
    contest = await store.load(connection, call.enter(call.id("contest")), locked=True)
    call.check_version("contest", contest.version)
    return contest


async def change(call: Call[ContestChange], connection: Connection) -> Answer:
    before = await _locked(call, connection)
    members = {name: value for name, value in asdict(call.body).items() if value is not UNSET}
    _check_theme(members.get("theme"))
    after = life.changed(before, members, call.now, verdicts_told=await feedback.were_told(connection, before.id))
    after = await store.save(connection, before, after, call.actor, "contest.updated")
    return await _shown(connection, after)


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
        before = await _locked(call, connection)
        unjudged_count = await store.unjudged_count(connection, before.id) if name == "finalize" else 0
        uncollected_count = await collecting.uncollected_count(connection, before.id) if name == "finalize" else 0
        after = _moved(name, _told_time(before, call), call, unjudged_count, uncollected_count)
        return await _done(name, call, connection, before, after)

    return act


async def reopen(call: Call[Reopening], connection: Connection) -> Answer:
    before = await _locked(call, connection)
    last_end_s = await store.last_end_s(connection, before.id)
    after = life.reopen(before, call.now, PauseId(uuid7()), call.body.seconds or 0, last_end_s, call.body.reason)
    return await _done("reopen", call, connection, before, after)


async def extend(call: Call[Extension], connection: Connection) -> Answer:
    """More time for all, or some. What is said to a group goes by the row of the group: it counts for who comes into it later as well."""
    before = await _locked(call, connection)
    if call.body.group_id is not None and call.body.participant_id is not None:
        raise wrong_field("participant_id", "cannot come together with group_id")
    if call.body.group_id is None and call.body.participant_id is None:
        return await _done("extend", call, connection, before, life.extend(before, call.body.seconds))
    life.check_extendable(before)
    return await (_extend_group if call.body.group_id is not None else _extend_one)(call, connection, before)


async def _extend_group(call: Call[Extension], connection: Connection, contest: Contest) -> Answer:
    group = await groups.load(connection, str(call.body.group_id), locked=True)
    if group["contest_id"] != contest.id:
        raise wrong_field("group_id", "is no group of this contest")
    if _is_preview(call):
        largest = {each["id"]: each["extra_time_s"] for each in await groups.all_of(connection, contest.id)}
        more_s = {**largest, group["id"]: group["extra_time_s"] + call.body.seconds}
        found = [each for each in await turns.of_contest(connection, contest.id) if group["id"] in each.group_ids]
        pairs = [(each.turn, _with_groups(each, largest, more_s)) for each in found]
        return ok(more_time(contest, call.body.seconds, pairs, call.now))
    await groups.extend(connection, group, call.body.seconds, call.actor)
    return await _shown(connection, await store.renew(connection, contest))


def _with_groups(taker: turns.Taker, largest_s: Mapping[str, int], more_s: Mapping[str, int]) -> Turn:
    """The turn once the groups have `more_s` of extra time in place of `largest_s`."""
    added_s = max(more_s[each] for each in taker.group_ids) - max(largest_s[each] for each in taker.group_ids)
    return replace(taker.turn, extra_s=taker.turn.extra_s + added_s)


async def _extend_one(call: Call[Extension], connection: Connection, contest: Contest) -> Answer:
    participant = await participants.load(connection, str(call.body.participant_id), locked=True)
    if participant["contest_id"] != contest.id:
        raise wrong_field("participant_id", "is no participant of this contest")
    if _is_preview(call):
        found = (await turns.of_users(connection, contest.id, [participant["user_id"]]))[participant["user_id"]]
        return ok(more_time(contest, call.body.seconds, [(found, replace(found, extra_s=found.extra_s + call.body.seconds))], call.now))
    await participants.extend(connection, participant, call.body.seconds, call.actor)
    return await _shown(connection, await store.renew(connection, contest))


def _is_preview(call: Call[Any]) -> bool:
    return truth_in(call.query, "preview") or False


async def _done(name: life.Action, call: Call[Any], connection: Connection, before: Contest, after: Contest) -> Answer:
    """Write it, or with `preview` say what it would do to whom and change nothing."""
    if _is_preview(call):
        found = await turns.of_contest(connection, before.id)
        return ok(effect(name, before, after, [each.turn for each in found], call.now))
    return await _shown(connection, await store.save(connection, before, after, call.actor, f"contest.{store.PAST[name]}"))


def _told_time(contest: Contest, call: Call[Move]) -> Contest:
    """The contest with its clock at the time that came with the action. Raises Refusal 422: no rehearsal."""
    told = call.body.contest_time_s
    if told is None:
        return contest
    if not contest.rehearsal:
        raise wrong_field("contest_time_s", "is for rehearsals only")
    return life.set_clock(contest, call.now, told, contest.clock_rate) if contest.state == "ongoing" else contest


def _moved(name: life.Action, contest: Contest, call: Call[Move], unjudged_count: int, uncollected_count: int) -> Contest:
    now, at_contest_s = call.now, call.body.contest_time_s
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
        case "pause":
            return life.pause(contest, now, PauseId(uuid7()), call.body.reason)
        case "resume":
            return life.resume(contest, now)
        case _:
            return life.finalize(contest, now, unjudged_count, uncollected_count)


async def set_clock(call: Call[ClockSetting], connection: Connection) -> Answer:
    if 0 < call.body.rate < SLOWEST:
        raise wrong_field("rate", f"must be 0 or at least {SLOWEST}")
    before = await _locked(call, connection)
    after = life.set_clock(before, call.now, call.body.contest_time_s, call.body.rate)
    after = await store.save(connection, before, after, call.actor, "contest.clock_set")
    return await _shown(connection, after)


_ACTIONS: dict[life.Action, str] = {
    "schedule": "Let the clock start it at start_at.",
    "start": "Start it now.",
    "pause": "Let the clock stand for everybody.",
    "resume": "Let the clock go on.",
    "freeze": "Hide from the public what is submitted from now on.",
    "thaw": "Show the public everything.",
    "end": "End it now.",
    "finalize": "Make the results final.",
    "unthaw": "Hide again what was thawed.",
}
PREVIEW = (Query("preview", "true: change nothing, say what it would do to whom", bool),)


class Counts(Struct, frozen=True):
    participants: int
    questions: int
    submissions: int
    unjudged: int


class PauseShown(Struct, frozen=True):
    """An interval that is taken out. `until` None: the contest is paused now."""

    since: str
    until: str | None
    contest_time_s: float
    reason: str | None


class ContestShown(Status, frozen=True, kw_only=True):
    """A contest as the administration sees it."""

    id: str
    external_id: str | None
    rules: str
    consent: str
    shuffle: bool
    opinions: int
    pauses: list[PauseShown]
    counts: Counts


def _acts(name: str, handle: Any, body: type[Body], summary: str) -> Route:
    path = f"/api/v1/admin/contests/{{id}}/{name}/"
    return Route("POST", path, ORGANISER, "change", handle, body, summary=summary, query=PREVIEW, answer=ContestShown, or_answer=Effect)


ROUTES = [
    Route(
        "POST", "/api/v1/admin/contests/", ORGANISER, "change", create, NewContest,
        summary="Make a contest, a draft.", answer=ContestShown, status=201,
    ),
    Route(
        "GET", "/api/v1/admin/contests/", ORGANISER, "read", listed, summary="The contests, newest first.", answer=list_of(ContestShown),
        query=(Query("state", "only those in this state"), Query("search", "within the title, or the whole external id"), *PAGE),
    ),
    Route("GET", "/api/v1/admin/contests/{id}/", ORGANISER, "read", one, summary="One contest.", answer=ContestShown),
    Route(
        "PUT", "/api/v1/admin/contests/{id}/", ORGANISER, "change", change, ContestChange,
        summary="Change a contest, as far as its state allows; once verdicts were told, feedback cannot tell less.", answer=ContestShown,
    ),
    Route(
        "POST", "/api/v1/admin/contests/{id}/clock/", ORGANISER, "change", set_clock, ClockSetting,
        summary="Set a rehearsal's clock.", answer=ContestShown,
    ),
    *(_acts(name, _action(name), Move, summary) for name, summary in _ACTIONS.items()),
    _acts("extend", extend, Extension, "More time for all, a group or one."),
    _acts("reopen", reopen, Reopening, "Let an ended contest run on."),
]  # fmt: skip
