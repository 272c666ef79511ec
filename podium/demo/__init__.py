"""A contest that plays itself: simulated contestants on the public REST interface and sockets, over a whole Podium of its own."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The one public port.")] = 8080,
    data: Annotated[Path, typer.Option(help="The data folder: databases, keys, passwords, logs.")] = Path(".podium"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    contestants: Annotated[int, typer.Option(min=2, max=300, help="How many take part.")] = 300,
    minutes: Annotated[float, typer.Option(min=0.1, max=300, help="How long a contest lasts.")] = 5,
    once: Annotated[bool, typer.Option("--once", help="End after the first contest.")] = False,
) -> None:
    """Start Podium with a contest that starts by itself, freezes, ends and thaws within minutes, and then the next one, until Ctrl-C.
    DATABASE_URL and REDIS_URL, if set, are used as by `podium up`."""
    from podium.demo.run import DemoFailed, Wish, run

    try:
        run(Wish(host, port, data, contestants, minutes, once))
    except DemoFailed as error:
        print(f"podium: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
