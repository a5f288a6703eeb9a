"""The ranking game of one page: owns the model, plays it, and says what to draw."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from ecosystem.ranking.competition import RankingCompetition
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.board import Json
from ecosystem_server.ranking.board import row, table, words
from ecosystem_server.ranking.setting import Change, RankingSetting, read_threshold
from ecosystem_server.stepper import Stepper, StepStatus


@dataclass(frozen=True)
class RankingStatus(StepStatus[RankingSetting]):
    """What the controls show of a game."""

    speed: float = 2.0
    over: bool = False  # whether nothing is left to play: an equilibrium, a cycle, or the last step allowed
    stuck: bool = True  # whether a step would change nothing either


class RankingPlay(Stepper[RankingSetting, RankingStatus]):
    """Plays one game."""

    plural, setting_kind, status_kind = "games", RankingSetting, RankingStatus
    failure = "The game stopped with {}. Reset starts it anew."
    speeds = (0.5, 1, 2, 3, 5, 10, 20)
    speed_limit, step_limit = "ranking_speed", "ranking_steps"

    model: RankingCompetition | None = None
    _changes: tuple[Change, ...] = ()
    _rows: list[list[float]]
    _due = 0.0

    def change(self, name: str, value: Any) -> None:
        """Give a parameter another value: a threshold holds from now on, all others start anew."""
        self.do(lambda: self._change(name, value))

    def take(self, message: Json) -> None:
        """Take a message of the board: a threshold was chosen."""
        if message.get("kind") == "enrich":
            self.change("threshold", message.get("value"))

    # --- the thread --------------------------------------------------------------------------------------

    def _end(self) -> None:
        self.model = None

    def _patience(self) -> float | None:
        return max(self._due - time.monotonic(), 0.0) if self.status.playing else None

    def _turn(self) -> None:
        if self.status.playing and time.monotonic() >= self._due:
            self._due = max(self._due, time.monotonic() - 0.5) + 1 / self.status.speed
            self._advance()
            if not self._can_go_on():
                self._set_status(playing=False)

    def _progress(self) -> dict[str, Any]:
        stuck = self.model is None or self.model.converged or self._is_full()
        return {"over": not self._can_go_on(), "stuck": stuck}

    def _steps_done(self) -> int:
        return len(self.model.history) if self.model else 0

    def now(self) -> RankingSetting:
        """See `Player`."""
        return replace(self.base, changes=self._changes, step=self._steps_done())

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Play until an equilibrium, a cycle or the last step allowed."""
        if not self.status.over:
            self._due = time.monotonic()
            self._set_status(playing=True)

    def _step_once(self) -> None:
        if not self.status.stuck:
            self._advance()
            self._set_status(playing=False)
            self._wait_as_if_playing()

    def _can_go_on(self) -> bool:
        return self.model is not None and self.model.running and not self._is_full()

    def _advance(self) -> None:
        if self.model is not None:
            self.model.step()
            self._rows.append(row(self.model))
            self._send_words()

    def _reset(self, setting: RankingSetting) -> None:
        model = setting.model(self.limits)
        rows, made = [row(model)], []
        for step in range(setting.step + 1):
            for change in setting.changes:
                if change.step == step:
                    model.mediator.enrich(change.threshold)
                    made.append(change)
                    rows[-1] = row(model)
            if step == setting.step or model.converged or self._closed.is_set():
                break
            model.step()
            rows.append(row(model))
        # Only now: an unusable change in a link must not leave half of another game behind.
        self.model, self._rows, self._changes = model, rows, tuple(made)
        self.base = replace(setting, changes=(), step=0)
        self._send_all()
        self._now_playing(made[-1].threshold if made else setting.threshold, playing=False)

    def _now_playing(self, threshold: str, playing: bool) -> None:
        self._set_status(setting=replace(self.base, threshold=threshold), playing=playing)

    def _change(self, name: str, value: Any) -> None:
        if self.model is None:
            return
        if name != "threshold":
            self._restart_with(self.base.with_value(name, value))
            return
        q = read_threshold(value)
        self.model.mediator.enrich(q)
        step = self._steps_done()
        if step == 0:
            self.base = replace(self.base, threshold=q)
        else:
            earlier = (change for change in self._changes if change.step != step)
            self._changes = (*earlier, Change(step, q))
        self._rows[-1] = row(self.model)
        self._send_all()
        self._now_playing(q, playing=self.status.playing and self._can_go_on())

    def _restart_with(self, setting: RankingSetting) -> None:
        """Start anew; a threshold that does not fit the new game gives way to the recommended one."""
        setting = replace(setting, threshold=self.status.setting.threshold)
        try:
            self._reset(setting)
        except BadInput as error:
            if setting.threshold == "auto":
                raise
            self._reset(replace(setting, threshold="auto"))
            self._set_status(message=f"{error}. So q is the recommended one now.")

    # --- showing -----------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        if self.model is not None:
            marks = [list(change) for change in self._changes]
            self.publish({"kind": "table", **table(self.model), "rows": self._rows, "marks": marks})
            self._send_words()
            self.send_address()

    def _send_words(self) -> None:
        if self.model is not None:
            self.publish({"kind": "now", **words(self.model), "row": self._rows[-1]})
