"""What the ranker reads from the environment (docs/reference/configuration.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contest.config import Environment


@dataclass(frozen=True, slots=True)
class Config:
    """One process of the ranker; any number may run, each contest is led by one of them."""

    database_url: str
    redis_url: str
    prefix: str
    keys: Path
    host: str
    port: int
    log_level: str = "info"


def read_config(environ: Mapping[str, str]) -> Config:
    """Raises ConfigError with everything that is wrong."""
    environment = Environment(environ)
    found = Config(
        database_url=environment.url("DATABASE_URL", "postgresql", "postgres"),
        redis_url=environment.url("REDIS_URL", "redis", "rediss", "unix"),
        prefix=environment.text("PODIUM_PREFIX", "podium"),
        keys=environment.folder("PODIUM_KEYS"),
        host=environment.text("PODIUM_HOST", "127.0.0.1"),
        port=environment.port("PODIUM_PORT"),
        log_level=environment.text("PODIUM_LOG_LEVEL", "info"),
    )
    environment.finish()
    return found
