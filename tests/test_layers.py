"""The arrows between the parts, drawn from the sources; and that the pure rules do no I/O and ask neither clock nor chance."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "contest": set(),
    "engine": {"contest", "web"},
    "admin": {"contest"},
    "ranker": {"contest"},
    "relay": {"contest"},
    "ws_server": {"contest"},
    "podium": {"contest", "podium_client"},
    "podium_client": set(),
    "web": set(),
}
"""Of our own packages, beside itself. `podium` starts the processes by name and imports none of them; `web` holds the built pages."""

DOMAIN_KNOWS = ("contest.domain", "contest.ids", "contest.errors")
IMPURE_MODULES = {
    "aiohttp", "asyncio", "asyncpg", "httpx", "io", "logging", "os", "pathlib", "random", "redis", "secrets", "select", "socket",
    "sqlalchemy", "ssl", "structlog", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "uvloop", "websockets",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today", "time", "monotonic", "perf_counter", "uuid4", "uuid7", "urandom"}
"""Names that ask a clock, chance or the outside when called, bare or as a method (`datetime.now()`)."""


def folder_of(package: str) -> Path:
    return ROOT / "sdk" / "python" / package if package == "podium_client" else ROOT / package


def modules() -> Iterator[tuple[str, str]]:
    """(dotted module name, source) of everything in our packages."""
    for package in MAY_IMPORT:
        base = folder_of(package)
        for path in sorted(base.rglob("*.py")):
            if "node_modules" not in path.parts:
                parts = (package, *path.relative_to(base).with_suffix("").parts)
                yield ".".join(part for part in parts if part != "__init__"), path.read_text()


def imports_of(module: str, source: str) -> set[str]:
    """The dotted names that a module imports, wherever in it; relative imports resolved. `from a import b` gives both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*module.split(".")[: -node.level], *([node.module] if node.module else [])]) if node.level else node.module or ""
            )
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def wrong_arrows(module: str, source: str) -> list[str]:
    """Imports of another of our packages that are not in MAY_IMPORT, and impure things in the domain."""
    package = module.partition(".")[0]
    imported = imports_of(module, source)
    ours = {name.partition(".")[0] for name in imported} & MAY_IMPORT.keys()
    wrong = [f"{module} imports {other}" for other in sorted(ours - MAY_IMPORT[package] - {package})]
    if module.startswith("contest.domain"):
        wrong += [f"{module} imports {name}" for name in sorted(imported) if name.partition(".")[0] in IMPURE_MODULES]
        inner = {name for name in imported if name.startswith("contest.")}
        wrong += [f"{module} imports {name}" for name in sorted(inner) if not name.startswith(DOMAIN_KNOWS)]
        wrong += [f"{module} calls {name}" for name in sorted(called(source) & IMPURE_CALLS)]
    return wrong


def called(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    names.add(name)
    return names


def reachable(start: str, graph: dict[str, set[str]]) -> dict[str, str]:
    """Every module of ours that comes with importing `start`, each with the one it came by."""
    came_by, waiting = {start: ""}, [start]
    while waiting:
        module = waiting.pop()
        for name in sorted(graph[module]):
            if name in graph and name not in came_by:
                came_by[name] = module
                waiting.append(name)
    return came_by


def test_every_arrow_is_allowed() -> None:
    wrong = [arrow for module, source in modules() for arrow in wrong_arrows(module, source)]
    assert not wrong, "\n".join(wrong)


def test_what_holds_the_sockets_never_reaches_the_database() -> None:
    """Not through a third module either: a node must never wait for PostgreSQL."""
    graph = {module: imports_of(module, source) for module, source in modules()}
    for start in [module for module in graph if module.partition(".")[0] == "ws_server"]:
        came_by = reachable(start, graph)
        stores = [name for name in came_by if name.startswith("contest.store")]
        assert not stores, f"{stores[0]} comes with {start}, by {came_by[stores[0]]}"
        assert not [name for name in came_by if "asyncpg" in graph[name]]


def test_every_package_is_looked_at() -> None:
    seen = {module.partition(".")[0] for module, _ in modules()}
    assert seen == {package for package in MAY_IMPORT if folder_of(package).is_dir()}
    with_code = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"web"}
    assert with_code <= MAY_IMPORT.keys(), "a new package needs a line in MAY_IMPORT"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine.app", "from admin.contests import create"),
        ("ranker.leader", "def later():\n    import relay.take"),
        ("contest.broker.logs", "import ws_server"),
        ("contest.wire.frames", "from ...engine import app"),
        ("podium.up", "from engine.__main__ import main"),
        ("podium_client.feed", "from contest.wire import to_browser"),
        ("contest.domain.phase", "import time"),
        ("contest.domain.phase", "from datetime import datetime\nSTART = datetime.now()"),
        ("contest.domain.scoring", "from contest.store import contests"),
        ("contest.domain.scoring", "from asyncio import sleep"),
        ("contest.domain.ranking", "from random import random"),
        ("contest.domain.ranking", "def read(path):\n    return open(path)"),
    ],
)  # fmt: skip
def test_a_wrong_arrow_is_caught(module: str, source: str) -> None:
    assert wrong_arrows(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine.app", "from contest.store import contests\nimport web\nfrom engine.config import read"),
        ("contest.domain.phase", "from datetime import datetime\nfrom contest.ids import ContestId\nfrom . import boards"),
    ],
)
def test_a_right_arrow_is_not(module: str, source: str) -> None:
    assert wrong_arrows(module, source) == []


def test_a_detour_to_the_database_is_found() -> None:
    graph = {"ws_server.a": {"contest.x"}, "contest.x": {"contest.store.pages"}, "contest.store.pages": {"asyncpg"}}
    assert reachable("ws_server.a", graph)["contest.store.pages"] == "contest.x"
