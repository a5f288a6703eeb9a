"""Which users are there: they stay, go and come back by a retention rule."""

from __future__ import annotations

import numpy as np

from ecosystem.retention import Everybody, Retention
from ecosystem.sharding.audience import Audience


class Attendance:
    """The users who are there, and what groups got while anybody of them was.

    Attributes
    ----------
    present, lost : int
        How many are there, and how many went as the last step began.
    """

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.present, self.lost = audience.n_users, 0
        self.kept: np.ndarray | None = None  # means of groups, (L,), once somebody may have gone

    def begin_step(self, rule: Retention, step: int, rng: np.random.Generator) -> None:
        """Let users go, or come back."""
        self.lost = 0
        if type(rule) is Everybody and self.present == self.audience.n_users:
            self.kept = None
            return
        self.kept = self.group_means
        self.present, self.lost = self.audience.attend(rule, step, rng)

    def end_step(self, rule: Retention) -> None:
        """Let users remember what they got."""
        if self.kept is not None:
            self.audience.ask("remember", rule.smoothing)
        self.note_means()

    def note_means(self) -> None:
        """Keep what groups get now, once somebody may have gone."""
        if self.kept is not None:
            self.kept = self._or_kept(self.audience.group_means("expected_utilities"))

    @property
    def group_means(self) -> np.ndarray:
        """Mean expected utility of each group in the last step in which anybody of it was there, (L,)."""
        return self.audience.group_means("expected_utilities") if self.kept is None else self.kept

    def epoch_means(self) -> np.ndarray:
        """Return each group's mean over the epoch (Algorithm 1, line 6), (L,); the last where nobody was there."""
        return self._or_kept(self.audience.epoch_means(all_there=self.kept is None))

    def _or_kept(self, means: np.ndarray) -> np.ndarray:
        return means if self.kept is None else np.where(np.isnan(means), self.kept, means)
