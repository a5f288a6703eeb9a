"""A player whose world goes step by step: its speed, and the last step that a server allows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from ecosystem_agents.inputs.checks import real
from ecosystem_server.player import Player, SettingT, Status


@dataclass(frozen=True)
class StepStatus(Status[SettingT]):
    """What the controls show of a play that goes step by step."""

    speed: float = 1.0  # steps a second


StatusT = TypeVar("StatusT", bound=StepStatus[Any])


class Stepper(Player[SettingT, StatusT]):
    """Plays at the speed of its status, up to a last step."""

    requests = (*Player.requests, "step", "reset", "slower", "faster")
    speeds: ClassVar[tuple[float, ...]]
    """Steps a second on offer, from the slowest."""
    speed_limit: ClassVar[str]
    step_limit: ClassVar[str]
    """Which of `Limits` bound them."""

    @property
    def fastest(self) -> float:
        """Steps a second that this server plays at most."""
        return float(min(getattr(self.limits, self.speed_limit), self.speeds[-1]))

    def offered_speeds(self) -> list[float]:
        """Return the speeds that this server plays."""
        return [speed for speed in self.speeds if speed <= max(self.fastest, self.speeds[0])]

    def step(self) -> None:
        """Take one step."""
        self.do(self._step_once)

    def reset(self, setting: SettingT | None = None) -> None:
        """Start anew: with another setting, or with the present values."""
        self.do(lambda: self._reset(setting or self.status.setting))

    def set_speed(self, speed: float) -> None:
        """Set the steps a second."""
        self.do(lambda: self._set_status(speed=min(max(real("speed", speed), self.speeds[0]), self.fastest)))

    def slower(self) -> None:
        """Go to the next smaller speed."""
        self.set_speed(max((s for s in self.speeds if s < self.status.speed), default=0.0))

    def faster(self) -> None:
        """Go to the next larger speed."""
        self.set_speed(min((s for s in self.speeds if s > self.status.speed), default=self.fastest))

    @abstractmethod
    def _step_once(self) -> None:
        """Take a step, if there is one to take."""

    @abstractmethod
    def _steps_done(self) -> int:
        """Return how many steps were taken."""

    def _is_full(self) -> bool:
        """Whether this server plays no further."""
        return self._steps_done() >= getattr(self.limits, self.step_limit)

    def _wait_as_if_playing(self) -> None:
        """Let a step take its time: pressed however fast, it is no faster than playing."""
        self._closed.wait(1 / self.fastest)

    def _standing_message(self) -> str:
        most = getattr(self.limits, self.step_limit)
        return f"This server plays at most {most} steps; Reset starts anew." if self._is_full() else ""
