"""A client that does not read loses its own frames, and after a while its connection; its neighbours lose nothing."""

from __future__ import annotations

import re
import socket
import threading
import time
from itertools import pairwise
from pathlib import Path

from websockets.exceptions import ConnectionClosed


def memory(process: int) -> float:
    """Return what a process has in memory, in MB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1000


def narrow(url: str) -> socket.socket:
    """Return a connection of which little waits in the client's machine."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = url.removeprefix("http://").split(":")
    one.connect((host, int(port)))
    return one


def stop_reading(page, end: float) -> bool:
    """Ask for ever more and claim to have painted it, but read nothing; return whether the server gave up by then."""
    states = page.open("jupyter.widget.control", metadata={"version": "1.0.0"})
    page.event("act", "play")
    board, frame = page.widget("board"), 0
    try:
        while time.monotonic() < end:
            frame += 2
            page.say(board, {"method": "custom", "content": {"kind": "painted", "frame": frame}})
            page.say(states, {"method": "request_states"})
            time.sleep(0.1)
    except (ConnectionClosed, OSError):
        return True
    return False


def test_a_client_that_does_not_read_is_dropped_and_its_neighbour_keeps_its_frames(visit, served):
    neighbour = visit()
    alone = len(neighbour.play(2))
    stalled = [visit(sock=narrow(served.url)) for _ in range(2)]
    assert all(page.steps() for page in stalled)  # their worlds are made, and are not what grows
    before, began = memory(served.process.pid), time.monotonic()
    gone: list[bool] = []
    threads = [
        threading.Thread(target=lambda page: gone.append(stop_reading(page, began + 45)), args=(page,))
        for page in stalled
    ]
    for thread in threads:
        thread.start()
    beside: list[float] = []
    while any(thread.is_alive() for thread in threads):
        beside += neighbour.play(2)
        # What a page's end waits for is not held by who waits for a client: 40 of these would stop all others.
        began_at = time.monotonic()
        stalled[0].closed(page="another")
        assert time.monotonic() - began_at < 5
    assert gone == [True] * 2
    assert len(beside) / (beside[-1] - beside[0]) > 0.5 * alone / 2
    assert max(b - a for a, b in pairwise(beside)) < 2
    assert memory(served.process.pid) < before + 60
