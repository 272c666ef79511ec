"""What a socket node has to know, read from the environment once. Every bound of the node stands here with its reason."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contest.config import Environment, Network


@dataclass(frozen=True)
class Config:
    """Times in seconds, sizes in bytes.

    `name`: what the live picture calls this node.
    `tick_s`: board frames wait this long to share a write (0: until the end of the loop's turn; the ranker conflates already).
    `slice_count`: sockets written before pings and accepts get their turn; at 5 us a send, 5 ms.
    `io_uring`: broadcasts go out through io_uring where the kernel has it.
    `deflate`: permessage-deflate is agreed on with who offers it.
    `ring_entries`, `ring_bytes`: of one log, for resume; a minute and a half of ten deltas a second.
    `connections_max`: open sockets of this node; files of a process end at 20,000 on a common machine.
    `lines_spare`: lines beyond that, for plain requests: all that are no sockets (yet) count together with the sockets.
    `per_address_max`: a hall sits behind one address. `per_person_max`: a person has a few tabs.
    `admissions_per_s`, `reads_per_s`: token buckets, each as deep as two seconds of it.
    `blocked_s`: how long a reader may not read. `silent_s`: how long a contestant may say nothing (two heartbeats and a bit).
    `room_idle_s`: how long a contest is followed after its last connection. `rooms_max`: contests followed at once.
    """

    host: str
    port: int
    redis_url: str
    keys: Path
    prefix: str = "podium"
    name: str = ""
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    log_level: str = "info"
    tick_s: float = 0.0
    slice_count: int = 1_000
    io_uring: bool = True
    deflate: bool = True
    ring_entries: int = 1_000
    ring_bytes: int = 4 << 20
    connections_max: int = 19_000
    lines_spare: int = 500
    per_address_max: int = 10_000
    per_person_max: int = 20
    admissions_per_s: int = 2_000
    reads_per_s: int = 4_000
    handshake_s: float = 10.0
    heartbeat_s: float = 25.0
    silent_s: float = 60.0
    blocked_s: float = 30.0
    drain_s: float = 10.0
    room_idle_s: float = 60.0
    rooms_max: int = 1_000


def read(environ: Mapping[str, str]) -> Config:
    """Raises ConfigError with all problems at once."""
    env = Environment(environ)
    config = Config(
        host=env.text("PODIUM_HOST", "127.0.0.1"),
        port=env.port("PODIUM_PORT"),
        redis_url=env.url("REDIS_URL", "redis", "rediss", "unix"),
        keys=env.folder("PODIUM_KEYS"),
        prefix=env.text("PODIUM_PREFIX", "podium"),
        name=env.text("PODIUM_NODE", f"{socket.gethostname()}:{environ.get('PODIUM_PORT', '')}"),
        origins=env.listed("PODIUM_ORIGINS"),
        trusted_proxies=env.networks("PODIUM_TRUSTED_PROXIES", "127.0.0.0/8"),
        log_level=env.text("PODIUM_LOG_LEVEL", "info"),
        io_uring=env.number("PODIUM_IO_URING", 1) != 0,
        deflate=env.number("PODIUM_DEFLATE", 1) != 0,
        tick_s=env.number("PODIUM_TICK_MS", 0) / 1000,
        connections_max=env.number("PODIUM_CONNECTIONS_MAX", Config.connections_max),
        per_address_max=env.number("PODIUM_PER_ADDRESS_MAX", Config.per_address_max),
        per_person_max=env.number("PODIUM_PER_PERSON_MAX", Config.per_person_max),
        admissions_per_s=env.number("PODIUM_ADMISSIONS_PER_S", Config.admissions_per_s),
        drain_s=env.number("PODIUM_DRAIN_S", int(Config.drain_s)),
    )
    env.finish()
    return config
