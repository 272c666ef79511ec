"""The two cookies in which pages keep access tokens: the staff's, sent to the administration alone, and the contestant's."""

from collections.abc import Mapping

STAFF, CONTESTANT = "podium_staff", "podium_contestant"
STAFF_PATH, CONTESTANT_PATH = "/api/v1/admin/", "/api/v1/"


def name_on(path: str) -> str:
    """The cookie that counts on `path`: never both, so that an organiser who tries the contest as a contestant stays two people."""
    return STAFF if path.startswith(STAFF_PATH) else CONTESTANT


def kept(name: str, token: str, ttl_s: int, *, secure: bool) -> Mapping[str, str]:
    """The header that keeps `token` in the browser: out of reach of scripts, and never sent along from another site."""
    return _header(name, token, ttl_s, secure)


def forgotten(name: str, *, secure: bool) -> Mapping[str, str]:
    return _header(name, "", 0, secure)


def _header(name: str, value: str, ttl_s: int, secure: bool) -> Mapping[str, str]:
    path = STAFF_PATH if name == STAFF else CONTESTANT_PATH
    flags = f"Path={path}; Max-Age={ttl_s}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
    return {"Set-Cookie": f"{name}={value}; {flags}"}


def read(header: str, path: str) -> str | None:
    """The token that a Cookie header brings for `path`; None: there is none."""
    wanted = name_on(path)
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted and value:
            return value
    return None
