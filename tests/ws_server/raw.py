"""A client made of bytes: what no WebSocket library would send."""

import asyncio
import base64
import os
import struct
from collections.abc import Mapping

from contest.ids import ContestId


def client_frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, rsv: int = 0, masked: bool = True, length: int | None = None
) -> bytes:
    """A frame as a client sends it. `length`: what its head claims."""
    size = len(payload) if length is None else length
    first = (0x80 if final else 0) | rsv << 4 | opcode
    mark = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, mark | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, mark | 126, size)
    else:
        head = struct.pack("!BBQ", first, mark | 127, size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


class RawLine:
    """One TCP connection to a node."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, receive_bytes: int | None = None) -> "RawLine":
        import socket

        made = socket.socket()
        if receive_bytes is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", port))
        return cls(*await asyncio.open_connection(sock=made, limit=1 << 12 if receive_bytes else 1 << 20))

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def request(self, target: str, headers: Mapping[str, str], method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Send a request and read its answer."""
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))
        return await self.answer(method)

    async def answer(self, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 15)).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        size = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        return int(head[0].split()[1]), headers, await self.reader.readexactly(size)

    async def upgrade(self, contest: ContestId, query: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        merged = handshake_headers() | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request(f"/ws/contest/{contest}{query}", {name: value for name, value in merged.items() if value})

    async def frame(self, within_s: float = 5) -> tuple[int, bytes]:
        """The server's next frame: opcode, payload."""
        first, second = await asyncio.wait_for(self.reader.readexactly(2), within_s)
        assert first & 0x80, "servers do not fragment"
        assert not second & 0x80, "servers do not mask"
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return first & 0x0F, await self.reader.readexactly(size)

    async def frame_of(self, opcode: int) -> bytes:
        while True:
            found, payload = await self.frame()
            if found == opcode:
                return payload

    async def close_code(self) -> int:
        return int.from_bytes((await self.frame_of(8))[:2], "big")

    def end(self) -> None:
        self.writer.close()


def handshake_headers() -> dict[str, str]:
    return {
        "Host": "podium.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
