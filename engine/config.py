"""What the engine process needs to know, read once from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contest.config import Environment
from contest.edge.serve import Listen
from contest.files import WHAT, checked_url


@dataclass(frozen=True, slots=True)
class Config:
    """`keys`: folder of keys.

    `files_url`: where files go; '': nowhere. `redis_url`: where the live picture's counts go; '': nowhere.
    `frame_ancestors`: who may embed the board, as Content-Security-Policy has it."""

    database_url: str
    keys: Path
    listen: Listen
    frame_ancestors: str
    log_level: str
    files_url: str = ""
    redis_url: str = ""
    prefix: str = "podium"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Config":
        """Raises ConfigError with all problems at once."""
        read = Environment(environ)
        found = cls(
            database_url=read.url("DATABASE_URL", "postgresql"),
            keys=read.folder("PODIUM_KEYS"),
            listen=Listen(
                read.text("PODIUM_HOST", "127.0.0.1"), read.port("PODIUM_PORT"), read.networks("PODIUM_TRUSTED_PROXIES", "127.0.0.0/8")
            ),
            frame_ancestors=read.read("PODIUM_FRAME_ANCESTORS", _sources, "sources of Content-Security-Policy", "'self'"),
            log_level=read.text("PODIUM_LOG_LEVEL", "info"),
            files_url=read.read("FILES_URL", checked_url, WHAT, ""),
            redis_url=read.url("REDIS_URL", "redis", "rediss", "unix", default=""),
            prefix=read.text("PODIUM_PREFIX", "podium"),
        )
        read.finish()
        return found


def _sources(text: str) -> str:
    """Raises ValueError: it would end the directive or the header."""
    if any(mark in text for mark in ";,\r\n"):
        raise ValueError
    return text
