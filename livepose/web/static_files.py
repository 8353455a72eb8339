"""The files of the pages, read once: only what is in the package can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}


def static_routes(pages: Mapping[str, str]) -> list[Route]:
    """Return routes to all files of `web/static`, under `/static/`, and to pages.

    Args:
        pages: Which of the files is served at which path, such as `{"/": "viewer.html"}`.
    """
    content = {
        each.name: each.read_bytes()
        for each in files("livepose.web").joinpath("static").iterdir()
        if each.is_file() and _suffix(each.name) in _TYPES
    }

    def answer(name: str) -> Response:
        if name not in content:
            return Response("There is no such page.\n", 404, media_type="text/plain")
        return Response(content[name], headers={"Content-Type": _TYPES[_suffix(name)]})

    # Coroutines: a plain function would run in a thread of a pool.
    async def static_file(request: Request) -> Response:
        return answer(request.path_params["name"])

    async def page(request: Request) -> Response:
        return answer(pages[request.url.path])

    return [Route("/static/{name}", static_file), *(Route(path, page) for path in pages)]


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2]
