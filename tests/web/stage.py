"""A scripted peer for the page's states: one contest over one port, pages and assets with the engine's security policy, frames as in
protocol.md. Its deltas are made by contest.domain.boards. It tells the page what a test wants it to hear; it judges nothing."""

import asyncio
import mimetypes
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from contest.domain.boards import Board, delta
from podium.ports import free_ports
from tests.web.scenes import CONTEST, status

DIST = Path(__file__).parents[2] / "web" / "dist"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; "
    "connect-src 'self'; frame-ancestors 'self'; base-uri 'none'"
)


class Stage:
    """`async with Stage(board) as stage`: then `stage.url`. Times it tells are those of `at` (contest minute) running on."""

    def __init__(self, board: Board, *, minute: float = 143.4, state: dict[str, Any] | None = None, has_contest: bool = True) -> None:
        self.board = board
        self.status = state or status()
        self.announcements: list[dict[str, Any]] = []
        self.refusal: tuple[int, str, str] | None = None if has_contest else (404, "contest.not_found", "There is no contest with this id.")
        self.greeting: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.offered: list[list[str]] = []
        self.sent: list[str] = []
        self._start = datetime(2026, 11, 24, 10, tzinfo=UTC)
        self._lag = datetime.now(UTC) - (self._start + timedelta(minutes=minute))
        self._epochs = {"board:public": "k3v9x0q2", "events:public": "a81c22de"}
        self._seqs = {"board:public": 0, "events:public": 0}
        self._kept: dict[str, list[str]] = {"board:public": [], "events:public": []}
        self._lines: set[ServerConnection] = set()
        self._server: Server | None = None
        self.port = free_ports(1)[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/board/{CONTEST}"

    async def __aenter__(self) -> "Stage":
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Says a proper goodbye, so that pages that are still open do not look for us."""
        await self.close(1000)
        await self.shut()

    async def open(self) -> None:
        self._server = await serve(self._follow, "127.0.0.1", self.port, process_request=self._answer, subprotocols=["podium.v1"])  # type: ignore[list-item]

    async def shut(self) -> None:
        """Nothing listens any more; lines that stand are cut."""
        if self._server is not None:
            self.cut()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Cut all lines as a broken network does: no close frame."""
        for line in list(self._lines):
            line.transport.abort()

    async def close(self, code: int) -> None:
        """Close all lines with `code`."""
        await asyncio.gather(*(line.close(code) for line in list(self._lines)))

    async def say(self, frame: dict[str, Any]) -> None:
        """A frame that belongs to no log."""
        for line in list(self._lines):
            await self._send(line, _text(frame))

    async def show(self, board: Board) -> None:
        """Publish what turns the present board into `board`."""
        change = delta(self.board, board)
        self.board = board
        if change is not None:
            await self.publish("board:public", {"type": "board.delta", **msgspec.to_builtins(change)})

    async def tell(self, **changes: Any) -> None:
        """Publish a new status."""
        self.status = {**self.status, **changes, "version": self.status["version"] + 1}
        await self.publish("events:public", {"type": "contest.status", "status": self.status})

    async def announce(self, text: str) -> None:
        note = {"id": f"0193577c-5555-7c11-8b7e-{len(self.announcements):012d}", "text": text, "posted_at": self.now()}
        self.announcements.append(note)
        await self.publish("events:public", {"type": "announcement.posted", "announcement": note})

    async def publish(self, log: str, members: dict[str, Any]) -> None:
        since = self._seqs[log]
        self._seqs[log] += 1
        place: dict[str, Any] = {"log": log, "epoch": self._epochs[log], "seq": since + 1}
        if log == "board:public":
            place["since"] = since
        frame = _text({**place, **members})
        self._kept[log].append(frame)
        for line in list(self._lines):
            await self._send(line, frame)

    async def renew(self, board: Board) -> None:
        """Begin a new epoch of the board: who follows is told to load it afresh."""
        self.board = board
        self._epochs["board:public"] += "x"
        self._seqs["board:public"] = 0
        self._kept["board:public"] = []
        for line in list(self._lines):
            await self._send(line, _text({"type": "resync", "log": "board:public", "reason": "epoch"}))
            await self._send(line, self._snapshot("board:public"))

    def now(self) -> str:
        return (datetime.now(UTC) - self._lag).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def _send(self, line: ServerConnection, frame: str) -> None:
        self.sent.append(frame)
        try:
            await line.send(frame)
        except ConnectionClosed:
            self._lines.discard(line)

    async def _follow(self, line: ServerConnection) -> None:
        path = line.request.path if line.request else ""
        self.asked.append(path)
        if line.request:
            self.offered.append(line.request.headers.get("Sec-WebSocket-Protocol", "").split(", "))
        logs = {log: {"epoch": self._epochs[log], "seq": seq} for log, seq in self._seqs.items()}
        hello = {
            "type": "hello", "protocol": "podium.v1", "session": "01JD9Z6E0V", "contest": CONTEST, "role": "viewer",
            "server_time": self.now(), "heartbeat_s": 25, "renew_before": None, "logs": logs,
        }  # fmt: skip
        await line.send(_text({**hello, **self.greeting}))
        held = _held(path)
        for log in self._seqs:
            for frame in self._missed(log, held.get(log)):
                await self._send(line, frame)
        self._lines.add(line)
        try:
            async for text in line:
                question = msgspec.json.decode(text)
                self.heard.append(question)
                if question["type"] == "time.ask":
                    await line.send(_text({"type": "time.told", "asked": question["asked"], "server_time": self.now()}))
        except ConnectionClosed:
            pass
        finally:
            self._lines.discard(line)

    def _missed(self, log: str, held: tuple[str, int] | None) -> list[str]:
        if held is not None and held[0] == self._epochs[log]:
            return self._kept[log][held[1] :]
        return [self._snapshot(log)]

    def _snapshot(self, log: str) -> str:
        place = {"log": log, "epoch": self._epochs[log], "seq": self._seqs[log]}
        if log == "board:public":
            return _text({**place, "type": "board.snapshot", "board": msgspec.to_builtins(self.board)})
        return _text({**place, "type": "events.snapshot", "status": self.status, "announcements": self.announcements})

    async def _answer(self, line: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        if path.startswith(("/ws/", "/api/")) and self.refusal is not None:
            code, name, message = self.refusal
            return _response(code, "application/json", _text({"error": {"code": name, "message": message, "details": []}}).encode())
        if path.startswith("/ws/contest/"):
            return None
        if path.endswith("/status/"):
            body = {"epoch": self._epochs["events:public"], "seq": 1, "status": self.status, "server_time": self.now()}
            return _response(200, "application/json", _text(body).encode())
        return await asyncio.to_thread(_page, path)


def _page(path: str) -> Response:
    page = path.split("/")[1]
    file = DIST / (f"{page}.html" if page in ("board", "take") else path.lstrip("/"))
    if not file.resolve().is_relative_to(DIST) or not file.is_file():
        return _response(404, "text/plain", b"not found")
    return _response(200, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes())


def _response(code: int, kind: str, body: bytes) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Content-Security-Policy": POLICY, "Connection": "close"})
    return Response(code, HTTPStatus(code).phrase, headers, body)


def _held(path: str) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for part in parse_qs(urlsplit(path).query).get("have", [""])[0].split(","):
        log, _, at = part.partition("@")
        epoch, _, seq = at.rpartition(".")
        if epoch:
            found[log] = (epoch, int(seq))
    return found


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
