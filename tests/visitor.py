"""Visitors of a served dashboard without a browser, for tests that say what no browser would."""

from __future__ import annotations

import http.client
import json
import struct
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

import pytest


def connect(server, kernel: str, page: str, cookie: str, **options):
    """Open a websocket as a page of a dashboard does: the one place that knows what it must bring."""
    from websockets.sync.client import connect as open_socket

    address = f"{server.url.replace('http', 'ws', 1)}/jupyter/api/kernels/{kernel}/channels?session_id={page}"
    quiet = {"compression": None, "max_size": None, "proxy": None, "ping_interval": None, "close_timeout": 1}
    return open_socket(address, additional_headers={"Cookie": cookie}, **quiet | options).__enter__()


def joined(message: dict, buffers: Sequence[bytes] = ()) -> str | bytes:
    """Return a message as it goes over the wire, in binary where it has buffers."""
    text = json.dumps(message)
    if not buffers:
        return text
    parts, places = [text.encode(), *buffers], [4 * (len(buffers) + 2)]
    for part in parts[:-1]:
        places.append(places[-1] + len(part))
    return struct.pack(f"!{len(parts) + 1}I", len(parts), *places) + b"".join(parts)


class Visitor:
    """A page of a dashboard without a browser: its websocket, and the widgets that it was told of."""

    def __init__(
        self,
        server,
        query: str = "?environment=figure1&arms=1",
        kernel: str = "",
        session: str = "",
        **options,
    ) -> None:
        self.server, self.kernel, self.page = server, kernel or str(uuid.uuid4()), str(uuid.uuid4())
        own = f"solara-session-id={session or uuid.uuid4()}"
        self.cookie = "; ".join(filter(None, [own, server.token and server.cookie]))
        self.socket = connect(server, self.kernel, self.page, self.cookie, **options)
        self.widgets: dict[str, dict] = {}
        self.control = self.open("solara.control")
        run = {"path": f"/{query}", "dark": False, "themes": {"light": {}, "dark": {}}, "appName": None}
        self.say(self.control, {"method": "run", "args": run})
        self.hear(lambda message: self.data(message).get("method") == "finished")

    def send(self, kind: str, content: dict, buffers: Sequence[bytes] = (), **more) -> None:
        """Send a message of any kind."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": "",
            "username": "",
            "version": "5.2",
        }
        message = {"header": header, "channel": "shell", "content": content, "metadata": {}, "buffers": []}
        self.socket.send(joined(message | more, buffers))

    def open(self, target: str, data: dict | None = None, **more) -> str:
        """Open a channel; return its id."""
        comm = uuid.uuid4().hex
        self.send("comm_open", {"comm_id": comm, "target_name": target, "data": data or {}}, **more)
        return comm

    def say(self, comm: str, data: dict, buffers: Sequence[bytes] = ()) -> None:
        """Send a message to a channel or widget."""
        self.send("comm_msg", {"comm_id": comm, "data": data}, buffers)

    @staticmethod
    def data(message: dict) -> dict:
        """Return what a message to a channel or widget says."""
        return message["content"].get("data") or {}

    def next(self, timeout: float = 60) -> dict:
        """Return the next message, and keep account of widgets."""
        raw = self.socket.recv(timeout=timeout)
        if isinstance(raw, bytes):
            count = int.from_bytes(raw[:4], "big")
            places = [*struct.unpack(f"!{count}I", raw[4 : 4 * (count + 1)]), len(raw)]
            raw = raw[places[0] : places[1]].decode()
        message = json.loads(raw)
        comm, state = message["content"].get("comm_id"), self.data(message).get("state")
        if isinstance(state, dict):
            self.widgets.setdefault(comm, {}).update(state)
        return message

    def hear(self, wanted, timeout: float = 60) -> dict:
        """Return the next message that is wanted."""
        until = time.monotonic() + timeout
        while not wanted(message := self.next(max(until - time.monotonic(), 0.0))):
            pass
        return message

    def everything(self) -> list[dict]:
        """Return all that comes until what was sent is dealt with."""
        heard: list[dict] = []
        self.send("kernel_info_request", {})
        self.hear(lambda one: heard.append(one) or one["header"]["msg_type"] == "kernel_info_reply")
        return heard

    def widget(self, event: str) -> str:
        """Return the id of the newest widget that has such an event; of the newest board, for ``board``."""
        boards = {comm for comm, state in self.widgets.items() if "_esm" in state}
        has = {comm for comm, state in self.widgets.items() if event in (state.get("events") or ())}
        return [comm for comm in self.widgets if comm in (boards if event == "board" else has)][-1]

    def event(self, name: str, data: object, buffers: Sequence[bytes] = ()) -> None:
        """Do what a control does."""
        content = {"event": name, "data": data}
        self.say(self.widget(name), {"method": "custom", "content": content}, buffers)

    def state(self, comm: str) -> dict | None:
        """Ask for a widget's state; None if there is no such widget."""
        self.say(comm, {"method": "request_state"})
        said = [self.data(one) for one in self.everything() if one["content"].get("comm_id") == comm]
        return next((one["state"] for one in said if "_model_name" in one.get("state", ())), None)

    def play(self, seconds: float) -> list[float]:
        """Play, and paint as a browser does; return when each frame came."""
        self.event("act", "play")
        board, came, end = self.widget("board"), [], time.monotonic() + seconds
        with suppress(TimeoutError):
            while (left := end - time.monotonic()) > 0:
                content = self.data(self.next(left)).get("content") or {}
                if content.get("kind") == "frame":
                    came.append(time.monotonic())
                    if len(came) % 2 == 0:
                        painted = {"kind": "painted", "frame": content["frame"]}
                        self.say(board, {"method": "custom", "content": painted})
        return came

    def leave(self) -> None:
        """Close the page as a browser does."""
        self.socket.close()
        self.closed()

    def closed(self, page: str = "") -> int:
        """Tell the server that a page of this visitor's is closed; return the status of its answer."""
        visit = http.client.HTTPConnection(self.server.url.removeprefix("http://"), timeout=30)
        address = f"/_solara/api/close/{self.kernel}?session_id={page or self.page}"
        visit.request("POST", address, headers={"Cookie": self.cookie})
        return visit.getresponse().status

    def steps(self) -> bool:
        """Whether the page still works: a press of Step brings another address."""
        self.event("act", "reset")
        self.event("act", "step")

        def stepped(message: dict) -> bool:
            return "step=1" in str(self.data(message).get("content", {}).get("query"))

        return bool(self.hear(stepped, timeout=120))  # the first world may wait for compiling


@pytest.fixture
def visit(served):
    """Open pages of the shared dashboard without a browser."""
    opened: list[Visitor] = []

    def visit_one(**options) -> Visitor:
        opened.append(Visitor(served, **options))
        return opened[-1]

    yield visit_one
    for one in opened:
        one.leave()
