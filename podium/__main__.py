"""The command line. Each command imports what it needs when it is called, so that `podium --help` is quick."""

import asyncio
import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import UUID

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Live contests and exams in real time.")

Data = Annotated[Path, typer.Option("--data", help="The data folder: databases, keys, passwords, logs.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The one public port.")]
Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
keys = typer.Typer(no_args_is_help=True, help="The keys that tokens and tickets are signed with; they rotate while everything runs on.")
app.add_typer(keys, name="keys")
HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.callback()
def podium() -> None:
    """What all commands have in common: whatever they write is for its owner alone. (Without this, typer makes a single command the
    program itself.)"""
    os.umask(0o077)


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

    try:
        until_stopped(serve(Settings(data, port, host, ws_nodes, verbose).with_servers(os.environ)))
    except (FolderInUse, FileExistsError, CannotStart) as error:
        _end(str(error), 2)
    except (NotReady, OSError) as error:
        _end(str(error), 1)


@app.command()
def token(
    role: Annotated[str, typer.Option(help="viewer, contestant, proctor, grader, organiser or operator.")],
    contest: Annotated[UUID | None, typer.Option(help="The contest it is good for. Without: for all (not for tickets).")] = None,
    user: Annotated[str | None, typer.Option(help="Whose it is. Without: a new id.")] = None,
    participant: Annotated[UUID | None, typer.Option(help="The participant that this user is in the contest.")] = None,
    ttl_s: Annotated[int, typer.Option("--ttl-s", min=1, max=366 * 86_400, help="How long it is good, in seconds.")] = 3600,
    ticket: Annotated[bool, typer.Option("--ticket", help="A ticket for a socket instead of an access token.")] = False,
    data: Data = Path(".podium"),
) -> None:
    """Print an access token, or a ticket, alone on a line."""
    from contest.domain.audience import ROLES
    from contest.tokens import USER_MOST
    from podium import token as minting

    if role not in ROLES:
        _end(f"--role must be one of {', '.join(ROLES)}", 2)
    if user is not None and not (0 < len(user) <= USER_MOST and user.isprintable()):
        _end(f"--user must be 1 to {USER_MOST} printable characters", 2)
    if ticket and contest is None:
        _end("a ticket is for one contest: name it with --contest", 2)
    try:
        print(minting.mint(data / "keys", role, contest, user, participant, ttl_s, ticket))
    except (OSError, ValueError):
        _end(f"there are no keys in {data / 'keys'}: start podium on this folder first, or name another with --data", 2)


@keys.command("list")
def list_keys(data: Data = Path(".podium")) -> None:
    """Say which keys there are, and which of them mint."""
    from podium import keys as rotating

    try:
        for key in rotating.listed(rotating.Folders.of(data)):
            print(f"{key.kind:7} {key.name:17} {'mints and verifies' if key.mints else 'verifies'}")
    except rotating.NoSuchKey as error:
        _end(str(error), 2)


@keys.command("rotate")
def rotate_keys(data: Data = Path(".podium")) -> None:
    """Make new keys and use them from now on. What was signed with the old ones stays good until they are retired."""
    from podium import keys as rotating

    try:
        for made in rotating.rotate(rotating.Folders.of(data)):
            print(f"{made}: mints from now on")
    except rotating.NoSuchKey as error:
        _end(str(error), 2)


@keys.command("retire")
def retire_keys(
    name: Annotated[str, typer.Argument(help="The name, as `podium keys list` shows it.")], data: Data = Path(".podium")
) -> None:
    """Take keys out: within seconds nothing that they signed is good any more."""
    from podium import keys as rotating

    try:
        for gone in rotating.retire(rotating.Folders.of(data), name):
            print(f"{gone}: is gone")
    except rotating.NoSuchKey as error:
        _end(str(error), 2)


@app.command()
def migrate(
    data: Data = Path(".podium"),
    first_organiser: Annotated[bool, typer.Option("--first-organiser", help="Then make an organiser where there is none.")] = False,
) -> None:
    """Bring the database to the newest schema: that of DATABASE_URL if set, else the one that runs in the data folder."""
    from contest.store.migrate import migrate as run_migrations
    from podium import first_organiser as first
    from podium.run_file import NotRunning, read_run_file

    try:
        database_url = os.environ.get("DATABASE_URL") or read_run_file(data).database_url
        run_migrations(database_url)
        password = asyncio.run(first.ensure(database_url)) if first_organiser else None
    except NotRunning as error:
        _end(str(error), 2)
    except OSError as error:
        _end(f"the database does not answer: {error}", 1)
    print("The database has the newest schema.")
    if password:
        print(f"The first organiser is made, this is shown once: login {first.LOGIN}, password {password}")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")], data: Data = Path(".podium")
) -> None:
    """Write one file that holds everything that cannot be made again: the database (while it is used), keys, stored files."""
    from podium.backup import run

    try:
        manifest = run.backup(data, target, os.environ.get("DATABASE_URL"))
    except run.BackupFailed as error:
        _end(str(error), 1)
    print(f"{target}: the database as of {manifest.made_at}, {len(manifest.parts) - 1} keys and files. It opens everything: keep it safe.")


@app.command()
def restore(source: Annotated[Path, typer.Argument(help="A file that `podium backup` wrote.")], data: Data = Path(".podium")) -> None:
    """Make a new data folder of a backup; then start podium on it. With DATABASE_URL set the rows go into that empty database."""
    from podium.backup import run

    try:
        manifest = run.restore(source, data, os.environ.get("DATABASE_URL"))
    except run.BackupFailed as error:
        _end(str(error), 1)
    except FileExistsError as error:
        _end(str(error), 2)
    print(f"{data} holds everything as of {manifest.made_at}. Start it: podium up --data {data}")


@app.command("secrets")
def make_secrets(folder: Annotated[Path, typer.Argument(help="Where; it must not be there yet.")]) -> None:
    """Make the passwords and keys that docker-compose.yml hands to the containers."""
    from podium import compose_secrets

    try:
        compose_secrets.make_secrets(folder)
    except FileExistsError:
        _end(f"{folder} is there already; new passwords would lock a running database out", 2)
    print(f"Passwords and keys are in {folder}. Keep it, and keep it to yourself.")


@app.command()
def doctor(data: Annotated[Path | None, typer.Option("--data", help="Also look at what runs in this data folder.")] = None) -> None:
    """Say what is found on this machine, what is missing and what that costs. Exit code 1: something necessary is missing."""
    from podium.doctor import examine, exit_code, show

    findings = examine(data)
    show(findings)
    raise typer.Exit(exit_code(findings))


@app.command(add_help_option=False, context_settings=HANDED_ON)
def replay(context: typer.Context) -> None:
    """Play a recorded CLICS event feed into a running Podium."""
    _hand_on("replay", context)


@app.command(add_help_option=False, context_settings=HANDED_ON)
def demo(context: typer.Context) -> None:
    """Start Podium with a contest that plays itself."""
    _hand_on("demo", context)


@app.command(add_help_option=False, context_settings=HANDED_ON)
def rehearse(context: typer.Context) -> None:
    """Start a Podium of its own, replay a feed with many viewers, check that all of them agree."""
    _hand_on("rehearse", context)


def _hand_on(name: str, context: typer.Context) -> None:
    """Run `podium.<name>.command`, a typer function that is imported only now, with the arguments as they came."""
    command = importlib.import_module(f"podium.{name}").command
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(command)
    alone(args=context.args, prog_name=f"podium {name}")


def _end(message: str, code: int) -> NoReturn:
    print(f"podium: {message}", file=sys.stderr)
    raise typer.Exit(code)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
