"""What a running `podium up` leaves in its data folder for the other commands: addresses, ports and process ids.

It holds passwords inside the URLs, so it is 0600 like every file there. It is rewritten when a process comes back with another id.
"""

from pathlib import Path

import msgspec

from podium.data_folder import DataFolder, write_private


class RunningService(msgspec.Struct, frozen=True):
    """One supervised process. `pid` 0: it is down right now. `port` 0: it listens nowhere."""

    pid: int
    port: int = 0


class RunFile(msgspec.Struct, frozen=True):
    """`url`: the public address. `supervisor_pid`: the `podium up` itself. `services` by name: postgres, valkey, gateway, engine, ..."""

    url: str
    supervisor_pid: int
    database_url: str
    redis_url: str
    prefix: str
    keys: str
    services: dict[str, RunningService]

    def write(self, folder: DataFolder) -> None:
        write_private(folder.run_file, msgspec.json.format(msgspec.json.encode(self), indent=1).decode())


class NotRunning(Exception):  # noqa: N818 - a fact for the person at the terminal
    """No podium has run on this folder."""


def read_run_file(data: Path) -> RunFile:
    """The run file of the folder `data`; it is there after a stop as well. Raises NotRunning if there is none or it cannot be read."""
    try:
        return msgspec.json.decode((data / "run.json").read_bytes(), type=RunFile)
    except FileNotFoundError:
        raise NotRunning(f"nothing has run on {data.resolve()} yet: start it with `podium up --data {data}`") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise NotRunning(f"{data / 'run.json'} cannot be read: {error}") from None
