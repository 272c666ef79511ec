"""The object store: a local folder, or any that obstore knows by its URL (S3, say). PostgreSQL knows what is in it; here are bytes."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from contest.errors import Refusal, not_found, overloaded

SCHEMES = ("file", "s3", "gs", "az")
WITHIN = "8s"
"""For one try: whoever sends a file waits, and holds a connection to PostgreSQL meanwhile."""


class Files:
    """Where `url` points. Holds no state but the store's connections."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "file":
            self._store = LocalStore(prefix=Path(unquote(parts.path)), mkdir=True)
        else:
            self._store = from_url(url, client_options={"timeout": WITHIN})  # type: ignore[assignment]

    async def put(self, path: str, content: bytes) -> None:
        """Keep `content`; nothing is ever written over. Raises Refusal 503: the store is away."""
        try:
            await obstore.put_async(self._store, path, content, mode="create")
        except (BaseError, OSError) as error:
            raise overloaded("Files cannot be kept at the moment; try again soon.", 5) from error

    async def get(self, path: str) -> bytes:
        """Raises Refusal 404 (it is gone), 503 (the store is away)."""
        try:
            found = await obstore.get_async(self._store, path)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise not_found("file") from None
        except (BaseError, OSError) as error:
            raise overloaded("Files cannot be read at the moment; try again soon.", 5) from error


def needed(files: Files | None) -> Files:
    """Raises Refusal 409: this installation keeps no files."""
    if files is None:
        raise Refusal(409, "file.not_kept", "This installation keeps no files: FILES_URL is not set.")
    return files


def checked_url(text: str) -> str:
    """`text`, if a store can be at it. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in SCHEMES or (parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/"))):
        raise ValueError
    return text


WHAT = "a URL beginning with file:///, s3://, gs:// or az://"
