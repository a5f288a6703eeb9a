"""Who may speak to the dashboard: the one place that every request and every socket passes first.

In this order: what a proxy says of a visitor is believed or removed; a name that is not this server's is refused, so
that no page elsewhere can point a name of its own here (DNS rebinding); so is an origin that is not the page itself;
on one's own machine so is everybody without the token of the printed address; and more sockets or pages than one
address, or all together, may hold.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import re
import socket
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Self

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecosystem_server.limits import Limits

DOOR_VARIABLE = "ECOSYSTEM_DOOR"
"""Environment variable with the `Rules` that ``ecosystem serve`` was given, as JSON."""

FORWARDED = re.compile(rb"(x-)?forwarded(-.*)?|(x-)?script-name|x-real-ip|x-original-.*")
"""Headers by which a proxy tells of a visitor; anybody else can write them as well."""
PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
SOCKET_PATH = re.compile(r"/jupyter/api/kernels/([A-Za-z0-9-]{8,64})/channels")
SESSION = "solara-session-id"
"""The cookie by which pages are told whose they are."""
SOCKETS = 4
"""How many a page may have: one, and those that a lost connection has not given up yet."""
YEAR = 365 * 24 * 3600

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""On every answer that does not say otherwise; the page has a content policy of its own."""


@dataclass(frozen=True)
class Rules:
    """Who may come in."""

    token: str = ""  # of the printed address; without one, everybody
    hosts: tuple[str, ...] = ()  # names of this server besides those of the machine
    open_to_others: bool = False  # it listens for more than this machine
    root_path: str = ""  # the path below which a proxy serves the page
    trust_proxy: bool = False  # only a proxy reaches the port, and says who the visitor is

    @classmethod
    def in_force(cls) -> Self:
        """Return the rules this server was started with."""
        rules = json.loads(os.environ.get(DOOR_VARIABLE, "{}"))
        return cls(**rules | {"hosts": tuple(rules.get("hosts", ()))})

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token: one a token, as browsers do not tell ports apart."""
        return f"ecosystem-{hashlib.sha256(self.token.encode()).hexdigest()[:8]}"

    def is_token(self, text: str) -> bool:
        """Whether a text is the token, told in the same time for every text."""
        return hmac.compare_digest(text.encode(), self.token.encode())

    def is_host(self, host: str) -> bool:
        """Whether a ``Host`` header names this server, at whatever port.

        An address in numbers needs no name that somebody else could point here: it is refused only where nobody but
        this machine is listened to.
        """
        name = re.sub(r":\d{1,5}$", "", host.lower())
        if name in ("localhost", *self.hosts):
            return True
        try:
            address = ipaddress.ip_address(
                name[1:-1] if name.startswith("[") and name.endswith("]") else name
            )
        except ValueError:
            return self.open_to_others and name in _machine_names()
        return address.is_loopback or self.open_to_others


@dataclass
class Visitor:
    """What is believed of whoever made a request."""

    address: str
    host: str
    scheme: str
    prefix: str


@dataclass
class Door:
    """An ASGI application before another one."""

    app: ASGIApp
    rules: Rules
    limits: Limits
    pages: Callable[[], Mapping[str, str]]  # those that are open, by name, and the session each belongs to
    sockets: Counter[str] = field(default_factory=Counter)  # open now, by page
    opened_by: dict[str, str] = field(default_factory=dict)  # the address that opened a page, by its name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        visitor = self._visitor(scope)
        scope = _seen_by_the_page(scope, visitor)
        guarded = _with_headers(send) if scope["type"] == "http" else send
        refusal = self._refusal(scope, visitor)
        if refusal is not None:
            if scope["type"] == "http":
                await refusal(scope, receive, guarded)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        elif scope["type"] == "http":
            await self.app(scope, receive, guarded)
        else:
            await self._socket(scope, receive, send, visitor)

    def _visitor(self, scope: Scope) -> Visitor:
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        secure = scope["scheme"] in ("https", "wss")
        host, scheme, prefix = headers.get("host", ""), "https" if secure else "http", self.rules.root_path
        if self.rules.trust_proxy:
            # A proxy adds to the right of what a visitor wrote.
            address = _last(headers, "x-forwarded-for") or address
            host = _last(headers, "x-forwarded-host") or host
            scheme = "https" if _last(headers, "x-forwarded-proto") == "https" else scheme
            told = (_last(headers, "x-forwarded-prefix") or _last(headers, "x-script-name")).rstrip("/")
            prefix = told if told and PREFIX.fullmatch(told) else prefix
        return Visitor(address, host, scheme, prefix)

    def _refusal(self, scope: Scope, visitor: Visitor) -> Response | None:
        """Return what a request is answered that may not come in."""
        seen = HTTPConnection(scope)
        if len(seen.headers.getlist("host")) != 1 or not self.rules.is_host(visitor.host):
            return PlainTextResponse(
                f"This server is not called {visitor.host[:80]!r}. Open it at localhost or, if that is a name of it, "
                "start it with --allow-host and the name.\n",
                403,
            )
        own = re.compile("https?://" + re.escape(visitor.host), re.IGNORECASE)
        if not all(own.fullmatch(origin) for origin in seen.headers.getlist("origin")):
            return PlainTextResponse("Pages of other sites may not speak to this server.\n", 403)
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Only GET, HEAD and POST are answered.\n", 405)
        cookie = seen.cookies.get(self.rules.cookie, "")
        if not self.rules.token or scope["path"] == "/readyz" or self.rules.is_token(cookie):
            return None
        return self._by_token(scope, visitor) or PlainTextResponse(
            "Open the address that `ecosystem serve` printed: it has a token, which this browser needs once.\n",
            403,
        )

    def _by_token(self, scope: Scope, visitor: Visitor) -> Response | None:
        """Return the way to the page without the token in its address, and with a cookie, for who has the token."""
        items = scope["query_string"].decode("latin-1").split("&")
        tokens = [item.partition("=")[2] for item in items if item.startswith("token=")]
        if scope["type"] != "http" or scope["path"] != "/" or not any(map(self.rules.is_token, tokens)):
            return None
        rest = "&".join(item for item in items if not item.startswith("token="))
        answer = RedirectResponse(f"{visitor.prefix}/" + (f"?{rest}" if rest else ""), 303)
        keep_cookie(answer, self.rules.cookie, self.rules.token, visitor.prefix, visitor.scheme)
        return answer

    async def _socket(self, scope: Scope, receive: Receive, send: Send, visitor: Visitor) -> None:
        path = SOCKET_PATH.fullmatch(scope["path"])
        asked, pages = HTTPConnection(scope), self.pages()
        session = asked.cookies.get(SESSION, "")
        if (
            path is None
            or not re.fullmatch(r"[A-Za-z0-9-]{8,64}", asked.query_params.get("session_id", ""))
            or pages.get(path[1], session) != session
        ):
            await send({"type": "websocket.close", "code": 1008, "reason": "no page of this visitor"})
            return
        if full := self._full(path[1], visitor.address, pages):
            await receive()  # the handshake, which is completed so that the browser is told why
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1013, "reason": full})
            return
        self.opened_by[path[1]] = visitor.address
        self.sockets[path[1]] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.sockets[path[1]] -= 1

    def _full(self, page: str, address: str, alive: Collection[str]) -> str:
        """Return why a page gets no socket, or no further one; empty if it does."""
        self.sockets = +self.sockets  # those that are open
        self.opened_by = {
            name: by for name, by in self.opened_by.items() if name in alive or name in self.sockets
        }
        pages = [by for name, by in self.opened_by.items() if name != page]
        if len(pages) >= self.limits.pages or pages.count(address) >= self.limits.pages_each:
            most = f"{self.limits.pages} pages at most, {self.limits.pages_each} from one address"
            return f"This server holds {most}; try again later."
        return "This page has enough sockets." if self.sockets[page] >= SOCKETS else ""


def keep_cookie(answer: Response, name: str, value: str, prefix: str, scheme: str) -> None:
    """Let a browser keep a cookie of the page, and no cache the answer."""
    # Strict would keep a link in somebody's notes from opening the page.
    answer.set_cookie(
        name, value, YEAR, path=f"{prefix}/", secure=scheme == "https", httponly=True, samesite="lax"
    )
    answer.headers["cache-control"] = "no-store"


def _machine_names() -> Collection[str]:
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return (name, short, f"{short}.local")


def _last(headers: Headers, name: str) -> str:
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()


def _seen_by_the_page(scope: Scope, visitor: Visitor) -> Scope:
    """Return a request as the page is to see it: at its own path, and without what is not believed."""
    path = scope["path"]
    if visitor.prefix and (path + "/").startswith(visitor.prefix + "/"):
        path = path[len(visitor.prefix) :] or "/"
    headers = [(name, value) for name, value in scope["headers"] if not FORWARDED.fullmatch(name.lower())]
    return {
        **scope,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "headers": headers,
        "client": (visitor.address, 0),
        "scheme": visitor.scheme if scope["type"] == "http" else scope["scheme"],
        "prefix": visitor.prefix,
    }


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return guarded
