"""Who may use a web server, checked before any page of it sees a request.

A browser lets any page of any site send requests to any server, also to one on its own machine. So
a request has to name this machine as its host (a site can have its own name resolve to this
machine: DNS rebinding), what changes something has to come from this server's own pages, and where
other machines can connect, each request has to know the token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livepose.system.access_tokens import is_same_token
from livepose.system.origins import OriginRule

MAX_BODY_BYTES = 1 << 16
_SAFE_METHODS = ("GET", "HEAD")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_HOW_TO_ENTER = (
    "This page needs its token: open the full address, with ?token=..., that livepose has printed "
    "in its terminal.\n"
)
_FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Access:
    """An ASGI application around another one, which gets those requests only that may be served."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        token: str = "",
        is_encrypted: bool = False,
        allowed_origins: Sequence[str] = (),
    ) -> None:
        """Wrap an application.

        Args:
            app: What serves the pages.
            host: Where the server listens.
            port: Its port: cookies are the same for all ports of a host, and are named by it.
            token: What clients need to know; empty if they need nothing.
            is_encrypted: Whether the server speaks HTTPS.
            allowed_origins: Whose hosts this server may be asked for by, as behind a proxy.
        """
        self._app = app
        self._token = token
        self._is_encrypted = is_encrypted
        self._rule = OriginRule(host, allowed_origins)
        self._cookie = f"livepose_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        host = headers.get("host", "") if refusal is None else ""

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(self._headers(host))
            await send(message)

        app = self._app if refusal is None else refusal
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to a request that is not passed on, and None for one that is."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            return _refused(400, "A request names one host.\n")
        if not self._rule.is_own_host(hosts[0]):
            return _refused(403, "This is not the host that was asked for.\n")
        is_safe = scope["type"] == "http" and scope["method"] in _SAFE_METHODS
        if not is_safe and not self._is_own_origin(headers.getlist("origin"), hosts[0]):
            return _refused(403, "Only this server's own pages may do that.\n")
        if has_large_body(headers):
            return _refused(413, "This request is too large.\n")
        return self._token_refusal(scope, headers) if self._token else None

    def _is_own_origin(self, origins: Sequence[str], host: str) -> bool:
        """Return whether a request comes from a page that this server has served."""
        if len(origins) != 1:
            return False
        try:
            parts = urlsplit(origins[0].lower())
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc == host.lower()

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the answer to a request that is not passed on for its token.

        With the token in its address, a browser is told to come again with a cookie, so that the
        token does not stay in the browser's history.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = query.pop("token", [])
        if given:
            if not is_same_token(given[0], self._token):
                return _refused(401, _HOW_TO_ENTER)
            if scope["type"] == "websocket":
                return None
            return self._with_cookie(scope["path"], urlencode(query, doseq=True))
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        known = bearer.strip() if scheme.lower() == "bearer" else self._cookie_of(headers)
        return None if is_same_token(known, self._token) else _refused(401, _HOW_TO_ENTER)

    def _cookie_of(self, headers: Headers) -> str:
        return cookie_parser(headers.get("cookie", "")).get(self._cookie, "")

    def _with_cookie(self, path: str, query: str) -> Response:
        # A path with two slashes would be another host.
        place = "/" + path.lstrip("/\\") + (f"?{query}" if query else "")
        answer = RedirectResponse(place, status_code=303)
        answer.set_cookie(
            self._cookie, self._token, httponly=True, samesite="lax", secure=self._is_encrypted
        )
        return answer

    def _headers(self, host: str) -> dict[str, str]:
        """Return the headers of every answer; older Safaris need WebSockets named."""
        socket = f" {'wss' if self._is_encrypted else 'ws'}://{host}" if host else ""
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
            f"media-src 'self' blob:; connect-src 'self'{socket}; manifest-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return {**_FIXED_HEADERS, "Content-Security-Policy": policy}


def has_large_body(headers: Headers) -> bool:
    """Return whether a request has a body that is too large, or of unknown length."""
    if "transfer-encoding" in headers:
        return True
    length = headers.get("content-length", "0")
    return not length.isdigit() or int(length) > MAX_BODY_BYTES


def _refused(status: int, text: str) -> Response:
    headers = {"Connection": "close"}  # what else it sends is not read
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return PlainTextResponse(text, status, headers)
