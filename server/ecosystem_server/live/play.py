"""The worlds of one visitor: owns their models, plays them and says what to draw."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE, Limits
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.courier import FRAME_GAP, Courier, Publish
from ecosystem_server.live.setting import ARMS, EVERYWHERE, FORK, Change, Setting, to_query
from ecosystem_server.live.status import Status
from ecosystem_server.player import Player

ADDRESS_GAP = 1.0
GONE = 10.0
"""Seconds without a word from the browser after which playing is suspended."""

_log = logging.getLogger(__name__)
_warming: threading.Thread | None = None


class LivePlay(Player):
    """Plays one or two arms in step.

    Parameters
    ----------
    setting : Setting
        What to start.
    limits : Limits
        What this server allows.
    publish, tell : callable
        Take messages for the board, with their arrays, and each `Status`.

    Attributes
    ----------
    arms : list of Arm
        What is played; empty before the first world is built.
    base : Setting
        What they started from.
    view : str
        What the address says in ``view``: which tab shows them.
    step_seconds : float
        CPU time of all steps so far.
    """

    def __init__(
        self, setting: Setting, limits: Limits, publish: Publish, tell: Callable[[Status], None]
    ) -> None:
        super().__init__(Status(setting, setting, speed=min(40.0, limits.speed)), limits, publish, tell)
        self._courier = Courier(publish)
        self.arms: list[Arm] = []
        self.base = setting
        self.view = ""
        self.step_seconds = 0.0
        self._until: int | None = None
        self._script: list[Change] = []
        self._changes: list[Change] = []
        self._due = self._address_at = 0.0
        self._heard_at = time.monotonic()

    # --- requests, from any thread -----------------------------------------------------------------------

    def play(self, until: int | None = None) -> None:
        """Play, for ever or until so many steps are completed."""
        self.do(lambda: self._play(until))

    def step(self) -> None:
        """Take one step."""
        self.do(lambda: self._advance(1))

    def epoch(self) -> None:
        """Play to the end of the epoch."""
        self.do(lambda: self._advance(None))

    def reset(self, setting: Setting | None = None) -> None:
        """Start anew: with another setting, or with the present values."""
        self.do(lambda: self._reset(self.status.next.restarted() if setting is None else setting))

    def restart(self, make: Callable[[Setting], Setting]) -> None:
        """Start anew with what `make` turns the values into that are in force when its turn comes."""
        self.do(lambda: self._reset(make(self.status.next.restarted())))

    def fork(self) -> None:
        """Copy arm A as it stands into B."""
        self.do(self._fork)

    def change(self, arm: str, name: str, value: Any) -> None:
        """Give a parameter another value: at once where it can, else from the next reset on."""
        self.do(lambda: self._change(arm, name, value))

    def one_or_two(self, arms: int) -> None:
        """Show one arm, or two from the next reset on."""
        self.do(lambda: self._one_or_two(arms))

    def set_speed(self, speed: float) -> None:
        """Set the steps a second."""
        self.do(lambda: self._say(speed=float(min(max(speed, 0.1), self.limits.speed))))

    def heard(self, content: dict[str, Any]) -> None:
        """Take a message of the canvas: that it is ready, or that it painted a frame."""
        self.do(lambda: self._heard(content))

    # --- the thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._reset(self.base)

    def _end(self) -> None:
        self.arms = []

    def _patience(self) -> float | None:
        now = time.monotonic()
        waits = []
        if self.status.playing and now - self._heard_at < GONE:
            waits.append(self._due - now)
        if (due := self._courier.due(self.status.playing)) < float("inf"):
            waits.append(due - now)
        return max(min(waits), 0.0) if waits else None

    def _turn(self) -> None:
        if self.status.playing:
            self._play_slice()
        self._send_if_due()

    def _failed(self, error: Exception, told: str) -> None:
        self._until, self._script = None, []
        self._courier.stale = self._courier.charts_stale = False
        self._say(
            message=f"The model stopped with {told}. Reset starts it anew; if it happens again, undo the last "
            "change first.",
            playing=False,
            busy="",
            failed=True,
        )

    def _say(self, **changes: Any) -> None:
        if "message" not in changes:
            changes["message"] = self.status.message if self.status.failed else ""
        self.status = replace(self.status, **changes, revision=self.status.revision + 1)
        try:
            self.tell(self.status)
            self._send_address()
        except Exception:  # the page is on its way out; the worlds end with it
            _log.debug("nobody listens", exc_info=True)

    def _send_address(self) -> None:
        recorded = replace(self.base, changes=tuple(self._changes), step=self._steps_done())
        self._address_at = time.monotonic()
        self.publish(
            {"kind": "address", "query": to_query(recorded, self.view), "playing": self.status.playing}, []
        )

    def _steps_done(self) -> int:
        return self.arms[0].step_count if self.arms else 0

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self, until: int | None = None) -> None:
        if not self.arms or self.status.failed or self.status.busy:
            return
        if until is not None and until <= self._steps_done():
            return
        self._until, self._due = until, time.monotonic()
        self._heard_at = time.monotonic()
        self._say(playing=True)

    def _pause(self) -> None:
        self._until, self._script = None, []
        self._courier.charts_stale = True
        self._say(playing=False, busy="")

    def _advance(self, steps: int | None) -> None:
        if not self.arms or self.status.failed:
            return
        length = self.arms[0].model.epoch_length
        count = length - self._steps_done() % length if steps is None else steps
        self._until = None
        for _ in range(count):
            if self._closed.is_set() or self._at_the_limit():
                break
            self._step()
            self._closed.wait(1 / self.limits.speed)  # pressed however fast, it is no faster than playing
        self._courier.charts_stale = True
        self._say(playing=False, message=self._why_no_further())

    def _play_slice(self) -> None:
        now = time.monotonic()
        if now - self._heard_at > GONE:
            return
        replaying = bool(self.status.busy)
        end = now + FRAME_GAP  # requests and frames get their turn
        if now - self._due > 0.25:
            self._due = now  # it cannot keep up: play on from here instead of catching up in a rush
        while self.status.playing and (replaying or self._due <= now < end):
            self._play_script()
            if self._until is not None and self._steps_done() >= self._until:
                self._pause()
                return
            if self._at_the_limit():
                self._pause()
                self._say(message=self._why_no_further())
                return
            self._step()
            self._due += 1 / self.status.speed
            now = time.monotonic()
            if now >= end:
                return

    def _at_the_limit(self) -> bool:
        return self._steps_done() >= self.limits.steps

    def _why_no_further(self) -> str:
        most = self.limits.steps
        return f"This server plays at most {most} steps; Reset starts anew." if self._at_the_limit() else ""

    def _step(self) -> None:
        began = time.thread_time()
        for arm in self.arms:
            arm.step()
        self.step_seconds += time.thread_time() - began
        self._courier.stale = self._courier.charts_stale = True

    def _play_script(self) -> None:
        while self._script and self._script[0].step <= self._steps_done():
            change = self._script.pop(0)
            if change.name == FORK:
                self._fork_now()
            else:
                self._apply(change)

    # --- changing ----------------------------------------------------------------------------------------

    def _reset(self, setting: Setting) -> None:
        base = setting.restarted()
        if _warming is not None and _warming.is_alive():
            self._say(playing=False, busy="compiling, this once", next=base)
            _warming.join()
        self._say(playing=False, busy="building", next=base)
        try:
            arms = [Arm(setting.model(index, self.limits)) for index in range(len(setting.arms))]
        except BadInput:
            if not self.arms and base != Setting():
                self._reset(Setting())
            self._say(busy="", next=self.status.running)
            raise
        self.arms, self.base = arms, base
        self._script, self._changes, self._until = list(setting.changes), [], None
        self._send_scene()
        self._say(next=base, running=base, playing=False, busy="", message="", failed=False)
        if setting.step or self._script:
            self._until = setting.step
            self._say(busy=f"replaying {setting.step} steps", playing=True)

    def _change(self, arm: str, name: str, value: Any) -> None:
        field = FIELDS[name]
        value = field.check(value)
        if not self.arms:
            return
        if field.live and not self.status.failed:
            self._apply(Change(self._steps_done(), arm, name, value))
        else:
            self._say(next=self.status.next.with_value(arm, name, value))

    def _apply(self, change: Change) -> None:
        concerned = self.arms if change.arm == EVERYWHERE else [self.arms[ARMS.index(change.arm)]]
        for arm in concerned:
            arm.change(change)
        self._changes.append(change)
        self._courier.stale = self._courier.charts_stale = True
        self._say(
            next=self.status.next.with_value(change.arm, change.name, change.value),
            running=self.status.running.with_value(change.arm, change.name, change.value),
        )

    def _fork(self) -> None:
        if self.arms and not self.status.failed:
            self._fork_now()

    def _fork_now(self) -> None:
        self.arms = [self.arms[0], self.arms[0].forked()]
        self._changes.append(Change(self._steps_done(), "b", FORK))
        running, following = self.status.running, self.status.next
        self._send_scene()
        self._say(
            running=replace(running, arms=(running.arms[0], running.arms[0])),
            next=replace(following, arms=(following.arms[0], following.arms[0])),
        )

    def _one_or_two(self, count: int) -> None:
        following = self.status.next
        if count == 1 and len(self.arms) == 2:
            self.arms = self.arms[:1]
            self.base = replace(self.base, arms=self.base.arms[:1])
            self._changes = [change for change in self._changes if change.arm != "b"]
            self._send_scene()
            running = replace(self.status.running, arms=self.status.running.arms[:1])
            self._say(running=running, next=replace(following, arms=following.arms[:1]))
        elif count == 2 and len(self.arms) == 1:
            self._reset(replace(following, arms=(following.arms[0], following.arms[0])).restarted())

    # --- showing -----------------------------------------------------------------------------------------

    def _heard(self, content: dict[str, Any]) -> None:
        self._heard_at = time.monotonic()
        if content.get("kind") == "painted":
            self._courier.painted(content.get("frame"))
        elif content.get("kind") == "ready":
            self._send_scene()
            self._send_address()

    def _send_scene(self) -> None:
        """Send the whole scene: the canvas is new, or what it shows is."""
        if self.arms:
            self._courier.send_scene(self.base.environment, self.arms)

    def _send_if_due(self) -> None:
        now, playing = time.monotonic(), self.status.playing
        if self.arms and now >= self._courier.due(playing):
            self._courier.send_frame(self.arms, self._changes, self.step_seconds, now, playing)
            if playing and now > self._address_at + ADDRESS_GAP:
                self._send_address()


def warm_up() -> None:
    """Load the market's code, and compile it on the very first start, in the background; nobody plays before."""

    def run() -> None:
        for environment in ("figure1", "synthetic"):
            Setting(environment=environment, arms=({},)).model(0, OWN_MACHINE).run(2)

    global _warming
    _warming = threading.Thread(target=run, name="ecosystem warm-up", daemon=True)
    _warming.start()
