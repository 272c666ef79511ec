"""The feed against a server that misbehaves by script: gaps, repetitions, closes of every range, refusals, silence."""

import asyncio
import contextlib
import http
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from podium_client import ContestFeed, Refused, StayAway, frames
from websockets.asyncio.server import Request, Response, ServerConnection, serve

from tests.support import eventually

pytestmark = pytest.mark.anyio

Play = Callable[[ServerConnection], Awaitable[None]]
NOW = "2026-11-24T10:00:00.000Z"
BOARD = {"scoring": "icpc", "problems": [], "groups": [], "rows": [{"id": "p", "name": "P", "rank": 1}]}


class Script:
    """Plays the next of `plays` with each connection, the last one again and again; notes what was asked for."""

    def __init__(self, *plays: Play, refusals: list[tuple[int, dict[str, str]]] | None = None) -> None:
        self.plays = list(plays)
        self.refusals = refusals or []
        self.paths: list[str] = []
        self.tickets: list[str] = []

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        self.tickets.append(request.headers.get("Authorization", ""))
        if not self.refusals:
            return None
        status, headers = self.refusals.pop(0)
        answer = connection.respond(http.HTTPStatus(status), '{"error":{"code":"x.y","message":"No.","details":[]}}')
        answer.headers.update(headers)
        return answer

    async def play(self, connection: ServerConnection) -> None:
        await (self.plays.pop(0) if len(self.plays) > 1 else self.plays[0])(connection)


@contextlib.asynccontextmanager
async def following(script: Script, **options: Any) -> AsyncIterator[tuple[ContestFeed, list[Any]]]:
    """A feed on the script's server, read into a list by a task; its exception comes out at the end."""
    server = await serve(script.play, "127.0.0.1", 0, process_request=script.check, subprotocols=["podium.v1"])  # type: ignore[list-item]
    port = next(iter(server.sockets)).getsockname()[1]
    feed = ContestFeed(f"http://127.0.0.1:{port}", "c", **options)
    seen: list[Any] = []

    async def read() -> None:
        async for frame in feed:
            seen.append(frame)  # noqa: PERF401 - looked at while it grows

    reading = asyncio.create_task(read())
    try:
        yield feed, seen
    finally:
        try:
            await feed.close()
            await asyncio.wait_for(reading, 5)
        finally:
            server.close()
            await server.wait_closed()


async def say(connection: ServerConnection, *said: dict[str, Any]) -> None:
    for frame in said:
        await connection.send(msgspec.json.encode(frame).decode())


def hello(role: str = "viewer", **members: Any) -> dict[str, Any]:
    return {
        "type": "hello", "protocol": "podium.v1", "session": "s", "contest": "c", "role": role, "server_time": NOW,
        "heartbeat_s": 25, "renew_before": None, "logs": {}, **members,
    }  # fmt: skip


def snapshot(seq: int, epoch: str = "e") -> dict[str, Any]:
    return {"log": "board:public", "epoch": epoch, "seq": seq, "type": "board.snapshot", "board": BOARD}


def delta(since: int, seq: int, solved: int, epoch: str = "e") -> dict[str, Any]:
    rows = [{"id": "p", "solved": solved}]
    return {"log": "board:public", "epoch": epoch, "seq": seq, "since": since, "type": "board.delta", "rows": rows, "gone": []}


def notice(seq: int, known_as: str = "", log: str = "events:organiser") -> dict[str, Any]:
    told = {"id": known_as or f"a{seq}", "text": str(seq), "posted_at": NOW}
    return {"log": log, "epoch": "e", "seq": seq, "type": "announcement.posted", "announcement": told}


