"""A TCP line to Redis that makes subscribers deaf and nobody else: what a failover can leave behind, with every PING answered."""

import asyncio
from types import TracebackType

from podium.ports import free_ports


class DeafLine:
    """Listens on `port` of 127.0.0.1 and hands everything on to `target_port`.

    While `deaf`, what Redis says to a connection that has subscribed is swallowed, and to that connection for good; connections that ask
    and are answered live on. A subscriber hears again only over a connection made after `deaf` was taken back.
    """

    def __init__(self, target_port: int) -> None:
        self.port = free_ports(1)[0]
        self.deaf = False
        self.swallowed_bytes = 0
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "DeafLine":
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        subscribed = asyncio.Event()
        self._lines |= {
            asyncio.create_task(_ask(reader, far_writer, subscribed)),
            asyncio.create_task(self._answer(far_reader, writer, subscribed)),
        }

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, subscribed: asyncio.Event) -> None:
        deaf = False
        try:
            while data := await source.read(1 << 16):
                if deaf := deaf or (self.deaf and subscribed.is_set()):
                    self.swallowed_bytes += len(data)
                else:
                    sink.write(data)
        except ConnectionError:
            pass
        finally:
            sink.close()


async def _ask(source: asyncio.StreamReader, sink: asyncio.StreamWriter, subscribed: asyncio.Event) -> None:
    try:
        while data := await source.read(1 << 16):
            if b"SUBSCRIBE" in data:
                subscribed.set()
            sink.write(data)
    except ConnectionError:
        pass
    finally:
        sink.close()
