"""The dashboard as one application: a page, its socket and its assets behind a `Door`, and no more of Solara's.

Solara's own application also lists a server's resources, fetches, keeps and removes assets, and takes from its first
visitor what it tells all others. Here an answer depends on the request alone, and no route writes or lists.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from uuid import uuid4

from solara import widgets
from solara.server import kernel_context, server, settings, starlette
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute

from ecosystem_server.guards.door import SESSION, Door, Rules, keep_cookie
from ecosystem_server.limits import limits_in_force

ASSETS = "/_solara/cdn"
settings.theme.title = "Creator Ecosystem"  # until the page says so itself
# Solara's own has a misspelt `module.exports`, of which Vue warns in every visitor's console.
widgets.Navigator.template_file = str(Path(__file__).parent / "page" / "navigator.vue")


def policy(nonce: str) -> str:
    """Return the page's content policy: scripts of this server and those in the page itself, none from elsewhere.

    Vue compiles its templates in the browser, which takes 'unsafe-eval'; anywidget imports scripts from a blob.
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval' blob:; connect-src 'self'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def page(request: Request) -> Response:
    """Answer with the page."""
    prefix, nonce = request.scope["prefix"], secrets.token_urlsafe(16)
    content = server.read_root("/", prefix, render_kwargs={"cdn": prefix + ASSETS})
    assert content is not None, "the page's own path is one of its routes"
    answer = HTMLResponse(re.sub(r"<script\b", f'<script nonce="{nonce}"', content))
    answer.headers["content-security-policy"] = policy(nonce)
    session = request.cookies.get(SESSION) or str(uuid4())
    keep_cookie(answer, SESSION, session, prefix, request.url.scheme)
    return answer


def left(request: Request) -> Response:
    """Close what a visitor had open, at the word of its own browser; in a thread, as it waits for the socket's."""
    context = kernel_context.contexts.get(request.path_params["kernel_id"])
    if context is not None and context.session_id == request.cookies.get(SESSION):
        context.page_close(request.query_params.get("session_id", ""))
    return Response()


async def ready(request: Request) -> Response:
    """Say that the server answers."""
    return PlainTextResponse("ok\n")


application = Starlette(
    routes=[
        Route("/", page),
        Route("/readyz", ready),
        WebSocketRoute("/jupyter/api/kernels/{kernel_id}/channels", starlette.kernel_connection),
        Route("/_solara/api/close/{kernel_id}", left, methods=["POST"]),
        Mount(ASSETS, starlette.StaticFilesOptionalAuth(directory=settings.assets.proxy_cache_dir)),
        Mount("/static/assets", starlette.StaticAssets()),
        Mount("/jupyter/nbextensions", starlette.StaticNbFiles()),
        Mount("/static", starlette.StaticFilesOptionalAuth(directory=server.solara_static)),
    ],
    lifespan=starlette.lifespan,
    middleware=[Middleware(starlette.SolaraGZipMiddleware, minimum_size=1000)],
)


def sessions() -> dict[str, str]:
    """Return all open pages by name, and the session each belongs to."""
    return {name: context.session_id for name, context in kernel_context.contexts.copy().items()}


app = Door(application, Rules.in_force(), limits_in_force(), sessions)