async def forever(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def test_an_announcement_told_again_is_held_once() -> None:
    async def play(connection: ServerConnection) -> None:
        told = [notice(seq, known_as, "events:public") for seq, known_as in ((1, "a"), (2, "b"), (3, "a"))]
        kept = {"log": "events:public", "epoch": "e", "seq": 0, "type": "log.snapshot"}
        await say(connection, hello(), kept, *told)
        await forever(connection)

    async with following(Script(play)) as (feed, seen):
        await eventually(lambda: len(seen) == 5)
    assert [(one.id, one.text) for one in feed.announcements] == [("a", "3"), ("b", "2")]


async def test_repetitions_are_dropped_and_merged_steps_applied() -> None:
    async def play(connection: ServerConnection) -> None:
        await say(connection, hello(), snapshot(4), delta(4, 9, 2), delta(4, 9, 2), delta(9, 10, 3))
        await forever(connection)

    async with following(Script(play)) as (feed, seen):
        await eventually(lambda: feed.board is not None and feed.board.seq == 10)
    assert feed.board is not None
    assert feed.board.rows[0].solved == 3
    assert [type(frame).__name__ for frame in seen] == ["Hello", "BoardSnapshot", "BoardDelta", "BoardDelta"]


@pytest.mark.parametrize("second", [delta(6, 7, 3), delta(5, 6, 3, "other"), notice(8)], ids=["gap", "epoch", "event"])
async def test_what_does_not_follow_makes_it_come_back_with_what_it_has(second: dict[str, Any]) -> None:
    async def broken(connection: ServerConnection) -> None:
        known = {"log": "events:organiser", "epoch": "e", "seq": 6, "type": "log.snapshot"}
        await say(connection, hello(), snapshot(4), known, delta(4, 5, 2), second)
        await forever(connection)

    async def mended(connection: ServerConnection) -> None:
        await say(connection, hello(), delta(5, 6, 7))
        await forever(connection)

    script = Script(broken, mended)
    async with following(script) as (feed, _):
        await eventually(lambda: feed.board is not None and feed.board.seq == 6)
        assert feed.board is not None
        assert feed.board.rows[0].solved == 7
    assert script.paths[1].endswith("/ws/contest/c?have=board:public@e.5,events:organiser@e.6")


async def test_resync_takes_the_snapshot_that_follows() -> None:
    async def play(connection: ServerConnection) -> None:
        lost = {"type": "resync", "log": "board:public", "reason": "epoch"}
        await say(connection, hello(), snapshot(4), lost, snapshot(1, "fresh"), delta(1, 2, 5, "fresh"))
        await forever(connection)

    async with following(Script(play)) as (feed, _):
        await eventually(lambda: feed.board is not None and (feed.board.epoch, feed.board.seq) == ("fresh", 2))
        assert feed.connections_count == 1


@pytest.mark.parametrize("code", [1001, 1011, 1012, 4100, 4101, 4401])
async def test_it_comes_back_after(code: int) -> None:
    async def closes(connection: ServerConnection) -> None:
        await say(connection, hello(), snapshot(4))
        await connection.close(code)

    async def stays(connection: ServerConnection) -> None:
        await say(connection, hello(), delta(4, 5, 1))
        await forever(connection)

    numbers = iter(range(9))

    async def fetch() -> str:
        return f"ticket-{next(numbers)}"

    script = Script(closes, stays)
    async with following(script, fetch_ticket=fetch) as (feed, _):
        await eventually(lambda: feed.board is not None and feed.board.seq == 5)
    assert script.tickets[:2] == ["Bearer ticket-0", "Bearer ticket-1"], "a ticket is never used twice"


@pytest.mark.parametrize("code", [1000, 1008, 4450, 4451])
async def test_it_stays_away_after(code: int) -> None:
    async def closes(connection: ServerConnection) -> None:
        await say(connection, hello())
        await connection.close(code, "go")

    script = Script(closes)
    with pytest.raises(StayAway) as away:
        async with following(script) as (feed, _):
            await eventually(lambda: feed.connections_count == 1 and not feed.live)
    assert away.value.close_code == code
    assert len(script.paths) == 1


async def test_draining_sets_the_wait() -> None:
    at: list[float] = []

    async def drains(connection: ServerConnection) -> None:
        at.append(asyncio.get_running_loop().time())
        await say(connection, hello(), {"type": "draining", "reconnect_after_ms": 700})
        await connection.close(4100)

    async def stays(connection: ServerConnection) -> None:
        at.append(asyncio.get_running_loop().time())
        await forever(connection)

    async with following(Script(drains, stays)):
        await eventually(lambda: len(at) == 2)
    assert 0.65 <= at[1] - at[0] <= 1.5


async def test_overload_at_the_door_is_waited_out() -> None:
    async def stays(connection: ServerConnection) -> None:
        await say(connection, hello(), snapshot(1))
        await forever(connection)

    script = Script(stays, refusals=[(503, {"Retry-After": "1"}), (502, {})])
    async with following(script) as (feed, _):
        await eventually(lambda: feed.board is not None)
    assert len(script.paths) == 3


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_door_that_will_not_open_is_told(status: int) -> None:
    script = Script(forever, refusals=[(status, {})])
    with pytest.raises(Refused) as refused:
        async with following(script):
            await eventually(lambda: len(script.paths) == 1)
    assert (refused.value.status, refused.value.code) == (status, "x.y")


async def test_a_silent_line_is_left() -> None:
    async def silent(connection: ServerConnection) -> None:
        await say(connection, hello(), snapshot(4))
        await forever(connection)

    script = Script(silent)
    async with following(script, silence_s=0.2) as (feed, _):
        await eventually(lambda: feed.connections_count >= 2)
    assert "have=board:public@e.4" in script.paths[1]


async def test_raw_bytes_are_handed_on_before_they_are_read() -> None:
    async def play(connection: ServerConnection) -> None:
        await say(connection, hello(), {"type": "dance"}, snapshot(4))
        await connection.send("no frame at all")
        await forever(connection)

    raw: list[bytes] = []
    async with following(Script(play), on_raw=raw.append):
        await eventually(lambda: len(raw) >= 4)
    assert raw[1] == b'{"type":"dance"}'
    assert raw[3] == b"no frame at all"


async def test_a_ticket_is_renewed_in_time() -> None:
    heard: list[dict[str, Any]] = []

    async def play(connection: ServerConnection) -> None:
        soon = "2026-11-24T10:00:01.000Z"  # a second after the server's clock in the hello
        await say(connection, hello("contestant", renew_before=soon))
        while True:
            heard.append(msgspec.json.decode(await connection.recv()))
            await say(connection, {"type": "ticket.renewed", "renew_before": "2026-11-24T10:15:00.000Z"})

    async def fetch() -> str:
        return "fresh"

    async with following(Script(play), fetch_ticket=fetch) as (_, seen):
        await eventually(lambda: any(isinstance(frame, frames.TicketRenewed) for frame in seen))
    assert {"type": "ticket.renew", "ticket": "fresh"} in heard
