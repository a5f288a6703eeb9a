"""What a stranger may say to the dashboard's widgets: what its pages say themselves, and nothing else."""

from __future__ import annotations

import json
import re
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from ecosystem_server.guards import messages
from ecosystem_server.guards.messages import Malformed, read

HEADER = {"msg_id": "1", "msg_type": "comm_msg"}


@pytest.fixture
def page(visit):
    """Open a page; it must still work in the end."""
    one = visit()
    yield one
    assert one.steps()


def custom(content: object) -> dict:
    return {"method": "custom", "content": content}


# --- code ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["show", "act", "set"])
def test_no_message_makes_a_widget_or_calls_a_name(page, tmp_path, event):
    marker = tmp_path / "marker"
    props = {"filename": str(marker), "force": True}
    page.say(
        page.widget(event), custom({"create_widget": ["logging", "basicConfig"], "props": props, "id": "1"})
    )
    page.everything()
    assert not marker.exists()


def test_no_message_calls_a_method_of_a_widget(page):
    widget = page.widget("act")
    said = {"functionRef": "send", "args": [{"kind": "called"}]}
    page.say(widget, custom({"update_ref": said, "prop": "css", "id": widget}))
    page.say(widget, custom({"event": "act", "data": {}, "update_ref": said, "prop": "css", "id": widget}))
    assert "called" not in json.dumps(page.everything())


def test_no_message_makes_a_widget_of_a_class(page):
    state = {"_model_module": "@jupyter-widgets/controls", "_model_module_version": "2.0.0"}
    state |= {"_model_name": "TextModel", "_view_module": "@jupyter-widgets/controls"}
    state |= {"_view_module_version": "2.0.0", "_view_name": "TextView"}
    made = page.open("jupyter.widget", {"state": state}, metadata={"version": "2.1.0"})
    assert page.state(made) is None


@pytest.mark.parametrize(
    ("event", "name", "value"),
    [
        ("act", "template", "<b>mine</b>"),
        ("act", "events", ["close"]),
        ("act", "status", {}),
        ("act", "methods", "mine"),
        ("act", "css", "mine"),
        ("show", "page", {}),
        ("board", "_esm", "mine"),
        ("board", "_view_module", "https://example.org"),
        ("board", "_dom_classes", ["mine"]),
    ],
)
def test_no_message_sets_what_widgets_show_or_hear(page, event, name, value):
    assert page.steps()  # from here on nothing else changes what the page shows
    widget = page.widget(event)
    before = page.state(widget)[name]
    page.say(widget, {"method": "update", "state": {name: value}, "buffer_paths": []})
    page.say(widget, {"method": "update", "state": {}, "buffer_paths": [[name]]}, [b"mine"])
    assert page.state(widget)[name] == before


def test_no_message_closes_a_widget_or_the_page(page):
    page.send("comm_close", {"comm_id": page.widget("act"), "data": {}})
    for kind in (
        "shutdown_request",
        "execute_request",
        "inspect_request",
        "interrupt_request",
        "",
        "__class__",
    ):
        page.send(kind, {"code": "1", "silent": False})
    for method in ("reload", "evict", "close", "__init__"):
        page.say(page.control, {"method": method})
    page.say(page.control, {"method": "run", "args": {"path": "/", "themes": {"light": {"comm": "mine"}}}})
    assert not any(page.data(one).get("method") == "finished" for one in page.everything())
    assert page.state(page.widget("act"))


@pytest.mark.parametrize("event", ["", "close", "_handle_event", "event", "show.stop", "__init__", "nothing"])
def test_an_event_that_a_widget_does_not_list_is_left_out(page, event):
    page.say(page.widget("act"), custom({"event": event, "data": 1}))
    page.say(page.widget("board"), custom({"event": event, "data": 1}))


