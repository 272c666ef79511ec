"""Makes the secrets that docker-compose.yml hands to the containers: passwords, addresses that hold them, keys; to each only its own.

The folder itself is closed (0700). The files in it are readable by all (0444), because a container sees only the file that is mounted
into it and reads it with a uid of its own.
"""

import secrets
import shutil
import tempfile
from pathlib import Path

from contest.keys import make_keys

POSTGRES_AT = "postgres:5432"
VALKEY_AT = "valkey:6379"
NODE_KEYS = ("ticket-*.key", "access-*.pub.pem")
"""A process that is taken over can verify everybody and mint a ticket, but no organiser: only admin has the private key."""


def make_secrets(folder: Path) -> None:
    """Fill `folder`, which must not be there yet. Raises FileExistsError: changing passwords under a running database would lock it out."""
    folder.mkdir(mode=0o700, parents=True)
    postgres, valkey = secrets.token_hex(24), secrets.token_hex(24)
    _write(folder / "postgres_password", postgres)
    _write(folder / "database_url", f"postgresql://podium:{postgres}@{POSTGRES_AT}/podium")
    _write(folder / "redis_url", f"redis://:{valkey}@{VALKEY_AT}/0")
    _write(folder / "valkey.conf", _valkey_settings(valkey))
    with tempfile.TemporaryDirectory() as made:
        make_keys(Path(made))
        _copy(Path(made), folder / "keys", ("*",))
        _copy(Path(made), folder / "node-keys", NODE_KEYS)
        _copy(Path(made), folder / "public-keys", ("access-*.pub.pem",))


def _valkey_settings(password: str) -> str:
    return (
        f"bind 0.0.0.0\nrequirepass {password}\ndir /data\nappendonly yes\nappendfsync everysec\nsave 900 1\n"
        "client-output-buffer-limit pubsub 256mb 64mb 30\n"
    )  # fmt: skip


def _copy(made: Path, to: Path, patterns: tuple[str, ...]) -> None:
    to.mkdir()
    to.chmod(0o755)  # whatever the umask: who runs in a container is not who made them
    for pattern in patterns:
        for path in made.glob(pattern):
            shutil.copyfile(path, to / path.name)
            (to / path.name).chmod(0o444)


def _write(path: Path, content: str) -> None:
    path.write_text(content + "\n")
    path.chmod(0o444)
