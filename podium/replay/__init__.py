"""Plays a recorded contest through the real path: an organiser's REST calls on one side, real viewers on real sockets on the other."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    feed: Annotated[Path, typer.Argument(help="A CLICS event feed (NDJSON).")],
    url: Annotated[str, typer.Option(help="Where Podium runs.")] = "http://127.0.0.1:8080",
    data: Annotated[Path, typer.Option(help="The data folder, whose keys let in an organiser.")] = Path(".podium"),
    speed: Annotated[float, typer.Option(min=0.1, max=100_000, help="Contest seconds played in a second.")] = 120,
    viewers: Annotated[int, typer.Option(min=1, max=2000, help="Viewers on sockets, in a process of their own.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, as the last line.")] = False,
) -> None:
    """Play a recorded CLICS event feed into a running Podium, as a rehearsal contest of its own."""
    from podium.replay.run import Replay
    from podium.replay.terminal import ReplayFailed, run

    try:
        run(Replay(feed, url, data, speed, viewers), as_json=as_json)
    except ReplayFailed as error:
        print(f"podium: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