@pytest.mark.parametrize("data", [[], {}, "x", 1e300, -1, None, [[1]], {"name": [], "value": {}, "arm": []}])
def test_a_listed_event_with_anything_in_it_does_no_harm(page, data):
    for event in ("act", "pace", "set", "arms", "show", "choose", "download"):
        page.event(event, data)
    page.event("show", "Live")
    page.say(page.widget("board"), custom({"kind": "painted", "frame": data}))
    page.say(page.widget("board"), custom({"kind": "key", "key": data}))


def test_states_come_back_where_they_were_asked_for(page, visit):
    version = {"metadata": {"version": "1.0.0"}}
    asked = page.open("jupyter.widget.control", **version)
    page.everything()
    stranger = visit()
    stranger.open("jupyter.widget.control", **version)
    stranger.everything()
    page.say(asked, {"method": "request_states"})
    answers = [one for one in page.everything() if page.data(one).get("method") == "update_states"]
    assert len(answers) == 1
    assert answers[0]["content"]["comm_id"] == asked
    assert set(page.data(answers[0])["states"]) >= set(page.widgets)
    assert "update_states" not in json.dumps(stranger.everything())


def test_a_page_comes_back_on_its_own_kernel(visit):
    page = visit(kernel="some-kernel", session="some-session")
    assert page.steps()
    for _ in range(2 * messages.CHANNELS):  # as after so many lost connections
        page.control = page.open("solara.control")
        page.say(page.control, {"method": "app-status"})
        page.hear(lambda one: page.data(one).get("started"))
    assert page.steps()


def test_what_is_refused_is_a_line_in_the_log_and_few_of_them(page, served):
    before = len(served.log.read_text())
    for _ in range(300):
        page.send("execute_request", {"code": "1\n" * 50})
    for _ in range(50):
        page.event("set", [])
    page.everything()
    lines = served.log.read_text()[before:].splitlines()
    assert len(lines) < 40
    assert all(len(line) < 500 for line in lines)


# --- frames ----------------------------------------------------------------------------------------------


def head(**more: object) -> dict:
    return {"header": HEADER, "channel": "shell", "content": {}, "buffers": []} | more


WELL = json.dumps(head()).encode()
MALFORMED: dict[str, str | bytes] = {
    "parts beyond count": struct.pack("!I", 2**31 - 1) + b"0" * 40,
    "parts below zero": struct.pack("!I", 2**32 - 1) + b"0" * 40,
    "no parts": struct.pack("!I", 0) + WELL,
    "nothing": b"",
    "cut": b"\0\0",
    "begins beyond the end": struct.pack("!II", 1, 2**32 - 1) + WELL,
    "begins inside the table": struct.pack("!II", 1, 0) + WELL,
    "backwards": struct.pack("!III", 2, 12, 8) + WELL,
    "second beyond the end": struct.pack("!III", 2, 12, 2**31) + WELL,
    "no text": struct.pack("!II", 1, 8) + b"\xff\xfe",
    "deep": "[" * 60_000,
    "deep enough to hurt": json.dumps(head(content={"data": json.loads("[" * 200 + "]" * 200)})),
    "long": json.dumps(head(content={"data": "x" * 70_000})),
    "no object": "[]",
    "a number": "1",
    "empty": "",
    "no header": json.dumps({"content": {}, "channel": "shell", "buffers": []}),
    "no content": json.dumps(head(content=None)),
    "no buffers": json.dumps({"header": HEADER, "content": {}, "channel": "shell"}),
    "numbers for buffers": json.dumps(head(buffers=[10**11])),
    "other channel": json.dumps(head(channel="iopub")),
    "header of things": json.dumps(head(header={"msg_type": {"a": 1}})),
    "long header": json.dumps(head(header=HEADER | {"session": "x" * 1000})),
    "not a number": json.dumps(head(content={"data": float("nan")})),
    "infinite": '{"header": {}, "channel": "shell", "content": {"a": 1e999}, "buffers": []}',
    "huge": json.dumps(head(content={"data": 10**400})),
    "beyond digits": '{"header": {}, "content": {"a": ' + "1" * 5000 + "}}",
    "half a character": json.dumps(head(content={"data": "\ud800"})),
}


