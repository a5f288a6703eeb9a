"""Many visitors who play at once, for long: each gets its frames or is told why not, and memory does not grow."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from pathlib import Path

import pytest
from visitor import Visitor
from websockets.exceptions import ConnectionClosed

from ecosystem_server.limits import PUBLIC


def memory(process: int) -> float:
    """Return what a process has in memory, in MB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1000


class Client(threading.Thread):
    """A visitor who plays figure1, and counts frames."""

    def __init__(self, server) -> None:
        super().__init__(daemon=True)
        self.rates: list[float] = []
        self.told = ""
        try:
            self.visitor = Visitor(server)
        except ConnectionClosed as refused:
            self.told = refused.rcvd.reason
            return
        while (status := self.status())["busy"]:
            time.sleep(0.2)  # compiling, the first time
        self.told = status["message"]

    def status(self) -> dict:
        """Return what the controls show."""
        return self.visitor.state(self.visitor.widget("act"))["status"]

    def run(self) -> None:
        """Play until the end, and leave."""
        while not self.told and (left := self.end - time.monotonic()) > 0:
            seconds = min(left, 10.0)
            self.rates.append(len(self.visitor.play(seconds)) / seconds)
            if self.status()["message"]:  # played to the last step allowed
                self.visitor.event("act", "reset")
        self.visitor.leave()


def soak(server, clients: int, seconds: float, rest: float = 5) -> tuple[list[Client], list[float], float]:
    """Let clients play; return them, memory at each second, and after they left."""
    crowd = [Client(server) for _ in range(clients)]
    for one in crowd:
        one.end = time.monotonic() + seconds
        if hasattr(one, "visitor"):
            one.start()
    used: list[float] = []
    while not used or any(one.is_alive() for one in crowd):
        used.append(memory(server.process.pid))
        time.sleep(1)
    time.sleep(rest)  # what is closed is collected after a second
    return crowd, used, memory(server.process.pid)


def report(crowd: list[Client], used: list[float], after: float) -> str:
    """Return what happened, as one line."""
    rates = [rate for one in crowd for rate in one.rates]
    return json.dumps(
        {
            "played": sum(bool(one.rates) for one in crowd),
            "told": sorted({one.told for one in crowd if one.told}),
            "slowest": round(min(rates), 1),
            "memory": [round(min(used)), round(max(used)), round(after)],
        }
    )


def test_a_few_play_and_get_their_frames(public):
    crowd, used, after = soak(public, 3, 2, rest=2)
    print(report(crowd, used, after))
    assert all(one.rates or one.told for one in crowd)
    assert min(rate for one in crowd for rate in one.rates[:1]) >= 5
    assert after < max(used) + 10


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [float(os.environ.get("ECOSYSTEM_TEST_SOAK_MINUTES", "10"))])
def test_fifty_play_for_long(start_server, minutes):
    server = start_server("--public")
    crowd, used, after = soak(server, 50, 60 * minutes)
    print(report(crowd, used, after))
    assert all(one.rates or "try again later" in one.told for one in crowd)
    assert sum(bool(one.rates) for one in crowd) >= PUBLIC.worlds
    assert min(rate for one in crowd for rate in one.rates[:-1]) >= 5  # the last may be a moment
    assert max(used[60:]) < used[60] + 100
    assert after < max(used)
    assert server.stop() == 0
