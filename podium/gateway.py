"""The one public port: writes Traefik's configuration into the data folder. Which path goes where stands in gateway_routes.yml."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from podium.data_folder import write_private

BEHIND_PROXIES = ["127.0.0.0/8", "::1/128"]
"""Whose X-Forwarded-For is believed and handed on: a proxy on this machine that ends TLS. From others the header is replaced."""

ENCODED_REFUSED = [
    f"allowEncoded{name}" for name in ("Slash", "BackSlash", "NullCharacter", "Percent", "Semicolon", "QuestionMark", "Hash")
]
"""Characters that no path of ours holds, and that a gateway and a process could read in two ways."""


@dataclass(frozen=True, slots=True)
class Upstreams:
    """Base URLs of the processes behind the gateway."""

    ws: list[str]
    engine: list[str]
    admin: list[str]

    def environment(self) -> dict[str, str]:
        """What gateway_routes.yml is filled in with."""
        return {
            "PODIUM_GATEWAY_WS": ",".join(self.ws),
            "PODIUM_GATEWAY_ENGINE": ",".join(self.engine),
            "PODIUM_GATEWAY_ADMIN": ",".join(self.admin),
        }


def write_configuration(folder: Path, host: str, port: int, ping_port: int) -> Path:
    """Write traefik.yml and routes.yml into `folder`; the path of the first. `ping_port` answers /ping on 127.0.0.1 for the supervisor."""
    routes = folder / "routes.yml"
    write_private(routes, files("podium").joinpath("gateway_routes.yml").read_text())
    static = folder / "traefik.yml"
    write_private(static, json.dumps(static_configuration(host, port, ping_port, routes), indent=1))  # JSON is YAML
    return static


def static_configuration(host: str, port: int, ping_port: int, routes: Path) -> dict[str, Any]:
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "WARN", "format": "json"},
        "ping": {"entryPoint": "ping"},
        "providers": {"file": {"filename": str(routes), "watch": False}},
        "entryPoints": {
            "ping": {"address": f"127.0.0.1:{ping_port}"},
            "web": {
                "address": f"{_bracketed(host)}:{port}",
                "asDefault": True,
                "http": {"aliasHeadersStrategy": "delete", "encodedCharacters": dict.fromkeys(ENCODED_REFUSED, False)},
                "forwardedHeaders": {"trustedIPs": BEHIND_PROXIES},
                "transport": {
                    # A request has a minute to arrive whole; after the upgrade nothing cuts a socket. Draining is the nodes' own.
                    "respondingTimeouts": {"readTimeout": "60s", "writeTimeout": "0s", "idleTimeout": "180s"},
                    "lifeCycle": {"graceTimeOut": "1s"},
                },
            },
        },
    }


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
