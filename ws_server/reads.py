"""Answers plain HTTP from memory: a contest's status and board, and how the node is doing. At most they wait for a first load."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec
from prometheus_client import generate_latest

from contest.domain.audience import STAFF, Log
from contest.domain.boards import Board, Row
from contest.edge import cookies
from contest.errors import Detail, Refusal, forbidden, not_found, overloaded, unauthorized
from contest.ids import ContestId
from contest.tokens import Person
from contest.wire.times import from_unix
from ws_server.protocol.requests import Answer, Request, refused
from ws_server.room import ALWAYS, Room
from ws_server.routes import Route, route

if TYPE_CHECKING:
    from ws_server.node import Node

LIMIT_DEFAULT, LIMIT_MAX = 100, 1_000
_ROW_ID = re.compile(r"[0-9A-Za-z-]{1,100}")
"""What may go into an ETag as it was asked for."""
CACHED_MAX = 64
"""Answers kept ready; the pages that everybody asks for are few."""

Respond = Callable[[Answer], None]


class Window(msgspec.Struct, frozen=True):
    """Which rows: from `offset`, or around a participant."""

    limit: int
    offset: int = 0
    around: str | None = None


class Reads:
    """Owner: the node. Bound: CACHED_MAX encoded answers. Rebuilt on demand."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._cached: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()

    def answer(self, request: Request, respond: Respond) -> None:
        """Give `respond` the answer, now or when the contest is loaded. Raises Refusal."""
        found = route(request)
        if found.name == "live":
            return respond(_json({"status": "live"}))
        if found.name == "ready":
            return respond(self._ready())
        if not self._node.reads.take(self._node.wheel.now):
            raise overloaded("Too many requests at the moment.")
        if found.contest is None:
            return respond(self._monitoring(found, request))
        return self._contest(found, found.contest, request, respond)

    # The node itself

    def _ready(self) -> Answer:
        reader, draining = self._node.hub.reader, self._node.draining
        age_s = reader.probe_age_s()
        hears = {"ok": reader.healthy, "age_s": round(age_s, 3) if isfinite(age_s) else None, "caught_up": reader.caught_up}
        is_ready = self._node.ready
        body = {"status": "ready" if is_ready else "not_ready", "checks": {"redis": hears, "draining": {"ok": not draining}}}
        return Answer(200 if is_ready else 503, msgspec.json.encode(body), _NO_STORE)

    def _monitoring(self, found: Route, request: Request) -> Answer:
        if not self._person(request).has("operator"):
            raise forbidden()
        if found.name == "errors":
            items = self._node.telemetry.errors.listed()
            return _json({"total": len(items), "items": items})
        self._node.telemetry.metrics.slow.set(self._node.wheel.blocked_count)
        return Answer(200, generate_latest(self._node.telemetry.registry), _NO_STORE, "text/plain; version=0.0.4; charset=utf-8")

    # Contests

    def _contest(self, found: Route, contest: ContestId, request: Request, respond: Respond) -> None:
        full = found.name == "full_board"
        log: Log = "board:full" if full else "board:public"
        window = None if found.name == "status" else _window(request.parameters())
        if full:
            person = self._person(request)
            if not person.may_enter(contest):
                raise not_found("contest")
            if person.role_in(contest, STAFF) is None:
                raise forbidden()

        def entered(room: Room | Refusal) -> None:
            try:
                if isinstance(room, Refusal):
                    raise room
                if not full:
                    self._check_reader(room, request)
                respond(self._status(room) if window is None else self._board(room, log, window, request))
            except Refusal as refusal:
                respond(refused(refusal))

        self._node.hub.enter(contest, (*ALWAYS, log) if full else ALWAYS, entered)

    def _person(self, request: Request) -> Person:
        """Whoever the Authorization header names, or else the page's cookie: nothing here changes anything, so it needs no CSRF token."""
        token = request.bearer() if "authorization" in request.headers else cookies.read(request.headers.get("cookie", ""), request.path)
        if token is None:
            raise unauthorized()
        person = self._node.ended.check(self._node.access.verify(token))
        person.check_password()
        return person

    def _check_reader(self, room: Room, request: Request) -> None:
        if not _is_public(room) and not self._person(request).may_enter(room.contest):
            raise not_found("contest")

    def _status(self, room: Room) -> Answer:
        at = room.views["events:public"].position
        assert at is not None, "a settled room has a status"
        body = {"epoch": at.epoch, "seq": at.seq, "status": room.status, "server_time": from_unix(time.time())}
        return Answer(200, msgspec.json.encode(body), {"Cache-Control": "no-cache" if _is_public(room) else "private, no-cache"})

    def _board(self, room: Room, log: Log, window: Window, request: Request) -> Answer:
        state, at = room.board(log), room.views[log].position
        if state is None or at is None:
            raise Refusal(503, "board.not_ready", "There is no board yet.", headers={"Retry-After": "1"})
        if log == "board:full":
            return Answer(200, encode_window(state.board(), at.epoch, at.seq, window), _NO_STORE)
        if window.around is not None:
            place_of(state.board(), window.around)  # who is not there has no answer that could be unchanged
        etag = f'"{at.epoch}.{at.seq}.{window.offset}.{window.limit}.{window.around or ""}"'
        headers = {"ETag": etag, "Cache-Control": "public, max-age=1" if _is_public(room) else "private, no-cache"}
        if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]:
            return Answer(304, b"", headers)
        key = (room.contest, at, window.offset, window.limit, window.around)
        if key not in self._cached:
            self._cached[key] = encode_window(state.board(), at.epoch, at.seq, window)
            if len(self._cached) > CACHED_MAX:
                self._cached.popitem(last=False)
        return Answer(200, self._cached[key], headers)


