"""Is this request a handshake that we accept? One pure decision, before anything costly: no ticket is verified, nothing is read."""

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from contest.broker.logs import Position
from contest.errors import Refusal
from contest.ids import ContestId
from ws_server.protocol.deflate import answer_to
from ws_server.protocol.requests import Request

SUBPROTOCOL = "podium.v1"
TICKET_PREFIX = "podium.ticket."
HAVE_MAX = 16
"""Positions that `have` may name; nobody reads more than six logs."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_PATH = re.compile(r"/ws/contest/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/?")
_HAVE = re.compile(r"([a-z]+(?::[a-z]+)?)@([0-9A-Za-z]{1,40})\.([0-9]{1,15})")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A handshake in order. `answer`: the 101 to send; `have`: the positions the client says it holds; `ticket`: unverified; `deflates`:
    permessage-deflate was agreed on."""

    contest: ContestId
    answer: bytes
    ticket: str | None
    have: Mapping[str, Position]
    deflates: bool = False


def decide(request: Request, origins: Collection[str], may_deflate: bool = True) -> Upgrade:
    """Raises Refusal: 404 no such path, 400 a broken handshake, 403 a foreign origin, 426 not a WebSocket of version 13."""
    found = _PATH.fullmatch(request.path.lower())
    if found is None:
        raise Refusal(404, "path.not_found", "There is nothing at this path.")
    if not _is_upgrade(request):
        raise Refusal(426, "handshake.upgrade_required", "This path speaks WebSocket.", headers={"Upgrade": "websocket"})
    if request.headers.get("sec-websocket-version") != "13":
        raise Refusal(426, "handshake.version", "Only version 13 is spoken.", headers={"Sec-WebSocket-Version": "13"})
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        raise Refusal(400, "handshake.body", "A handshake has no body: its bytes would be taken for frames.")
    key = request.headers.get("sec-websocket-key", "")
    if not _is_key(key):
        raise Refusal(400, "handshake.key", "Sec-WebSocket-Key must be 16 bytes in base64.")
    _check_origin(request.headers, origins)
    offered = [name for name in (part.strip() for part in request.headers.get("sec-websocket-protocol", "").split(",")) if name]
    if offered and SUBPROTOCOL not in offered:
        raise Refusal(400, "handshake.subprotocol", f"Only the subprotocol {SUBPROTOCOL} is spoken.")
    extension = answer_to(request.headers.get("sec-websocket-extensions", "")) if may_deflate else None
    answer = _accept(key, bool(offered), extension)
    return Upgrade(ContestId(found[1]), answer, _ticket(request, offered), parse_have(request.query), extension is not None)


def _is_upgrade(request: Request) -> bool:
    connection = {part.strip().lower() for part in request.headers.get("connection", "").split(",")}
    return (
        request.upgrade
        and request.method == "GET"
        and request.version == "1.1"
        and request.headers.get("upgrade", "").lower() == "websocket"
        and "upgrade" in connection
    )


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _accept(key: str, named: bool, extension: str | None) -> bytes:
    digest = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    protocol = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n".encode() if named else b""
    extensions = f"Sec-WebSocket-Extensions: {extension}\r\n".encode() if extension else b""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + protocol + extensions + b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"
    )  # fmt: skip


def _ticket(request: Request, offered: list[str]) -> str | None:
    tickets = {name.removeprefix(TICKET_PREFIX) for name in offered if name.startswith(TICKET_PREFIX)}
    if (bearer := request.bearer()) is not None:
        tickets.add(bearer)
    if len(tickets) > 1:
        raise Refusal(400, "handshake.tickets", "There is more than one ticket.")
    return tickets.pop() if tickets else None


def _check_origin(headers: Mapping[str, str], origins: Collection[str]) -> None:
    origin = headers.get("origin")
    if origin is None or origin in origins:
        return
    if not _is_own(origin, headers.get("host", "")):
        raise Refusal(403, "origin.foreign", "Pages of this origin may not connect here.")


def _is_own(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:  # `http://[`: no browser says this
        return False
    return parts.scheme in _DEFAULT_PORTS and _with_port(parts.netloc, parts.scheme) == _with_port(host, parts.scheme)


def _with_port(host: str, scheme: str) -> str:
    host = host.lower()
    return host if re.search(r":[0-9]+$", host) else f"{host}:{_DEFAULT_PORTS[scheme]}"


def parse_have(query: str) -> dict[str, Position]:
    """`have=<log>@<epoch>.<seq>,...` of a query; what is not of this form is as if it were not there: it costs a snapshot."""
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == "have":
            found = [_HAVE.fullmatch(item) for item in unquote(value).split(",")[:HAVE_MAX]]
            return {match[1]: Position(match[2], int(match[3])) for match in found if match}
    return {}
