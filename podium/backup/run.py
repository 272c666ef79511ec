"""Makes a backup of a Podium that runs, and a Podium of a backup: which database, which folders, in which order, shown as it goes."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from contest.wire.times import rfc3339
from podium.backup import archive, database
from podium.backup.archive import BrokenBackup, Manifest
from podium.backup.database import DatabaseFailed
from podium.data_folder import DataFolder, FolderInUse, open_folder
from podium.embedded import PG_DATABASE, PG_USER, start_postgres
from podium.ports import free_ports
from podium.run_file import NotRunning, read_run_file
from podium.servers import NotReady, make_database, postgres_answers, wait_until

KEPT = ("keys", "files")
"""Folders of the data folder that are kept beside the database. Passwords are not: a new folder makes its own."""
WITHIN_S = 60.0


class BackupFailed(Exception):  # noqa: N818 - a fact for the person at the terminal
    """It cannot be done; the message says why, and nothing was left half made."""


_REASONS = (BrokenBackup, DatabaseFailed, FolderInUse, NotReady, NotRunning, OSError, asyncpg.PostgresError)


def backup(data: Path, target: Path, database_url: str | None) -> Manifest:
    """`target` from the database (of `database_url`, else the one that runs on the folder `data`) and the keys and files in the folder.

    First the database, then the files: a file that a row names was there before the row. Raises BackupFailed.
    """
    with _told(), _bar() as bar, tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=".podium-backup-") as place:
        url = database_url or read_run_file(data).database_url
        schema = asyncio.run(database.schema_of(url))
        if schema is None:
            raise BackupFailed("the database is empty: there is nothing to back up")
        dumped, task = Path(place) / archive.DUMP, bar.add_task("reading the database", total=None)
        made_at = str(rfc3339(datetime.now(UTC)))
        database.dump(url, dumped, lambda: bar.update(task, completed=dumped.stat().st_size if dumped.exists() else 0))
        members = {archive.DUMP: dumped, **dict(archive.parts_of(data.resolve(), KEPT))}
        bar.remove_task(task)
        task = bar.add_task("writing", total=sum(path.stat().st_size for path in members.values()))
        return archive.write(target, made_at, schema, members, lambda _, size: bar.update(task, advance=size))


def restore(source: Path, data: Path, database_url: str | None) -> Manifest:
    """A data folder of `source`, ready for `podium up`; with `database_url`, the rows go into that empty database. Raises BackupFailed."""
    with _told(), _bar() as bar:
        manifest = archive.read_manifest(source)
        if (data / "postgres").exists() or (data / "run.json").exists():
            raise BackupFailed(f"{data.resolve()} is in use already: restore into a new folder, then start podium on that")
        with open_folder(data) as folder, _removed_after(folder.path / ".restoring") as place:
            task = bar.add_task("reading", total=sum(part.size_bytes for part in manifest.parts.values()))
            archive.unpack(source, place, manifest, lambda _, size: bar.update(task, advance=size))
            task = bar.add_task("filling the database", total=None)
            if database_url:
                _fill(database_url, place / archive.DUMP, bar)
            else:
                _fill_own(folder, place / archive.DUMP, bar)
            bar.update(task, total=1, completed=1)
            _take_over(place, folder)
        return manifest


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except _REASONS as error:
        raise BackupFailed(str(error) or type(error).__name__) from error


def _bar() -> Bar:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    return Bar(*columns, console=Console(stderr=True, highlight=False))


@contextlib.contextmanager
def _removed_after(place: Path) -> Iterator[Path]:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _fill(database_url: str, dumped: Path, bar: Bar) -> None:
    asyncio.run(make_database(database_url))
    if not asyncio.run(database.is_empty(database_url)):
        raise BackupFailed("the database is not empty: restore into one that is")
    database.restore(database_url, dumped, bar.refresh)


def _fill_own(folder: DataFolder, dumped: Path, bar: Bar) -> None:
    """A server of our own over the folder, for as long as this takes. What was begun and not finished is removed."""
    port, password = free_ports(1)[0], folder.password("postgres")
    server = start_postgres(folder.path, port, password, folder.logs / "restore.log")
    try:
        url = f"postgresql://{PG_USER}:{password}@127.0.0.1:{port}/{PG_DATABASE}"
        asyncio.run(wait_until("PostgreSQL", lambda: postgres_answers(url), lambda: None, WITHIN_S))
        _fill(url, dumped, bar)
        server.send_signal(signal.SIGINT)
        server.wait(WITHIN_S)
    except BaseException:
        server.kill()
        server.wait()
        shutil.rmtree(folder.path / "postgres", ignore_errors=True)
        raise


def _take_over(place: Path, folder: DataFolder) -> None:
    """The keys in place of those that a new folder makes for itself; tokens that were given out stay good."""
    for name in KEPT:
        if (place / name).is_dir():
            shutil.rmtree(folder.path / name, ignore_errors=True)
            (place / name).rename(folder.path / name)
