"""The built pages: `/board/<contest id>`, `/take/<contest id>`, `/manage/...`, `/api/docs/`, `/` where there is a start page, and what
they load from `/assets/`."""

import re
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as At
from starlette.staticfiles import StaticFiles

_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")
"""Vite names a file by its content: such a name never means anything else."""
_FOREVER = "public, max-age=31536000, immutable"

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Podium: pages not built</title>
<h1>The pages are not built</h1><p>Everything else runs. Build them with <code>make setup</code>, or with
<code>python web/build_pages.py</code>, and load this page again.</p></html>"""


def built_pages() -> Path:
    """Where Vite's output lies: `dist` in the package `web`. It need not be there."""
    spec = find_spec("web")
    if spec is None or spec.origin is None:
        return Path("web/dist").absolute()
    return Path(spec.origin).parent / "dist"


def page_policy(frame_ancestors: str) -> str:
    """The Content-Security-Policy of a page: everything from our own origin, logos from anywhere over https, no inline script."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {frame_ancestors}"
    )


def page_routes(dist: Path, frame_ancestors: str) -> list[BaseRoute]:
    """The routes of the pages built into `dist`. A page that is not there is looked for again at each request."""
    files = StaticFiles(directory=dist / "assets", check_dir=False)

    def page(name: str, framed_by: str = "'none'") -> Callable[[Request], Awaitable[Response]]:
        """Only the board is meant to be framed by others: a page with buttons that act must not lie under somebody's invisible frame."""
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": page_policy(framed_by), "Referrer-Policy": "same-origin"}

        async def answer(_: Request) -> Response:
            path = dist / name
            if path.is_file():
                return FileResponse(path, headers=headers)
            if (dist / "board.html").is_file():
                raise HTTPException(404)
            return HTMLResponse(_NOT_BUILT, 503, {"Cache-Control": "no-store", "Retry-After": "30"})

        return answer

    async def asset(request: Request) -> Response:
        path = request.path_params["path"]
        answer = await files.get_response(path, request.scope)
        answer.headers["Cache-Control"] = _FOREVER if _HASHED.search(path) else "no-cache"
        return answer

    board, take, manage, docs = page("board.html", frame_ancestors), page("take.html"), page("manage.html"), page("docs.html")
    return [
        At("/", page("index.html", frame_ancestors)),
        At("/board/{id:uuid}", board),
        At("/board/{id:uuid}/", board),
        At("/take/{id:uuid}", take),
        At("/take/{id:uuid}/", take),
        At("/api/docs", docs),
        At("/api/docs/", docs),
        At("/manage", manage),
        At("/manage/{path:path}", manage),
        At("/assets/{path:path}", asset),
    ]
