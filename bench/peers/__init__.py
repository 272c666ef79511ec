"""Who is measured beside Podium: each as its own documents advise for speed, its code or configuration in this folder."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from bench.place import Place, pinned

HERE = Path(__file__).parent
NCHAN_MODULES = (Path("/usr/lib/nginx/modules/ngx_nchan_module.so"), Path("/usr/share/nginx/modules/ngx_nchan_module.so"))


@dataclass(frozen=True)
class Peer:
    """`start(place, port, tick_ms)`: the server, pinned to its core. `missing()`: why it cannot run here, or None. `by_http`: messages are
    posted to `/pub` of the server itself instead of published in Redis."""

    start: "Callable[[Place, int, int], Popen[bytes]]"
    missing: Callable[[], str | None] = lambda: None
    by_http: bool = False
    is_podium: bool = False


def podium(place: Place, port: int, tick_ms: int, **more: str) -> "Popen[bytes]":
    return pinned(
        [sys.executable, "-m", "ws_server"],
        REDIS_URL=place.redis_url, PODIUM_KEYS=str(place.keys), PODIUM_PORT=str(port), PODIUM_PREFIX=place.channels.prefix,
        PODIUM_LOG_LEVEL="error", PODIUM_TICK_MS=str(tick_ms), PODIUM_ADMISSIONS_PER_S="100000", **more,
    )  # fmt: skip


def podium_plain(place: Place, port: int, tick_ms: int) -> "Popen[bytes]":
    """Podium where the kernel has no io_uring."""
    return podium(place, port, tick_ms, PODIUM_IO_URING="0")


def websockets(place: Place, port: int, tick_ms: int) -> "Popen[bytes]":
    return pinned([sys.executable, str(HERE / "websockets_broadcast.py"), str(port), place.redis_url, place.peer_channel])


def bun(place: Place, port: int, tick_ms: int) -> "Popen[bytes]":
    return pinned([str(bun_binary()), str(HERE / "bun_publish.js"), str(port), place.redis_url, place.peer_channel, str(tick_ms)])


def bun_binary() -> str | None:
    """The one installed in this folder, or the one in PATH."""
    own = HERE / "node_modules" / ".bin" / "bun"
    return str(own) if own.exists() else shutil.which("bun")


def nchan(place: Place, port: int, tick_ms: int) -> "Popen[bytes]":
    module = next(path for path in NCHAN_MODULES if path.exists())
    text = (HERE / "nchan.conf").read_text()
    for name, value in (("MODULE", str(module)), ("FOLDER", str(place.folder)), ("PORT", str(port))):
        text = text.replace(name, value)
    configuration = place.folder / "nchan.conf"
    configuration.write_text(text)
    return pinned(["nginx", "-p", str(place.folder), "-c", str(configuration)])


def _no_bun() -> str | None:
    return None if bun_binary() else "no bun: npm install --prefix bench/peers bun"


def _no_nchan() -> str | None:
    there = shutil.which("nginx") and any(path.exists() for path in NCHAN_MODULES)
    return None if there else "no nchan: apt install nginx libnginx-mod-nchan"


PEERS = {
    "podium": Peer(podium, is_podium=True),
    "podium-plain": Peer(podium_plain, is_podium=True),
    "bun": Peer(bun, _no_bun),
    "nchan": Peer(nchan, _no_nchan, by_http=True),
    "websockets": Peer(websockets),
}
