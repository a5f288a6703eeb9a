"""What is read off the last steps of a run: the figures that reports call final."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.metrics import gini, tail_length, tail_mean
from ecosystem_agents.reweighting import group_means


@dataclass(frozen=True)
class Final:
    """Means over the last ``min(250, T / 10)`` steps of a run of T steps.

    Examples
    --------
    >>> run = Recorded(CreatorEconomy(environment="figure1", horizon=20, rng=0))
    >>> run.play()
    >>> final = run.final()
    >>> final.groups.shape, final.worst_group <= final.welfare_groups, final.turnovers
    ((5,), True, 0)
    """

    welfare: float  # of users, under the terms shown
    welfare_default: float  # the same under the default terms
    groups: np.ndarray  # mean utility of each group, (L,), under the default terms
    groups_deployed: np.ndarray  # the same under the terms shown
    creator_gini: float  # Gini coefficient of creators' pay, negative pay counted as 0
    negative_pay: float  # share of creators whose pay is below 0
    payout: float  # sum of creators' pay a step, in units of one user's utility
    welfare_during: float  # of users under the terms shown, over all steps and not the last alone
    turnovers: int  # creators who left, over all steps

    @property
    def welfare_groups(self) -> float:
        """The mean over groups of their mean utility, whatever their sizes, under the default terms."""
        return float(np.mean(self.groups))

    @property
    def welfare_groups_deployed(self) -> float:
        """`welfare_groups` under the terms shown."""
        return float(np.mean(self.groups_deployed))

    @property
    def worst_group(self) -> float:
        """Mean utility of the worst served group, under the default terms."""
        return float(np.min(self.groups))

    @property
    def sd_groups(self) -> float:
        """How far group means are apart, under the default terms: as a standard deviation."""
        return float(np.std(self.groups))

    @property
    def worst_group_deployed(self) -> float:
        """`worst_group` under the terms shown."""
        return float(np.min(self.groups_deployed))

    @property
    def sd_groups_deployed(self) -> float:
        """`sd_groups` under the terms shown."""
        return float(np.std(self.groups_deployed))


class Recorded:
    """A run that is played a few steps at a time from its start, and notes what happens in the last of them.

    Examples
    --------
    >>> run = Recorded(CreatorEconomy(environment="figure1", horizon=20, rng=0))
    >>> run.play(15)
    >>> run.left, run.window  # min(250, 20 / 10)
    (5, 2)
    """

    def __init__(self, model: CreatorEconomy) -> None:
        self.model = model
        self.window = tail_length(model.horizon)
        self._shown, self._default = np.zeros(model.n_users), np.zeros(model.n_users)
        self._there = np.zeros(model.n_users)  # in how many steps each was
        self._pay: list[tuple[float, float, float]] = []

    @property
    def left(self) -> int:
        """Steps until the horizon."""
        return max(int(self.model.horizon - self.model.steps), 0)

    def play(self, steps: int | None = None) -> None:
        """Take that many steps, or as many as are left until the horizon, and no more than these."""
        steps = self.left if steps is None else min(steps, self.left)
        quiet = min(steps, max(self.left - self.window, 0))
        self.model.run(quiet)
        for _ in range(steps - quiet):
            self.model.run(1)
            self._note()

    def final(self) -> Final:
        """Return the figures of a run that was played to its horizon."""
        model = self.model
        share = self._there / self.window
        mass, each = model.user_mass * share, np.maximum(share, 1e-300)
        with np.errstate(invalid="ignore"):  # a group of which nobody was there keeps its last mean
            default, shown = (
                group_means(utilities / each, model.groups, model.n_groups, mass)
                for utilities in (self._default, self._shown)
            )
        default, shown = (np.where(np.isnan(one), model.group_utilities, one) for one in (default, shown))
        gini_of_pay, negative, payout = (float(np.mean(figure)) for figure in zip(*self._pay, strict=True))
        series = model.datacollector.model_vars
        return Final(
            welfare=tail_mean(series["welfare"], model.horizon),
            welfare_default=tail_mean(series["welfare_default"], model.horizon),
            groups=default,
            groups_deployed=shown,
            creator_gini=gini_of_pay,
            negative_pay=negative,
            payout=payout,
            welfare_during=float(np.mean(series["welfare"][1:])),
            turnovers=int(sum(series["left"])),
        )

    def _note(self) -> None:
        model, pay, there = self.model, self.model.creator_utilities, self.model.attending
        self._there += there
        self._shown += there * model.expected_utilities / self.window
        self._default += there * model.default_utilities / self.window
        negative = float((pay < 0).mean()) if len(pay) else 0.0
        self._pay.append((gini(pay), negative, float(pay.sum())))