def peak(process: int) -> float:
    """Return the most memory that a process had so far, in MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1000


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_message_closes_its_own_connection_and_says_why(visit, served, name):
    neighbour, stranger = visit(), visit()
    before = peak(served.process.pid)
    stranger.socket.send(MALFORMED[name])
    with pytest.raises(ConnectionClosed) as closed:
        stranger.hear(lambda message: False, timeout=20)
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason.startswith("a message")
    assert peak(served.process.pid) < before + 60
    assert neighbour.steps()


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_reading_makes_a_message_of_it_or_says_what_is_wrong(raw):
    with pytest.raises(Malformed, match="a message"):
        read(raw)


@given(
    st.lists(st.binary(max_size=30), max_size=12),
    st.integers(0, 60),
    st.integers(0, 2**32 - 1),
)
def test_parts_lie_in_their_message(buffers, at, other):
    parts = [WELL, *buffers]
    places = [4 * (len(parts) + 1)]
    for part in parts[:-1]:
        places.append(places[-1] + len(part))
    table = [len(parts), *places]
    whole = struct.pack(f"!{len(table)}I", *table) + b"".join(parts)
    if len(buffers) <= messages.BUFFERS:
        assert read(whole)["buffers"] == buffers
    table[at % len(table)] = other
    changed = struct.pack(f"!{len(table)}I", *table) + b"".join(parts)
    with suppress(Malformed):
        assert sum(map(len, read(changed)["buffers"])) <= len(changed) - len(WELL)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["comm_id", "data", "target_name"]), json_values), st.text(max_size=12)
)
def test_whatever_is_well_formed_is_admitted_or_not(content, kind):
    message = {"header": {"msg_type": kind}, "content": content, "buffers": []}
    assert messages.admitted(message, {}, {}) in (kind in ("kernel_info_request", "comm_info_request"), False)


# --- how much --------------------------------------------------------------------------------------------


def flood(page, send, count: int) -> ConnectionClosed:
    """Send without end, and listen until told why not; return how it was closed."""
    closed: list[ConnectionClosed] = []

    def listen() -> None:
        try:
            page.hear(lambda message: False, timeout=30)
        except ConnectionClosed as why:
            closed.append(why)

    listener = threading.Thread(target=listen)
    listener.start()
    with suppress(ConnectionClosed):
        for _ in range(count):
            send(page.socket)
    listener.join()
    return closed[0]


@pytest.mark.parametrize(
    "send",
    [
        lambda socket: socket.send("{}" + " " * 10),
        lambda socket: socket.ping(str(time.perf_counter_ns())),
        lambda socket: socket.pong(b"x" * 100),
    ],
    ids=["messages", "pings", "pongs"],
)
def test_a_flood_is_closed_and_told_why(visit, send):
    neighbour, stranger = visit(), visit()
    closed = flood(stranger, send, 20_000)
    assert closed.rcvd is not None
    assert closed.rcvd.code == 1008
    assert neighbour.steps()


def test_a_flood_of_requests_is_told_what_is_allowed(visit):
    page = visit()

    def send(socket) -> None:
        page.send("comm_info_request", {})

    assert "100 messages a second" in flood(page, send, 20_000).rcvd.reason


def test_a_message_in_too_many_parts_is_closed(visit):
    closed = flood(visit(), lambda socket: socket.send(iter(["", *[" "] * 5000])), 3)
    assert closed.rcvd.code == 1008


def test_a_message_beyond_the_largest_upload_is_closed(visit, served):
    page = visit()
    before = peak(served.process.pid)
    closed = flood(page, lambda socket: socket.send(b"\0" * 40_000_000), 1)
    assert closed.rcvd is None or closed.rcvd.code in (1008, 1009)
    assert peak(served.process.pid) < before + 60


def test_the_largest_upload_arrives(visit):
    page = visit()
    for _ in range(2):
        page.event("upload", {"name": "a.npz", "size": 11_900_000}, [b"\0" * 11_900_000])
        page.hear(lambda one: "is no .npz archive" in json.dumps(page.data(one)))
    assert page.steps()
