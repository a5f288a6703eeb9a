"""The worlds of one visitor: owns their models, plays them and says what to draw."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.board import Json
from ecosystem_server.fields import FIELDS, check_population
from ecosystem_server.limits import OWN_MACHINE, Limits
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.courier import FRAME_GAP, Courier, Publish
from ecosystem_server.live.gaze import Gaze
from ecosystem_server.live.hands import HANDS, hand_of
from ecosystem_server.live.landscape import Mark, why
from ecosystem_server.live.past import Past, copied
from ecosystem_server.live.setting import ARMS, EVERYWHERE, FORK, MOST_CHANGES, Change, Setting
from ecosystem_server.stepper import Stepper, StepStatus

ADDRESS_GAP = 1.0
GONE = 10.0
"""Seconds without a word from the browser after which playing is suspended."""
FAR = 100
"""Steps to play again that take long enough to be told, and to be given up for another step that is wanted."""

_warming: threading.Thread | None = None


@dataclass
class _Wanted:
    step: int
    done: bool = False


@dataclass(frozen=True)
class LiveStatus(StepStatus[Setting]):
    """What the controls show of one or two worlds; its ``setting`` has values that wait for a reset, too."""

    speed: float = 40.0
    running: Setting = field(default_factory=Setting)  # present values of the worlds being played
    creators: int = 0  # of the world that has most
    busy: str = "starting"  # what keeps it from playing, such as replaying a link; empty if nothing
    failed: bool = False  # whether the model itself failed, so that only Reset helps


class LivePlay(Stepper[Setting, LiveStatus]):
    """Plays one or two arms in step."""

    plural, setting_kind, status_kind = "worlds", Setting, LiveStatus
    failure = (
        "The model stopped with {}. Reset starts it anew; if it happens again, undo the last change first."
    )
    speeds = (1, 2, 5, 10, 20, 30, 40, 60, 100, 200, 500, 1e6)  # the last is as fast as the machine can
    speed_limit, step_limit = "speed", "steps"
    requests = (*Stepper.requests, "epoch", "fork", "back")

    def __init__(
        self, setting: Setting, limits: Limits, publish: Publish, notify: Callable[[LiveStatus], None]
    ) -> None:
        super().__init__(setting, limits, publish, notify)
        self.status = replace(self.status, running=setting, speed=min(self.status.speed, limits.speed))
        self.stop = setting.stop  # of the tour, while that is shown or to be shown again
        self.arms: list[Arm] = []  # empty before the first world is built
        self.step_seconds = 0.0  # CPU time of all steps so far
        self._courier, self._gaze = Courier(publish), Gaze(publish)
        self.past = Past(limits.past)
        self._scene_stale = False  # whether the canvas needs a scene before the next frame
        self._until = math.inf  # the step to stop at
        self._changes: list[Change] = []  # that have happened
        self._script: list[Change] = []  # that will happen when their step comes
        self._wanted = _Wanted(0, done=True)  # where to go, by the last request
        self._due = self._address_at = 0.0
        self._heard_at = time.monotonic()

    def refused(self, message: str) -> LiveStatus:
        """Return the status of worlds that the server had no room for."""
        return replace(self.status, message=message, busy="", failed=True)

    # --- requests, from any thread -----------------------------------------------------------------------

    def play(self, until: float = math.inf) -> None:
        """Play, for ever or until so many steps are completed."""
        self.do(lambda: self._play(until))

    def go_on(self, setting: Setting) -> None:
        """Play on to where a setting ends, if what is there is on its way; else start it, in one go."""
        self.do(lambda: self._go_on(setting))

    def epoch(self) -> None:
        """Play to the end of the epoch."""
        self.do(self._play_epoch)

    def restart(self, make: Callable[[Setting], Setting]) -> None:
        """Start anew with what `make` turns the values into that are in force when its turn comes."""
        self.do(lambda: self._reset(make(self.status.setting)))

    def fork(self) -> None:
        """Copy arm A as it stands into B."""
        self.do(self._fork)

    def change(self, arm: str, name: str, value: Any) -> None:
        """Give a parameter another value: at once where it can, else from the next reset on."""
        self.do(lambda: self._change(arm, name, value))

    def seek(self, step: int) -> None:
        """Go to a step so far; of requests that wait, the last one counts."""
        self._wanted = wanted = _Wanted(step)
        self.do(lambda: self._seek(wanted))

    def back(self) -> None:
        """Go one step back, or one further than is wanted already."""
        self.seek((self._steps_done() if self._wanted.done else self._wanted.step) - 1)

    def one_or_two(self, arms: int) -> None:
        """Show one arm, or two from the next reset on."""
        self.do(lambda: self._one_or_two(arms))

    def take(self, message: Json) -> None:
        """Take a message of the canvas: that it is there, that it painted a frame, what a hand does, where to go."""
        if message.get("kind") == "seek" and isinstance(step := message.get("step"), int):
            self.seek(step)
        elif message.get("kind") == "hand":
            self.do(lambda: self._reach(message))
        else:
            self.do(lambda: self._take(message))

    # --- the thread --------------------------------------------------------------------------------------

    def _end(self) -> None:
        self.arms = []

    def _patience(self) -> float | None:
        now = time.monotonic()
        waits = []
        if self.status.playing and now - self._heard_at < GONE:
            waits.append(self._due - now)
        shown = self._courier.due(self.status.playing), self._gaze.due(self.arms, self.status.playing)
        waits += [due - now for due in shown if due < math.inf]
        return max(min(waits), 0.0) if waits else None

    def _turn(self) -> None:
        if self.status.playing:
            self._play_slice()
        self._send_if_due()

    def _fail(self, message: str) -> None:
        self._until, self._script = math.inf, []
        self._courier.stale = self._courier.charts_stale = False
        self._set_status(message=message, playing=False, busy="", failed=True)

    def _progress(self) -> dict[str, Any]:
        return {"creators": max((arm.model.n_creators for arm in self.arms), default=0)}

    def _standing_message(self) -> str:
        return self.status.message if self.status.failed else self._overgrown() or super()._standing_message()

    def _is_full(self) -> bool:
        return bool(self._overgrown()) or super()._is_full()

    def _overgrown(self) -> str:
        """Return the line on an arm in which more creators live by now than this server allows; empty if none."""
        try:
            for model in (arm.model for arm in self.arms):
                check_population(model.n_creators, model.n_users, self.limits, model.dim, model.K)
        except BadInput as error:
            return str(error)
        return ""

    def now(self) -> Setting:
        """See `Player`."""
        stop = self.stop if self.view else 0
        return replace(self.base, changes=tuple(self._changes), step=self._steps_done(), stop=stop)

    def send_address(self) -> None:
        """See `Player`."""
        self._address_at = time.monotonic()
        super().send_address()

    def _steps_done(self) -> int:
        return self.arms[0].step_count if self.arms else 0

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self, until: float = math.inf) -> None:
        if not self.arms or self.status.failed or self.status.busy or until <= self._steps_done():
            return
        self._until = until
        self._due = self._heard_at = time.monotonic()
        self._set_status(playing=True)

    def _go_on(self, setting: Setting) -> None:
        step = self._steps_done()
        so_far = tuple(change for change in setting.changes if change.step < step)
        if step < setting.step and self.now() == replace(setting, changes=so_far, step=step):
            self._branch()
            self._script = list(setting.changes[len(so_far) :])
            self._pause()  # where it is still on its way there
            self._play(setting.step)
        else:
            self._reset(setting)

    def _pause(self) -> None:
        self._until = math.inf
        self._courier.charts_stale = True
        self._set_status(playing=False, busy="")

    def _step_once(self) -> None:
        self._advance(1)

    def _play_epoch(self) -> None:
        if self.arms:
            length = self.arms[0].model.epoch_length
            self._advance(length - self._steps_done() % length)

    def _advance(self, steps: int) -> None:
        if not self.arms or self.status.failed:
            return
        self._until = math.inf
        for _ in range(steps):
            if self._closed.is_set() or self._is_full():
                break
            self._step()
            self._wait_as_if_playing()
        self._courier.charts_stale = True
        self._set_status(playing=False, busy="")

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
            if self._is_full() or self._steps_done() >= self._until:
                self._pause()
                return
            self._step()
            self._due += 1 / self.status.speed
            now = time.monotonic()
            if now >= end:
                return

    def _step(self) -> None:
        began = time.thread_time()
        widths = [arm.trail.width for arm in self.arms]
        for arm in self.arms:
            arm.step()
        self._scene_stale |= widths != [arm.trail.width for arm in self.arms]
        self.step_seconds += time.thread_time() - began
        self._courier.stale = self._courier.charts_stale = True
        self.past.note(self.arms)
        self._play_script()

    def _play_script(self) -> None:
        while self._script and self._script[0].step <= self._steps_done():
            try:
                self._apply(self._script.pop(0))
            except BadInput:
                self._pause()
                raise

    # --- going back --------------------------------------------------------------------------------------

    def _seek(self, wanted: _Wanted) -> None:
        """Go to a step so far, unless another one is wanted by now."""
        if wanted is self._wanted and self.arms and not self.status.failed and not self.status.busy:
            target = min(max(wanted.step, 0), self.past.last)
            before, kept = self.past.before(target)
            if not before <= self._steps_done() <= target:
                self._return(copied(kept) or self._made(self.base))
            self._play_again(target, wanted)
        wanted.done = True

    def _return(self, arms: list[Arm]) -> None:
        """Put arms of another step in the place of the present ones: what was changed from there on is to come."""
        self.arms, record = arms, self._changes + self._script
        step = self._steps_done()
        self._changes = [change for change in record if change.step < step]
        self._script = [change for change in record if change.step >= step]
        running = self.base.after(self._changes)
        setting = self.status.setting.back_to(running, record)
        self._set_status(running=running, setting=setting, playing=False)
        self._play_script()

    def _play_again(self, target: int, wanted: _Wanted) -> None:
        """Play on to a step, or until another one is wanted and it takes long."""
        began = self._steps_done()
        if target - began > FAR:
            self._set_status(busy=f"going to step {target}", playing=False)
        self.past.also = (began + target) // 2  # who goes one step back will want to go another one
        while self._steps_done() < target and not self._closed.is_set():
            if wanted is not self._wanted and self._steps_done() - began > FAR:
                break
            self._step()
        self._scene_stale = True
        self._pause()

    def _branch(self) -> None:
        """Let another future begin here: what was changed later has not happened."""
        self._script = []
        self.past.cut(self._steps_done())

    # --- changing ----------------------------------------------------------------------------------------

    def _reset(self, setting: Setting) -> None:
        base = replace(setting, changes=(), step=0)
        if _warming is not None and _warming.is_alive():
            self._set_status(playing=False, busy="compiling, this once", setting=base)
            _warming.join()
        self._set_status(playing=False, busy="building", setting=base)
        try:
            arms = self._made(setting)
        except BadInput:
            self._set_status(busy="", setting=self.status.running)
            raise
        self.arms, self.base = arms, base
        self._script, self._changes, self._until = list(setting.changes), [], math.inf
        self.past.forget()
        self.past.note(arms)
        self._send_scene()
        self._set_status(setting=base, running=base, playing=False, busy="", message="", failed=False)
        if setting.step or self._script:
            self._until = setting.step
            self._set_status(busy=f"replaying {setting.step} steps", playing=True)

    def _made(self, setting: Setting) -> list[Arm]:
        return [Arm(setting.model(index, self.limits)) for index in range(len(setting.arms))]

    def _change(self, arm: str, name: str, value: Any) -> None:
        value = FIELDS[name].read(value)
        if not self.arms:
            return
        if FIELDS[name].live and not self.status.failed:
            self._apply(Change(self._steps_done(), arm, name, value))
            self._branch()
        else:
            self._set_status(setting=self.status.setting.with_parameter(arm, name, value))

    def _apply(self, change: Change) -> None:
        if len(self._changes) >= MOST_CHANGES:
            raise BadInput(f"this run has {MOST_CHANGES} changes; a link holds no more: Reset starts anew")
        if change.name == FORK:
            self.arms = [self.arms[0], copy.deepcopy(self.arms[0])]  # random state included
        else:
            concerned = change.among(self.arms)
            if not concerned:
                raise BadInput("arm b is not there; compare two arms first, or change arm a")
            for arm in concerned:
                arm.check(change, self.limits)
            for arm in concerned:
                arm.change(change)
        self._scene_stale |= change.name == FORK or change.name in HANDS
        if self._changes and change.follows(self._changes[-1]):
            self._changes.pop()
        self._changes.append(change)
        self._courier.stale = self._courier.charts_stale = True
        self._follow(lambda setting: setting.after([change]))

    def _reach(self, asked: Json) -> None:
        """Do what a hand does; what is refused is shown where it was."""
        if not self.arms or self.status.failed:
            return
        self._courier.stale = True
        arm, name = asked.get("arm"), asked.get("name")
        if arm in (*ARMS, EVERYWHERE) and name in HANDS:
            self._apply(Change(self._steps_done(), arm, name, hand_of(name, asked.get("value"))))
            self._branch()

    def _fork(self) -> None:
        if self.arms and not self.status.failed:
            self._apply(Change(self._steps_done(), "b", FORK))
            self._branch()

    def _one_or_two(self, count: int) -> None:
        if count == 1 and len(self.arms) == 2:
            self.arms = self.arms[:1]
            self.base = self.base.with_arms(1)
            self._changes, self._script = (
                [change for change in changes if change.arm != "b"]
                for changes in (self._changes, self._script)
            )
            self.past.forget(self.past.last)  # of two
            self._scene_stale = True
            self._follow(lambda setting: setting.with_arms(1))
        elif count == 2 and len(self.arms) == 1:
            self._reset(self.status.setting.with_arms(2))

    def _follow(self, change: Callable[[Setting], Setting]) -> None:
        """Show a change of the running worlds, which a reset would not undo."""
        self._set_status(setting=change(self.status.setting), running=change(self.status.running))

    # --- showing -----------------------------------------------------------------------------------------

    def _take(self, message: Json) -> None:
        self._heard_at = time.monotonic()
        if message.get("kind") == "painted":
            self._courier.painted(message.get("frame"))
        elif message.get("kind") == "look":
            self._gaze.turn_to(message)

    def _send_all(self) -> None:
        self._heard_at = time.monotonic()
        self._send_scene()
        self.send_address()

    def _send_scene(self) -> None:
        """Send the whole scene: the canvas is new, or what it shows is."""
        self._scene_stale = False
        if self.arms:
            self._courier.send_scene(self.base.environment, self.arms)

    def _send_if_due(self) -> None:
        now, playing = time.monotonic(), self.status.playing
        if self._scene_stale:
            self._send_scene()
        if self.arms and now >= self._courier.due(playing):
            self._courier.last = self.past.last
            found = [] if self.view else self.arms[0].found  # the tour asks what that would tell
            self._courier.send_frame(self.arms, self._changes, found, self.step_seconds, now, playing)
            if playing and now > self._address_at + ADDRESS_GAP:
                self.send_address()
        if now >= self._gaze.due(self.arms, playing):
            self._gaze.answer(self.arms, playing)


def warm_up() -> None:
    """Load the market's code, and compile it on the very first start, in the background; nobody plays before."""

    def run() -> None:
        for environment in ("figure1", "synthetic"):
            arm = Arm(Setting(environment=environment, arms=({},)).model(0, OWN_MACHINE))
            arm.model.run(2)
            why(arm, Mark("creator", 0), (0, 1, 0, 1), 2)

    global _warming
    _warming = threading.Thread(target=run, name="ecosystem warm-up", daemon=True)
    _warming.start()
