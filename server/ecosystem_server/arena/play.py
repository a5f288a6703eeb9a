"""The arena of one page: runs policies in the background, a slice at a time, and keeps what they came to."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from ecosystem.environments.niches import NICHES
from ecosystem.policies import BASE
from ecosystem.yardsticks.attainable import attainable
from ecosystem.yardsticks.final import Final, Recorded
from ecosystem.yardsticks.planner import plan_world
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.arena.setting import AGAINST, ArenaSetting, about
from ecosystem_server.arena.table import COLUMNS, SHARES, rows, to_csv
from ecosystem_server.board import Json
from ecosystem_server.player import Player, Status

SLICE = 0.2
"""Seconds of playing between two looks at what was asked for."""


@dataclass(frozen=True)
class ArenaStatus(Status[ArenaSetting]):
    """What the controls show of an arena."""

    done: int = 0  # runs
    total: int = 0
    share: float = 0.0  # part of all steps that is done
    now: str = ""  # what is being run


class ArenaPlay(Player[ArenaSetting, ArenaStatus]):
    """Runs policies in worlds, one at a time, world after world."""

    plural, setting_kind, status_kind = "arenas", ArenaSetting, ArenaStatus
    failure = "The arena stopped with {}. Run goes on with what is missing."

    results: dict[tuple[str, int], Final]
    planned_in: ClassVar[tuple[str, ...]] = ("figure1", *(one.name for one in NICHES))
    """Where the yardsticks take a blink; elsewhere it takes minutes, which `ecosystem arena` can wait for."""
    planned: dict[int, tuple[float, float]]
    _running: tuple[str, int, Recorded] | None = None  # the run under way
    _stop_at = 0.0

    def change(self, name: Any, value: Any) -> None:
        """Give a parameter another value; another world empties the table."""
        self.do(lambda: self._reset(self.status.setting.with_value(str(name), value)))

    def tick(self, policy: Any, wanted: Any) -> None:
        """Choose a policy, or not."""
        self.do(lambda: self._reset(self.status.setting.with_policy(policy, bool(wanted))))

    def take(self, message: Json) -> None:
        """Take a message of the board: a quantity was chosen, or the table is wanted as CSV."""
        if message.get("kind") == "against":
            self.change("against", message.get("value"))
        elif message.get("kind") == "download":
            self.do(self._send_file)

    # --- the thread --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.results, self.planned = {}, {}
        super()._begin()

    def _end(self) -> None:
        self._running = None

    def _patience(self) -> float | None:
        return 0 if self.status.playing else None

    def _turn(self) -> None:
        if not self.status.playing:
            return
        missing = next((job for job in self._wanted() if job not in self.results), None)
        if missing is None:
            self._set_status(playing=False)
        elif time.monotonic() >= self._stop_at:
            most = self.limits.arena_seconds
            message = f"This server runs an arena for {most:g} s at a time; what is done stays."
            self._set_status(playing=False, message=f"{message} Run goes on from there.")
        else:
            self._play_slice(*missing)
            self.status = replace(self.status, **self._progress())
            self.notify(self.status)

    def _fail(self, message: str) -> None:
        self._running = None
        super()._fail(message)

    def _progress(self) -> dict[str, Any]:
        wanted = self._wanted()
        done, under_way, now = sum(job in self.results for job in wanted), 0.0, ""
        if self._running and self._running[:2] in wanted:
            policy, seed, run = self._running
            under_way = 1 - run.left / self.status.setting.steps
            now = f"{policy}, world {seed}"
        return {"done": done, "total": len(wanted), "share": (done + under_way) / len(wanted), "now": now}

    def now(self) -> ArenaSetting:
        """See `Player`."""
        return self.status.setting

    # --- playing -----------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Run what is missing; what is done stays in the table."""
        self.status.setting.checked(self.limits)
        kinds: list[type[ArenaPlay]] = [ArenaPlay, *ArenaPlay.__subclasses__()]
        playing = [one for kind in kinds for one in list(kind.open) if one.status.playing]
        if len(playing) >= self.limits.arenas:
            raise BadInput(f"this server plays {self.limits.arenas} arenas at once; press Run again later")
        self._stop_at = time.monotonic() + self.limits.arena_seconds
        self._set_status(playing=True)

    def _wanted(self) -> list[tuple[str, int]]:
        """Return all runs: all policies in one world, then the next world."""
        setting = self.status.setting
        return [(policy, seed) for seed in range(setting.seeds) for policy in setting.names]

    def _play_slice(self, policy: str, seed: int) -> None:
        setting = self.status.setting
        if self._running is None:
            self._running = policy, seed, Recorded(setting.model(policy, seed, self.limits))
        policy, seed, run = self._running
        end = time.monotonic() + SLICE
        while run.left and time.monotonic() < end and not self._closed.is_set():
            run.play(1)
        if run.left:
            return
        self.results[policy, seed] = run.final()
        if policy == BASE and setting.environment in self.planned_in:
            plan = plan_world(run.model, seed)
            self.planned[seed] = plan.welfare, attainable(setting.parameters, plan.strategies, seed)
        self._running = None
        self._send_all()

    def _reset(self, setting: ArenaSetting) -> None:
        """Compare something else: another world empties the table."""
        setting.checked(self.limits)
        other = setting.world != self.status.setting.world
        if other:
            self.results, self.planned, self._running = {}, {}, None
        elif self._running is not None and self._running[0] not in setting.names:
            self._running = None
        self.status = replace(self.status, setting=setting)
        self._send_all()
        self._set_status(playing=self.status.playing and not other)

    # --- showing -----------------------------------------------------------------------------------------

    def _send_all(self) -> None:
        setting = self.status.setting
        shares = setting.environment in self.planned_in
        self.publish(
            {
                "kind": "table",
                "columns": [
                    {"key": key, "title": title, "help": help_line}
                    for key, (title, help_line) in COLUMNS.items()
                    if shares or key not in SHARES
                ],
                "rows": [
                    asdict(row) | {"about": about(row.policy)}
                    for row in rows(setting, self.results, self.planned)
                ],
                "seeds": setting.seeds,
                "title": setting.title(),
                "command": setting.command(),
                "shares": shares,
                "against": setting.against,
                "quantities": list(AGAINST.items()),
            }
        )
        self.send_address()

    def _send_file(self) -> None:
        setting = self.status.setting
        data = to_csv(setting, rows(setting, self.results, self.planned))
        name = f"arena-{setting.environment}.csv"
        self.publish({"kind": "file", "name": name, "type": "text/csv"}, [data])
