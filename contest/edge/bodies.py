"""Reads a request's body, bounded while it comes in, and decodes it into a struct; whatever is wrong is refused by name."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.requests import Request

from contest.errors import Refusal, wrong_field

LIMIT_BYTES = 1 << 20
DISCARDED_BYTES = 16 << 20
WITHIN_S = 15.0
"""A body that takes longer to arrive (1 MiB at 70 kB/s) is refused with 408: it holds memory meanwhile."""
LARGE_WITHIN_S = 55.0
"""The same where more than 1 MiB is taken: the gateway gives a request a minute."""
SOURCE_LIMIT_BYTES = 256 << 10

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""A name, a title: up to 200 characters."""
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=31_536_000)]
"""Up to a year."""
ContestSeconds = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]
"""A contest time."""
Reason = Annotated[str, msgspec.Meta(max_length=1000)]
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Between these a moment can be moved by years and into every zone; beyond, Python and PostgreSQL do not agree on what there is."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every body begins from: members that are not named are refused."""


B = TypeVar("B", bound=Body)

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_FORM = re.compile(r"^Expected `str` matching regex '\^?(?P<form>.*?)(?:\\\\Z)?'$")
_NAMED = re.compile(r"^Object (?P<how>missing required|contains unknown) field `(?P<name>[^`]*)`")


async def read(request: Request, limit_bytes: int = LIMIT_BYTES, takes: tuple[str, ...] = ()) -> bytes:
    """The whole body. Raises Refusal 413 (over `limit_bytes`), 408 (slow), 415 (it says that it is no JSON, or nothing that is taken)."""
    try:
        async with asyncio.timeout(min(WITHIN_S * max(1, limit_bytes // LIMIT_BYTES), LARGE_WITHIN_S)):
            body = await _whole(request, limit_bytes)
    except TimeoutError:
        raise Refusal(408, "body.too_slow", "The body did not arrive in time.", headers={"Connection": "close"}) from None
    if body and media_type(request) not in (takes or ("application/json",)):
        if takes:
            raise Refusal(415, "body.not_taken", f"The body must be one of: {', '.join(takes)}.")
        raise Refusal(415, "body.not_json", "The body must be application/json.")
    return body


def media_type(request: Request) -> str:
    """What the request says its body is, without parameters; '' if it says nothing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _whole(request: Request, limit_bytes: int) -> bytes:
    """What is too much is read on without being kept, up to DISCARDED_BYTES: an answer sent into an upload is lost with the connection."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes + DISCARDED_BYTES:
            break
        if size > limit_bytes:
            chunks.clear()
        else:
            chunks.append(chunk)
    if size > limit_bytes:
        raise Refusal(413, "body.too_large", f"The body is larger than {limit_bytes >> 20} MiB.", headers={"Connection": "close"})
    return b"".join(chunks)


def decode(raw: bytes, shape: type[B]) -> B:
    """`raw` as `shape`; no body at all is `{}`. Raises Refusal 400 (no JSON) or 422 (a member is wrong, missing or unknown)."""
    try:
        found = msgspec.json.decode(raw or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise _wrong_member(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, "body.malformed", "The body is no JSON.") from None
    if b"\\u0000" in raw:
        for path in _with_nul(msgspec.to_builtins(found), ""):
            raise wrong_field(path, "must not hold the character U+0000")
    for name in found.__struct_fields__:
        value = getattr(found, name)
        if isinstance(value, datetime) and not EARLIEST <= value < LATEST:
            raise wrong_field(name, f"must be from {EARLIEST.year} to {LATEST.year - 1}")
    return found


T = TypeVar("T")


def converted(value: Any, shape: type[T] | Any, field: str) -> T:
    """The decoded JSON `value`, a member of a body named `field`, as `shape`. Raises Refusal 422."""
    try:
        found: T = msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise _wrong_member(str(error), field) from None
    return found


def _wrong_member(text: str, within: str = "") -> Refusal:
    found = _AT.match(text)
    what, path = (found["what"], found["path"] or "") if found else (text, "")
    path = f"{within}.{path}".strip(".") if within else path
    if named := _NAMED.match(what):
        path = f"{path}.{named['name']}" if path else named["name"]
        what = "is missing" if named["how"].startswith("missing") else "is not known here"
    elif form := _FORM.match(what):
        what = f"must have the form {form['form']}"
    return wrong_field(path.replace("[...]", ""), what)


def _with_nul(value: Any, path: str) -> Iterator[str]:
    """PostgreSQL's text cannot hold U+0000."""
    if isinstance(value, str) and "\x00" in value:
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _with_nul(name, path)
            yield from _with_nul(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _with_nul(inner, path)
