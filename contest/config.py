"""Reading the environment, once, in a process' `__main__`: all problems are reported together, by name, never by value."""

import sys
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
Network = IPv4Network | IPv6Network


class ConfigError(Exception):
    """The environment does not do. `problems` are sentences that name variables and never their values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Environment:
    """Collects what a process needs of `environ`; `finish` raises ConfigError with all problems at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def read(self, name: str, convert: Callable[[str], T], what: str, default: T | None = None) -> T:
        """The variable through `convert`, which raises ValueError on what is not `what`. Unset without default: a problem."""
        text = self._environ.get(name, "")
        if not text:
            if default is None:
                self._problems.append(f"{name} is not set: it must be {what}")
            return default  # type: ignore[return-value]  # finish() raises before anybody sees it
        try:
            return convert(text)
        except (ValueError, OSError):
            self._problems.append(f"{name} must be {what}")
            return default  # type: ignore[return-value]

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name) or default

    def port(self, name: str) -> int:
        return self.read(name, _port, "a port from 1 to 65535")

    def url(self, name: str, *schemes: str, default: str | None = None) -> str:
        def convert(text: str) -> str:
            if urlsplit(text).scheme not in schemes:
                raise ValueError
            return text

        return self.read(name, convert, "a URL beginning with " + " or ".join(f"{s}://" for s in schemes), default)

    def folder(self, name: str) -> Path:
        def convert(text: str) -> Path:
            if not (path := Path(text)).is_dir():
                raise ValueError
            return path

        return self.read(name, convert, "a folder that is there")

    def listed(self, name: str, default: str = "") -> tuple[str, ...]:
        return tuple(part for part in (p.strip() for p in self.text(name, default).split(",")) if part)

    def networks(self, name: str, default: str) -> tuple[Network, ...]:
        try:
            return tuple(ip_network(part) for part in self.listed(name, default))
        except ValueError:
            self._problems.append(f"{name} must be addresses or networks, separated by commas")
            return ()

    def number(self, name: str, default: int) -> int:
        return self.read(name, int, "a whole number", default)

    def finish(self) -> None:
        if self._problems:
            raise ConfigError(self._problems)


def _port(text: str) -> int:
    if not 1 <= (port := int(text)) <= 65535:
        raise ValueError
    return port


def exit_on(error: ConfigError, process: str) -> NoReturn:
    """Say what is wrong with the environment on standard error and end with code 2."""
    for problem in error.problems:
        print(f"{process}: {problem}", file=sys.stderr)
    raise SystemExit(2)
