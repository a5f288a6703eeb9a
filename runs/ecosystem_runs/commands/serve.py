"""``ecosystem serve``: the dashboard, in a browser."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import threading
import warnings
import webbrowser
from typing import Annotated, Any

import typer

from ecosystem_runs.commands.options import whole_number

APP = "ecosystem_server.app"
"""What Solara is told to serve, by name: `runs` imports nothing of `server`."""

NO_HOST = "--host is {!r}, which is no address of this machine; give 127.0.0.1, or 0.0.0.0 to let others in"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="Port to listen on; 0 takes any free one.", callback=whole_number("--port", 0, 65535)
        ),
    ] = 8765,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Whether to open a browser.")] = True,
    public: Annotated[
        bool, typer.Option("--public", help="Limit populations, speed, uploads and how many pages are open.")
    ] = False,
    plugins: Annotated[
        list[str] | None,
        typer.Option(
            "--plugin", metavar="NAME", help="A plug-in to offer, such as mine.py:Quota; repeatable."
        ),
    ] = None,
) -> None:
    """Open the dashboard: worlds live in a browser page, on this machine alone unless told otherwise."""
    offered = _checked(plugins or [])
    listener = _listen(host, port)
    url = _address(listener)
    _settle(public, offered)
    # Whoever stops it wants it to end well: uvicorn raises the signal once more after its shutdown.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)

    # Solara's nine lines about cookies in frames of other sites, on the first visit; nobody frames this page.
    warnings.filterwarnings("ignore", "Cookies with samesite=none require https", UserWarning)

    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            typer.echo(f"Creator Ecosystem is at {url} (Ctrl-C ends it)", err=True)
            if open_page:
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    config: Any = uvicorn.Config(
        "solara.server.starlette:app",
        log_level="error",
        access_log=False,
        loop="asyncio",
        # Frames are floats that hardly shrink: deflating them would cost more than everything else.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    Server(config).run(sockets=[listener])
    # Pages that are still connected hold threads of Solara's, which have nothing left to do.
    os._exit(0)


def _listen(host: str, port: int) -> socket.socket:
    from ecosystem_agents.inputs.checks import BadInput

    try:
        # What create_server raises does not tell a wrong name apart. IPv4 comes first where a name has both.
        family, *_, address = min(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM))
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        listener = socket.create_server(address, family=family, dualstack_ipv6=both)
    except (socket.gaierror, UnicodeError):
        raise BadInput(NO_HOST.format(host)) from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise BadInput(NO_HOST.format(host)) from None
        why = os.strerror(error.errno) if error.errno else error  # its own text names the address once more
        raise BadInput(f"port {port} at host {host!r} cannot be used ({why}); give another --port") from None
    # Connections inherit it. Without, frames wait for the browser's delayed acknowledgements, 40 ms at a time:
    # asyncio sees to it only for sockets it made itself.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket) -> str:
    """Return what a browser of this machine is pointed at."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _checked(plugins: list[str]) -> dict[str, list[str]]:
    """Check plug-ins; return them by kind. Visitors may then name these, and no others."""
    offered: dict[str, list[str]] = {}
    if plugins:
        from ecosystem.testing import check_plugin

        for text in plugins:
            offered.setdefault(check_plugin(text), []).append(text)
    return offered


def _settle(public: bool, offered: dict[str, list[str]]) -> None:
    """Tell Solara what to serve: in production mode, with nothing fetched from or reported to the internet."""
    os.environ.update(
        SOLARA_APP=APP,
        SOLARA_MODE="production",
        SOLARA_TELEMETRY_MIXPANEL_ENABLE="false",
        SOLARA_ASSETS_FONTAWESOME_ENABLED="false",
        SOLARA_THEME_SHOW_BANNER="false",
        ECOSYSTEM_PLUGINS=json.dumps(offered),
        # A browser that vanished without a word gives its world back after this.
        SOLARA_KERNEL_CULL_TIMEOUT="2m",
    )
    if public:
        os.environ["ECOSYSTEM_PUBLIC"] = "1"
        os.environ["SOLARA_KERNEL_MAX_PER_SESSION"] = "8"
    else:
        os.environ.pop("ECOSYSTEM_PUBLIC", None)
