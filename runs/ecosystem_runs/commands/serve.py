"""``ecosystem serve``: the dashboard, in a browser."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import threading
import webbrowser
from ipaddress import ip_address
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import typer

from ecosystem_runs.commands.options import whole_number
from ecosystem_runs.own_token import own_token

APP = "ecosystem_server.app"
SERVED = "ecosystem_server.hardened:app"
"""What Solara is told to show, and what is served around it, by name: `runs` imports nothing of `server`."""

MOST_CONNECTIONS = 600  # below the 1024 files that a process may usually have open
SILENT_TICKS = 200  # of .1 s

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
        bool,
        typer.Option(
            "--public",
            help="Let everybody in, without a token; limit populations, speed, uploads and how many pages are open.",
        ),
    ] = False,
    plugins: Annotated[
        list[str] | None,
        typer.Option(
            "--plugin", metavar="NAME", help="A plug-in to offer, such as mine.py:Quota; repeatable."
        ),
    ] = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A name this server is opened by, such as lab.example; repeatable.",
        ),
    ] = None,
    root_path: Annotated[
        str, typer.Option(help="Path below which a proxy serves the page, such as /creators.")
    ] = "",
    trust_proxy: Annotated[
        bool,
        typer.Option(
            "--trust-proxy", help="Believe a proxy's X-Forwarded headers: only it may reach the port."
        ),
    ] = False,
) -> None:
    """Open the dashboard: worlds live in a browser page, on this machine alone unless told otherwise."""
    offered = _checked(plugins or [])
    door: dict[str, object] = {
        "hosts": [*map(_host_name, hosts or ()), host.lower()],
        "root_path": _root_path(root_path),
        "trust_proxy": trust_proxy,
    }
    listener = _listen(host, port)
    url = f"{_address(listener)}{door['root_path']}"
    door["open_to_others"] = not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback
    if not public:
        door["token"] = own_token()
        url += f"/?token={door['token']}"
    _settle(public, offered, door)
    # Whoever stops it wants it to end well: uvicorn raises the signal once more after its shutdown.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup ignores it
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))

    import uvicorn

    silent: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            typer.echo(f"Creator Ecosystem is at {url} (Ctrl-C ends it)", err=True)
            if open_page:
                threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

        async def on_tick(self, counter: int) -> bool:
            # uvicorn itself waits for ever for the first request of whoever has connected.
            for connection in list(self.server_state.connections):
                if getattr(connection, "cycle", connection) is None:
                    since = silent.setdefault(connection, counter)
                    if counter - since > SILENT_TICKS and connection.transport is not None:
                        connection.transport.close()
            return await super().on_tick(counter)

    config: Any = uvicorn.Config(
        SERVED,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # they are believed or not in one place, which is the door
        limit_concurrency=MOST_CONNECTIONS,
        loop="asyncio",
        http="h11",  # it bounds headers, where httptools would not
        # Frames are floats that hardly shrink: deflating them would cost more than everything else.
        ws_per_message_deflate=False,
        ws="ecosystem_server.guards.sockets:Socket",
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


def _host_name(name: str) -> str:
    from ecosystem_agents.inputs.checks import BadInput

    if not re.fullmatch(r"[\w.-]+|\[?[0-9a-fA-F:.]+(%\w+)?\]?", name):
        raise BadInput(
            f"--allow-host is {name!r}; give a name alone, such as lab.example, without http:// and port"
        )
    return name.lower()


def _root_path(path: str) -> str:
    from ecosystem_agents.inputs.checks import BadInput

    if not re.fullmatch(r"((/[\w~-][\w.~-]*)*)/?", path, re.ASCII):
        raise BadInput(f"--root-path is {path!r}; give a path such as /creators")
    return path.rstrip("/")


def _settle(public: bool, offered: dict[str, list[str]], door: dict[str, object]) -> None:
    """Tell Solara what to serve: in production mode, with nothing fetched from or reported to the internet."""
    os.environ.update(
        SOLARA_APP=APP,
        SOLARA_MODE="production",
        SOLARA_TELEMETRY_MIXPANEL_ENABLE="false",
        SOLARA_ASSETS_FONTAWESOME_ENABLED="false",
        SOLARA_THEME_SHOW_BANNER="false",
        # After a restart of the server the page opens anew by itself; its address holds the whole setting.
        SOLARA_THEME_FORCE_REFRESH="true",
        # Solara's own route to its assets fetches, keeps and removes them.
        SOLARA_ASSETS_PROXY="false",
        ECOSYSTEM_PLUGINS=json.dumps(offered),
        ECOSYSTEM_DOOR=json.dumps(door),
        # A browser that vanished without a word gives its world back after this.
        SOLARA_KERNEL_CULL_TIMEOUT="2m",
    )
    if public:
        os.environ["ECOSYSTEM_PUBLIC"] = "1"
        os.environ["SOLARA_KERNEL_MAX_PER_SESSION"] = "8"
    else:
        os.environ.pop("ECOSYSTEM_PUBLIC", None)
