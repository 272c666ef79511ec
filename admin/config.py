"""What the admin process needs to know, read once from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from admin.issuers import Issuer, read_issuers
from contest.config import Environment
from contest.edge.serve import Listen
from contest.files import WHAT, checked_url


@dataclass(frozen=True, slots=True)
class Config:
    """`peers`: name -> base URL of the processes shown together under monitoring. `keys`: folder of keys. `issuers`: whose signed tokens
    let contestants in. `files_url`: where files are; '': nowhere. `ends`: the file in which a supervisor notes ended processes.
    `redis_url`: where the live picture's figures are; '': nowhere."""

    database_url: str
    keys: Path
    listen: Listen
    peers: tuple[tuple[str, str], ...]
    log_level: str
    issuers: tuple[Issuer, ...] = ()
    files_url: str = ""
    ends: Path | None = None
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
            peers=read.read("PODIUM_PEERS", _peers, "name=http://host:port, separated by commas", ()),
            log_level=read.text("PODIUM_LOG_LEVEL", "info"),
            issuers=read.read(
                "PODIUM_ISSUERS", read_issuers, "a JSON file of issuers with their keys (docs/reference/configuration.md)", ()
            ),
            files_url=read.read("FILES_URL", checked_url, WHAT, ""),
            ends=Path(ends) if (ends := read.text("PODIUM_ENDS", "")) else None,
            redis_url=read.url("REDIS_URL", "redis", "rediss", "unix", default=""),
            prefix=read.text("PODIUM_PREFIX", "podium"),
        )
        read.finish()
        return found


def _peers(text: str) -> tuple[tuple[str, str], ...]:
    """Raises ValueError."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, url = part.partition("=")
        if not (name and equals and url.startswith(("http://", "https://"))):
            raise ValueError
        found.append((name, url.rstrip("/")))
    return tuple(found)
