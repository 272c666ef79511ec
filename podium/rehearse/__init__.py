"""A dress rehearsal: a Podium of its own, a real feed, many viewers, and an independent judge of what they saw."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    feed: Annotated[Path, typer.Argument(help="A CLICS event feed (NDJSON).")],
    speed: Annotated[float, typer.Option(min=1, max=100_000, help="Contest seconds played in a second.")] = 240,
    viewers: Annotated[int, typer.Option(min=1, max=2000, help="Viewers on sockets, in a process of their own.")] = 50,
    oracle: Annotated[Path | None, typer.Option(help="The independent fold; the one under tests/ if left out.")] = None,
) -> None:
    """Start a Podium of its own, replay a feed with many viewers, check all they saw. Exit code 1: something disagrees."""
    from podium.rehearse.checks import ORACLE
    from podium.rehearse.run import RehearsalFailed, rehearse

    try:
        passed = rehearse(feed, speed, viewers, oracle or ORACLE)
    except RehearsalFailed as error:
        print(f"podium: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if passed else 1)
