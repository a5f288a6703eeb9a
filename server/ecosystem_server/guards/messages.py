"""What a visitor's messages may say: what these pages themselves send, and nothing else.

The widgets of notebooks trust their browser, where whoever writes may run code anyway: a message sets any attribute
of any widget, makes widgets of any class, and to ipyvue names a module to import and what to call in it. Here
browsers are strangers. A message is looked at before Solara sees it, in `Wrapper.receive`: first whether it is
well-formed, without making anything that its bytes do not hold (`read`), or the connection is closed; then whether it
is of a kind that a page sends (`admitted`), or it is left out, with a line in the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import anywidget
import ipyvue
from ipyvue.VueTemplateWidget import Events
from ipywidgets.widgets.widget import Widget
from solara.server import kernel_context, starlette, websocket

from ecosystem_server.guards import log

HEAD = 2**16
"""Bytes of a message besides its buffers, at most."""
BUFFERS = 8
DEEPEST = 20
"""Levels of lists and objects in each other."""
CONTROLS = ("solara.control", "jupyter.widget.control")
"""Channels that browsers open: Solara's to start a page, ipywidgets' for all widgets after a lost connection."""
CHANNELS = 12
"""Of these, how many one page may have; the oldest is closed."""
ASIDE = {"dark_effective": bool, "location": str}
"""Attributes that a browser sets: whether it is dark there, and where one is after going back. Fields send events."""
COSTLY_GAP = 0.25
"""Seconds between messages that make the server build, or send, a whole page."""

_log = logging.getLogger(__name__)


class Malformed(ValueError):
    """What is wrong with a message, for the one who sent it."""


def read(raw: str | bytes) -> dict[str, Any]:
    """Return a message with its ``buffers``, or raise `Malformed`."""
    head, buffers = (raw, []) if isinstance(raw, str) else _parts(raw)
    if len(head) > HEAD:
        raise Malformed(f"a message has {len(head)} characters besides its buffers; at most {HEAD} are taken")
    try:
        message = json.loads(head)
    except (ValueError, RecursionError):
        raise Malformed("a message is no JSON") from None
    if not _sound(message):
        raise Malformed(f"a message is nested deeper than {DEEPEST}, or holds a number or text that is none")
    match message:
        case {"header": dict(header), "content": dict(), "channel": "shell"} if (
            isinstance(raw, bytes) or message.get("buffers") == []  # text for bytes would be anything else
        ):
            # Answers, and frames too, repeat the header of what was heard last.
            if len(header) <= 10 and all(isinstance(one, str) and len(one) <= 100 for one in header.values()):
                return message | {"buffers": buffers}
    raise Malformed("a message lacks header, content or channel, or has other things in their place")


def _parts(raw: bytes) -> tuple[bytes, list[bytes]]:
    """Take a binary message apart: how many parts, where each begins, then the parts."""
    count = int.from_bytes(raw[:4], "big")
    if not 1 <= count <= 1 + BUFFERS or len(raw) < 4 * (count + 1):
        raise Malformed(f"a message says that it has {count} parts; 1 to {1 + BUFFERS} are taken")
    places = [*struct.unpack(f"!{count}I", raw[4 : 4 * (count + 1)]), len(raw)]
    if places[0] != 4 * (count + 1) or places != sorted(places):
        raise Malformed("a message has parts that do not lie one after the other in it")
    head, *buffers = (raw[start:stop] for start, stop in pairwise(places))
    return head, buffers


def _sound(value: Any, depth: int = 0) -> bool:
    """Whether it can be sent on: not too deep, no numbers beyond 64 bits, no halves of characters."""
    match value:
        case dict():
            within = [*value, *value.values()]
        case list():
            within = value
        case str():
            return re.search("[\ud800-\udfff]", value) is None
        case float():
            return math.isfinite(value)
        case int():
            return abs(value) < 2**63
        case _:
            return True
    return depth < DEEPEST and all(_sound(one, depth + 1) for one in within)


def admitted(message: Mapping[str, Any], comms: Mapping[str, Any], widgets: Mapping[str, Any]) -> bool:
    """Whether these pages send such a message, to what is open there: channels and widgets by id."""
    kind, content = message["header"].get("msg_type"), message["content"]
    identity = content.get("comm_id")
    if kind in ("kernel_info_request", "comm_info_request"):
        return isinstance(content.get("target_name", ""), str)
    if not isinstance(identity, str) or len(identity) > 100:
        return False
    if kind == "comm_open":
        return content.get("target_name") in CONTROLS and identity not in comms
    target, widget = getattr(comms.get(identity), "target_name", ""), widgets.get(identity)
    if kind == "comm_close":
        return target in CONTROLS
    if kind != "comm_msg":
        return False
    match target, content.get("data"):
        case "solara.control", {"method": "app-status"}:
            return True
        case "solara.control", {"method": "run", "args": {"path": str(), **more}}:
            themes = more.get("themes") or {}  # colours, of which these pages have their own
            return not more.get("appName") and isinstance(themes, dict) and not any(themes.values())
        case "jupyter.widget.control", {"method": "request_states"}:
            return True
        case "jupyter.widget", {"method": "request_state"}:
            return widget is not None
        case "jupyter.widget", {"method": "update", "state": dict(state), **more}:
            return not more.get("buffer_paths") and all(
                isinstance(value, ASIDE.get(name, ())) for name, value in state.items()
            )
        case "jupyter.widget", {"method": "custom", "content": {"event": str(event)}}:
            return event in _events(widget)
        case "jupyter.widget", {"method": "custom", "content": {"kind": str()}}:
            return isinstance(widget, anywidget.AnyWidget) and not message["buffers"]
    return False


def _events(widget: Any) -> list[str]:
    """Return the names of what a widget listens to."""
    if isinstance(widget, ipyvue.VueTemplate):
        return widget.events or []
    return widget._events if isinstance(widget, ipyvue.VueWidget) else []


class Wrapper(starlette.WebsocketWrapper):
    """Solara's hold on a websocket, which hands on what is admitted."""

    _costly_at = -math.inf

    async def receive(self) -> str | bytes:
        """Return the next message that a page could have sent."""
        while True:
            raw = await super().receive()
            try:
                message = read(raw)
            except Malformed as error:
                _log.warning("a connection was closed: %s", error)
                with suppress(Exception):  # it may be gone already
                    await asyncio.wrap_future(self.portal.start_task_soon(self.ws.close, 1008, str(error)))
                raise websocket.WebSocketDisconnect from None
            context = kernel_context.get_current_context()
            comms = context.kernel.comm_manager.comms if context.kernel else {}
            if not admitted(message, comms, context.widgets):
                _log.warning(
                    "left out a message that no page sends: %.60r", message["header"].get("msg_type")
                )
                continue
            await self._pace(message, comms)
            return raw

    async def _pace(self, message: Mapping[str, Any], comms: dict[str, Any]) -> None:
        """Let costly messages wait, and close the oldest channel where there are too many."""
        opened = [one for one, comm in comms.items() if comm.target_name in CONTROLS]
        if message["header"]["msg_type"] == "comm_open" and len(opened) >= CHANNELS:
            comms.pop(opened[0], None)
        match message["content"]:
            case {"comm_id": identity, "data": {"method": "run" | "request_states"}} if identity in opened:
                await asyncio.sleep(self._costly_at + COSTLY_GAP - time.monotonic())
                self._costly_at = time.monotonic()


def serve_event(widget: Any, _: Any, content: Any, buffers: Any) -> None:
    """Call what a widget has for an event of its own, and nothing else that a message may name."""
    name = content.get("event")
    if isinstance(name, str) and name in (widget.events or []):
        getattr(widget, f"vue_{name}")(content.get("data", {}), *([buffers] if buffers else []))


def open_states(comm: Any, _: Any) -> None:
    """Answer where all states are asked for; ipywidgets does where anybody opened a channel last."""
    asked = SimpleNamespace(_control_comm=comm, get_manager_state=dict)
    comm.on_msg(lambda message: Widget._handle_control_comm_msg.__func__(asked, message))


def install() -> None:
    """Put this between browsers and Solara, ipyvue and ipywidgets."""
    starlette.WebsocketWrapper = Wrapper
    Events._handle_event = serve_event
    Widget.handle_control_comm_opened = staticmethod(open_states)
    log.install()


install()
