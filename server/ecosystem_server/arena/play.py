"""The arena of one page: runs policies in the background, a slice at a time, and keeps what they came to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ecosystem.policies import BASE
from ecosystem.yardsticks.final import Final, Recorded
from ecosystem.yardsticks.planner import STARTS, plan
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.arena.setting import AGAINST, ArenaSetting, about, started, to_query
from ecosystem_server.arena.table import COLUMNS, rows, to_csv
from ecosystem_server.limits import Limits
from ecosystem_server.player import Player

SLICE = 0.2
"""Seconds of playing between two looks at what was asked for."""
PLANNED = ("figure1",)
"""Where the planner takes a blink; elsewhere it takes minutes, which `ecosystem arena` can wait for."""


@dataclass(frozen=True)
class ArenaStatus:
    """What the controls show of an arena.

    Attributes
    ----------
    setting : ArenaSetting
        What is compared.
    playing : bool
        Whether runs are being made.
    done, total : int
        Runs finished, and runs wanted.
    share : float
        Part of all steps that is done.
    now : str
        What is being run.
    message : str
        What went wrong and what to do; empty if nothing.
    revision : int
        Grows with every answer to a request, so that a refused input shows the value in force again.
    """

    setting: ArenaSetting
    playing: bool = False
    done: int = 0
    total: int = 0
    share: float = 0.0
    now: str = ""
    message: str = ""
    revision: int = 0


class ArenaPlay(Player):
    """Runs policies in worlds, one at a time, world after world.

    Parameters
    ----------
    setting : ArenaSetting
        What to begin with.
    limits : Limits
        What this server allows.
    publish, tell : callable
        Take messages for the board, with their buffers, and each `ArenaStatus`.
    """

    def __init__(
        self,
        setting: ArenaSetting,
        limits: Limits,
        publish: Callable[..., None],
        tell: Callable[[ArenaStatus], None],
    ) -> None:
        super().__init__(ArenaStatus(setting), limits, publish, tell)
        self.results: dict[tuple[str, int], Final] = {}
        self.planned: dict[int, float] = {}
        self._running: tuple[str, int, Recorded] | None = None
        self._stop_at = 0.0

    # --- requests, from any thread -----------------------------------------------------------------------

    def change(self, name: Any, value: Any) -> None:
        """Give a parameter another value; another world empties the table."""
        self.do(lambda: self._take(self.status.setting.with_value(str(name), value)))

    def tick(self, policy: Any, wanted: Any) -> None:
        """Choose a policy, or not."""
        self.do(lambda: self._take(self.status.setting.with_policy(policy, bool(wanted))))

    def show(self) -> None:
        """Send all there is: the board is new."""
        self.do(self._send)

    def download(self) -> None:
        """Send the table as CSV."""
        self.do(self._send_file)

    # --- the thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            self.status.setting.checked(self.limits)
        except BadInput:
            self.status = replace(self.status, setting=started("figure1"))
            raise
        finally:
            self._note()
            self._send()

    def _end(self) -> None:
        self._running = None

    def _patience(self) -> float | None:
        return 0 if self.status.playing else None

    def _turn(self) -> None:
        if not self.status.playing:
            return
        setting = self.status.setting
        missing = self._missing()
        if missing is None:
            self._say(playing=False)
            return
        if time.monotonic() >= self._stop_at:
            most = self.limits.arena_seconds
            told = f"This server runs an arena for {most:g} s at a time; what is done stays. Run goes on from there."
            self._say(playing=False, message=told)
            return
        if self._running is None:
            policy, seed = missing
            self._running = (policy, seed, Recorded(setting.model(policy, seed, self.limits)))
        policy, seed, run = self._running
        end = time.monotonic() + SLICE
        while run.left and time.monotonic() < end and not self._closed.is_set():
            run.play(1)
        if run.left:
            self._note()
            return
        self.results[policy, seed] = run.final()
        if policy == BASE and setting.environment in PLANNED:
            model = run.model
            found = plan(model.setting, model.beta, model.K, np.random.default_rng(seed), starts=STARTS)
            self.planned[seed] = found.welfare
        self._running = None
        self._note()
        self._send()

    def _failed(self, error: Exception, told: str) -> None:
        self._running = None
        self._say(message=f"The arena stopped with {told}. Run goes on with what is missing.", playing=False)

    def _say(self, **changes: Any) -> None:
        self.status = replace(self.status, message="", revision=self.status.revision + 1)
        self._note(**changes)
        self._send_address()

    def _note(self, **changes: Any) -> None:
        """Tell how far it is."""
        setting = self.status.setting
        wanted = [(policy, seed) for seed in range(setting.seeds) for policy in setting.names]
        done, under_way, now = sum(job in self.results for job in wanted), 0.0, ""
        if self._running is not None and self._running[:2] in wanted:
            policy, seed, run = self._running
            under_way, now = 1 - run.left / setting.steps, f"{policy}, seed {seed}"
        share = (done + under_way) / len(wanted)
        self.status = replace(
            self.status, done=done, total=len(wanted), share=share, **{"now": now, **changes}
        )
        self.tell(self.status)

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Run what is missing; what is done stays in the table."""
        self.status.setting.checked(self.limits)
        playing = [one for one in list(self.open) if isinstance(one, ArenaPlay) and one.status.playing]
        if len(playing) >= self.limits.arenas and self not in playing:
            raise BadInput(f"this server plays {self.limits.arenas} arenas at once; press Run again later")
        self._stop_at = time.monotonic() + self.limits.arena_seconds
        self._say(playing=True)

    def _missing(self) -> tuple[str, int] | None:
        """Return the next run: all policies in one world, then the next world."""
        setting = self.status.setting
        wanted = ((policy, seed) for seed in range(setting.seeds) for policy in setting.names)
        return next((job for job in wanted if job not in self.results), None)

    def _take(self, setting: ArenaSetting) -> None:
        setting.checked(self.limits)
        other = setting.world != self.status.setting.world
        if other:
            self.results, self.planned, self._running = {}, {}, None
        elif self._running is not None and self._running[0] not in setting.names:
            self._running = None
        self.status = replace(self.status, setting=setting)
        self._send()
        self._say(playing=self.status.playing and not other)

    # --- showing -----------------------------------------------------------------------------------------

    def _send(self) -> None:
        setting = self.status.setting
        shares = setting.environment in PLANNED
        self.publish(
            {
                "kind": "table",
                "columns": [
                    {"key": key, "title": title, "help": told}
                    for key, (title, told) in COLUMNS.items()
                    if shares or key != "share"
                ],
                "rows": [
                    row | {"about": dict(about(row["policy"]))}
                    for row in rows(setting, self.results, self.planned)
                ],
                "seeds": setting.seeds,
                "title": self._title(),
                "command": setting.command(),
                "shares": shares,
                "against": setting.against,
                "quantities": list(AGAINST.items()),
            }
        )
        self._send_address()

    def _title(self) -> str:
        setting = self.status.setting
        sizes = [
            f"{count} {what}"
            for count, what in ((setting.n_creators, "creators"), (setting.n_users, "users"))
            if count is not None
        ]
        worlds = "1 seed" if setting.seeds == 1 else f"{setting.seeds} seeds"
        parts = [
            setting.environment,
            *sizes,
            worlds,
            f"{setting.steps} steps",
            f"LBR evaluation {setting.lbr_evaluation}",
        ]
        return " · ".join(parts)

    def _send_address(self) -> None:
        query = to_query(self.status.setting)
        self.publish({"kind": "address", "query": query, "playing": self.status.playing})

    def _send_file(self) -> None:
        setting = self.status.setting
        data = to_csv(setting, rows(setting, self.results, self.planned))
        name = f"arena-{setting.environment}.csv"
        self.publish({"kind": "file", "name": name, "type": "text/csv"}, [data])
