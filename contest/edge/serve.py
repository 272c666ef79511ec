"""Runs an ASGI application under uvicorn until `stop` is set, then lets requests that are under way end."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Iterable
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from contest.config import Network

GRACE_S = 5
KEEP_ALIVE_S = 120
"""Longer than the gateway keeps an idle connection (90 s): it must be the one that closes, or a request meets a closing line."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen, and whose X-Forwarded-For counts."""

    host: str
    port: int
    trusted_proxies: tuple[Network, ...] = ()


class _Server(uvicorn.Server):
    """Signals are the process' own matter."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(app: ASGIApp, listen: Listen, stop: asyncio.Event) -> None:
    """Serve until `stop`. Returns when the last request was answered, GRACE_S later at most. Raises OSError if the port is taken."""
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=_allowed(listen.trusted_proxies),
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    server = _Server(config)
    with _bound(listen) as bound:
        ending = asyncio.create_task(_end(server, stop))
        try:
            await server.serve([bound])
        finally:
            ending.cancel()


def _bound(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((listen.host, listen.port))
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


def _allowed(networks: Iterable[Network]) -> list[str]:
    return [str(network) for network in networks]
