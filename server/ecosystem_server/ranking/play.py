"""The ranking game of one page: owns the model, plays it, and says what to draw."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ecosystem.ranking.competition import RankingCompetition
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import Limits
from ecosystem_server.player import Player
from ecosystem_server.ranking.board import row, table, words
from ecosystem_server.ranking.setting import RankingSetting, read_threshold, to_query

SPEEDS = (0.5, 1, 2, 3, 5, 10, 20)
"""Steps a second on offer."""


@dataclass(frozen=True)
class RankingStatus:
    """What the controls show of a play.

    Attributes
    ----------
    setting : RankingSetting
        The game, with the threshold now in force: what Reset would start.
    playing : bool
        Whether steps are being taken.
    over : bool
        Whether there is nothing left to play: an equilibrium, a cycle, or the last step allowed.
    stuck : bool
        Whether a step would change nothing either.
    speed : float
        Steps a second.
    message : str
        What went wrong with the last request and what to do; empty if nothing.
    revision : int
        Grows with every status, so that a refused input shows the value in force again.
    """

    setting: RankingSetting
    playing: bool = False
    over: bool = False
    stuck: bool = True
    speed: float = 2.0
    message: str = ""
    revision: int = 0


class RankingPlay(Player):
    """Plays one game.

    Parameters
    ----------
    setting : RankingSetting
        What to start.
    limits : Limits
        What this server allows.
    publish, tell : callable
        Take messages for the board, and each `RankingStatus`.
    """

    def __init__(
        self,
        setting: RankingSetting,
        limits: Limits,
        publish: Callable[[dict[str, Any]], None],
        tell: Callable[[RankingStatus], None],
    ) -> None:
        super().__init__(RankingStatus(setting), limits, publish, tell)
        self.model: RankingCompetition | None = None
        self._first = setting
        self._changes: list[tuple[int, str]] = []
        self._rows: list[list[float]] = []
        self._due = 0.0

    # --- requests, from any thread -----------------------------------------------------------------------

    def step(self) -> None:
        """Let one publisher move."""
        self.do(self._step_once)

    def reset(self, setting: RankingSetting | None = None) -> None:
        """Start anew, with the present values or with another setting."""
        self.do(lambda: self._reset(setting or self.status.setting))

    def change(self, name: str, value: Any) -> None:
        """Give a parameter another value: a threshold holds from now on, all others start anew."""
        self.do(lambda: self._change(name, value))

    def set_speed(self, speed: float) -> None:
        """Set the steps a second."""
        self.do(lambda: self._say(speed=float(min(max(speed, SPEEDS[0]), self.limits.ranking_speed))))

    def show(self) -> None:
        """Send all there is: the board is new."""
        self.do(self._send_all)

    # --- the thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            self._reset(self._first)
        except BadInput:
            self._reset(RankingSetting())
            raise

    def _end(self) -> None:
        self.model = None

    def _patience(self) -> float | None:
        return max(self._due - time.monotonic(), 0.0) if self.status.playing else None

    def _turn(self) -> None:
        if self.status.playing and time.monotonic() >= self._due:
            self._next_step()

    def _failed(self, error: Exception, told: str) -> None:
        self._say(message=f"The game stopped with {told}. Reset starts it anew.", playing=False)

    def _say(self, **changes: Any) -> None:
        model = self.model
        full = model is not None and len(model.history) >= self.limits.ranking_steps
        changes.setdefault("message", "")
        self.status = replace(
            self.status,
            **changes,
            over=model is None or full or not model.running,
            stuck=model is None or full or model.converged,
            revision=self.status.revision + 1,
        )
        if full and not changes["message"]:
            told = f"This server plays at most {self.limits.ranking_steps} steps; Reset starts anew."
            self.status = replace(self.status, message=told)
        self.tell(self.status)
        self.publish({"kind": "address", "query": to_query(self._now()), "playing": self.status.playing})

    def _now(self) -> RankingSetting:
        step = len(self.model.history) if self.model else 0
        return replace(self._first, changes=tuple(self._changes), step=step)

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Play until an equilibrium, a cycle or the last step allowed."""
        if not self.status.over:
            self._due = time.monotonic()
            self._say(playing=True)

    def _next_step(self) -> None:
        self._due = max(self._due, time.monotonic() - 0.5) + 1 / self.status.speed
        self._advance()
        if not self._can_go_on():
            self._say(playing=False)

    def _step_once(self) -> None:
        if not self.status.stuck:
            self._advance()
            self._say(playing=False)
            self._closed.wait(1 / self.limits.ranking_speed)  # pressed however fast, no faster than playing

    def _can_go_on(self) -> bool:
        return (
            self.model is not None
            and self.model.running
            and len(self.model.history) < self.limits.ranking_steps
        )

    def _advance(self) -> None:
        if self.model is not None:
            self.model.step()
            self._rows.append(row(self.model))
            self._send_words()

    def _reset(self, setting: RankingSetting) -> None:
        model = setting.model(self.limits)
        rows, made = [row(model)], []
        for step in range(setting.step + 1):
            for at, q in setting.changes:
                if at == step:
                    model.mediator.enrich(q)
                    made.append((at, q))
                    rows[-1] = row(model)
            if step == setting.step or model.converged or self._closed.is_set():
                break
            model.step()
            rows.append(row(model))
        # Only now: an unusable change in a link must not leave half of another game behind.
        self.model, self._rows, self._changes = model, rows, made
        self._first = replace(setting, changes=(), step=0)
        self._send_all()
        q = made[-1][1] if made else setting.threshold
        self._say(setting=replace(self._first, threshold=q), playing=False)

    def _change(self, name: str, value: Any) -> None:
        if self.model is None:
            return
        if name != "threshold":
            self._restart_with(self._first.with_value(name, value))
            return
        q = read_threshold(value)
        self.model.mediator.enrich(q)
        step = len(self.model.history)
        if step == 0:
            self._first = replace(self._first, threshold=q)
        else:
            self._changes = [change for change in self._changes if change[0] != step] + [(step, q)]
        self._rows[-1] = row(self.model)
        self._send_all()
        self._say(
            setting=replace(self._first, threshold=q), playing=self.status.playing and self._can_go_on()
        )

    def _restart_with(self, setting: RankingSetting) -> None:
        """Start anew; a threshold that does not fit the new game gives way to the recommended one."""
        setting = replace(setting, threshold=self.status.setting.threshold)
        try:
            self._reset(setting)
        except BadInput as error:
            if setting.threshold == "auto":
                raise
            self._reset(replace(setting, threshold="auto"))
            self._say(message=f"{error}. So q is the recommended one now.")

    # --- showing -----------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        if self.model is not None:
            marks = [[step, q] for step, q in self._changes]
            self.publish({"kind": "table", **table(self.model), "rows": self._rows, "marks": marks})
            self._send_words()
            self.publish({"kind": "address", "query": to_query(self._now()), "playing": self.status.playing})

    def _send_words(self) -> None:
        if self.model is not None:
            self.publish({"kind": "now", **words(self.model), "row": self._rows[-1]})
