"""The data folder: its lock, what it remembers, who may read it, what it makes of a killed run."""

import functools
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from podium.data_folder import DataFolder, FolderInUse, is_in_use, open_folder, write_private
from podium.leftovers import end_leftovers, forget_foreign_postmaster, works_in
from podium.run_file import NotRunning, RunFile, RunningService, read_run_file

pytestmark = pytest.mark.anyio


def test_one_at_a_time(tmp_path: Path) -> None:
    assert not is_in_use(tmp_path)
    with open_folder(tmp_path):
        assert is_in_use(tmp_path)
        with pytest.raises(FolderInUse), open_folder(tmp_path):
            pass
    assert not is_in_use(tmp_path)


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "letter.txt").write_text("dear all")
    with pytest.raises(FileExistsError, match="choose another"), open_folder(shared):
        pass
    assert shared.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in shared.iterdir()] == ["letter.txt"]


def test_an_open_folder_is_closed_to_others(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with open_folder(shared) as folder:
        folder.password("postgres")
        modes = {path.stat().st_mode & 0o077 for path in [shared, *shared.rglob("*")]}
    assert modes == {0}


def test_passwords_and_ports_are_remembered(tmp_path: Path) -> None:
    with open_folder(tmp_path) as folder:
        password, ports = folder.password("valkey"), folder.ports(["a", "b"])
    with open_folder(tmp_path) as folder:
        assert folder.password("valkey") == password
        assert folder.ports(["b", "a"]) == ports
    assert all(port < 32_768 for port in ports.values())


def test_a_port_that_is_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    before = folder.ports(["a", "b"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", before["a"]))
        other.listen()
        after = folder.ports(["a", "b"])
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]


def test_a_write_that_was_cut_does_not_stand_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".x.new").write_text("hal")
    write_private(tmp_path / "x", "whole")
    assert (tmp_path / "x").read_text() == "whole"


def test_the_run_file_comes_back_as_it_was(tmp_path: Path) -> None:
    run = RunFile("http://x", 1, "postgresql://x", "redis://x", "p", "/keys", {"engine": RunningService(2, 3)})
    run.write(DataFolder(tmp_path))
    assert read_run_file(tmp_path) == run
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, "", "{}", '{"url": 1}'])
def test_a_run_file_that_does_not_do_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(NotRunning):
        read_run_file(tmp_path)


def sleeper_in(folder: Path) -> "subprocess.Popen[bytes]":
    """It dies of SIGINT, also where the tests themselves run in the background of a shell, which ignores it there."""
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(["/bin/sleep", "60"], cwd=folder, preexec_fn=heed)


def test_the_note_of_another_processes_number_is_removed(tmp_path: Path) -> None:
    """PostgreSQL would see its own user's living process and refuse to start for ever."""
    note = tmp_path / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{tmp_path}\n")
    forget_foreign_postmaster(tmp_path)
    assert not note.exists()


def test_the_note_of_a_postgres_that_lives_here_stays(tmp_path: Path) -> None:
    sleeper = sleeper_in(tmp_path)
    try:
        (tmp_path / "postmaster.pid").write_text(f"{sleeper.pid}\n")
        forget_foreign_postmaster(tmp_path)
        assert (tmp_path / "postmaster.pid").exists()
    finally:
        sleeper.kill()
        sleeper.wait()


async def test_servers_of_a_killed_run_are_ended_first(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "valkey").mkdir()
    inside, outside = sleeper_in(tmp_path / "valkey"), sleeper_in(Path("/"))
    services = {"valkey": RunningService(inside.pid), "engine": RunningService(outside.pid), "relay": RunningService(0)}
    RunFile("", 1, "", "", "", "", services).write(folder)
    try:
        assert works_in(inside.pid, tmp_path)
        await end_leftovers(folder)
        assert inside.wait(5) == -signal.SIGINT
        assert outside.poll() is None
    finally:
        for process in (inside, outside):
            process.kill()
            process.wait()