def encode_window(board: Board, epoch: str, seq: int, window: Window) -> bytes:
    """The JSON of some rows. Raises Refusal 404: nobody with the id `around`."""
    return msgspec.json.encode(
        {
            "epoch": epoch, "seq": seq, "total": len(board.rows), "problems": board.problems, "groups": board.groups,
            "rows": rows_in(board, window),
        }
    )  # fmt: skip


def rows_in(board: Board, window: Window) -> tuple[Row, ...]:
    begin = window.offset
    if window.around is not None:
        place = place_of(board, window.around)
        begin = max(0, min(place - window.limit // 2, len(board.rows) - window.limit))
    return board.rows[begin : begin + window.limit]


def place_of(board: Board, participant: str) -> int:
    """Raises Refusal 404: not on this board, whether hidden or nowhere."""
    place = next((place for place, row in enumerate(board.rows) if row.id == participant), None)
    if place is None:
        raise not_found("participant")
    return place


def _window(parameters: dict[str, str]) -> Window:
    problems: list[Detail] = []

    def whole(name: str, default: int, least: int, most: int) -> int:
        text = parameters.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            problems.append(Detail(name, f"must be a whole number from {least} to {most}"))
            return default
        return int(text)

    limit, offset = whole("limit", LIMIT_DEFAULT, 1, LIMIT_MAX), whole("offset", 0, 0, 999_999_999)
    around = parameters.get("around")
    if around is not None and "offset" in parameters:
        problems.append(Detail("offset", "cannot be given together with around"))
    if around is not None and not _ROW_ID.fullmatch(around):
        problems.append(Detail("around", "must be the id of a participant"))
    if problems:
        raise Refusal(422, "query.invalid", "The query has values that are wrong.", tuple(problems))
    return Window(limit, offset, around)


def _is_public(room: Room) -> bool:
    return room.status is not None and room.status.public


def _json(body: object) -> Answer:
    return Answer(200, msgspec.json.encode(body), _NO_STORE)


_NO_STORE = {"Cache-Control": "no-store"}
