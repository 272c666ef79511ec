"""The command line. Each command imports what it needs when it is called, so that `podium --help` is quick."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Live contests and exams in real time.")

Data = Annotated[Path, typer.Option("--data", help="The data folder: databases, keys, passwords, logs.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The one public port.")]
Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]


@app.callback()
def podium() -> None:
    """Several commands: without this, typer makes a single one the program itself."""


@app.command()
def up(
    port: Port = 8080,
    data: Data = Path(".podium"),
    host: Host = "127.0.0.1",
    ws_nodes: Annotated[int, typer.Option(min=1, max=64, help="How many nodes hold the sockets.")] = 1,
    verbose: Annotated[bool, typer.Option(help="Show what the processes log.")] = False,
) -> None:
    """Start everything: servers, processes, gateway. DATABASE_URL and REDIS_URL, if set, are used instead of servers of our own."""
    from podium.data_folder import FolderInUse
    from podium.servers import NotReady
    from podium.up import CannotStart, Settings, serve, until_stopped

    servers = {"database_url": os.environ.get("DATABASE_URL") or None, "redis_url": os.environ.get("REDIS_URL") or None}
    settings = Settings(data, port, host, ws_nodes, verbose, **servers)
    try:
        until_stopped(serve(settings))
    except (FolderInUse, CannotStart) as error:
        _end(str(error), 2)
    except (NotReady, OSError) as error:
        _end(str(error), 1)


def _end(message: str, code: int) -> None:
    print(f"podium: {message}", file=sys.stderr)
    raise typer.Exit(code)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
