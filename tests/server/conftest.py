"""Plays without a browser."""

from __future__ import annotations

import threading
import time

import pytest

from ecosystem_server.limits import OWN_MACHINE

PATIENCE = 400  # seconds: a busy machine that compiles first is slow, not wrong


class Heard:
    """A play without a browser: what it sent to its board, and what it told its page."""

    def __init__(self, kind, setting, limits=OWN_MACHINE) -> None:
        self.messages, self.statuses = [], []
        self.play = kind(setting, limits, self.publish, self.statuses.append)

    def publish(self, message, buffers=()) -> None:
        self.messages.append(message | {"buffers": buffers})

    def wait(self, condition) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.005)

    def settle(self) -> None:
        """Wait until everything asked for so far is done."""
        done = threading.Event()
        self.play.do(done.set)
        assert done.wait(PATIENCE)

    def last(self, kind: str):
        """Return the latest message of a kind."""
        return [message for message in self.messages if message["kind"] == kind][-1]

    @property
    def status(self):
        """What it told last."""
        return self.play.status


@pytest.fixture
def hear():
    """Make plays without a browser, closed in the end."""
    made: list[Heard] = []

    def hear_one(*args, start: bool = True) -> Heard:
        made.append(Heard(*args))
        if start:
            assert made[-1].play.start()
            made[-1].settle()
        return made[-1]

    yield hear_one
    for heard in made:
        heard.play.close()
