"""The platform: it watches what user groups get, reweights them, and deploys a mechanism (Algorithm 1)."""

from __future__ import annotations

import reprlib
from dataclasses import replace

import numpy as np
from mesa import Agent

from ecosystem_agents.inputs.checks import BadInput, finite_array
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.mechanisms import Mechanism, NoIntervention, Terms
from ecosystem_agents.reweighting import reweight
from ecosystem_agents.world import PlatformWorld


class Platform(Agent):
    """Runs Algorithm 1; an idle one (no intervention) still computes the weights it would deploy.

    The model's settings are read at each update and deployment, so they may change while it runs; the mechanism may
    be swapped at any time.
    """

    model: PlatformWorld

    def __init__(self, model: PlatformWorld, mechanism: Mechanism) -> None:
        super().__init__(model)
        self.mechanism = mechanism
        self.weights = np.ones(model.n_groups)
        self.group_utilities = np.full(model.n_groups, np.nan)  # means over the last complete epoch
        self._given: np.ndarray | None = None
        self._epoch = 0

    def remove(self) -> None:
        """Refuse: without a platform nobody is matched."""
        raise BadInput(
            "the platform cannot be removed; mechanism 'none' is a platform that does not intervene"
        )

    @property
    def weights_matter(self) -> bool:
        """Whether other weights would make other terms: under some mechanisms they are computed and never used."""
        return self.model.weighting == "uir" or getattr(self.mechanism, "uses_weights", True)

    def follow(self, history: np.ndarray) -> None:
        """Deploy given weights, (E, L), at least 0, instead of computing any: row e in epoch e, then the last row.

        This is how controls copy another run: its weights epoch by epoch, or its last ones from the start.
        """
        history = finite_array("history", history, ndim=2)
        groups = len(self.weights)
        if history.shape[1] != groups or (history < 0).any():
            raise BadInput(
                f"history has shape {history.shape}; it must be weights at least 0, one row an epoch and one "
                f"column for each of {groups} groups"
            )
        self._given, self._epoch = history.copy(), 0
        self.weights = self._given[0].copy()

    def end_epoch(self, group_utilities: np.ndarray) -> None:
        """Compute the next epoch's weights from what each group got on average, (L,) (Algorithm 1, lines 6 to 9)."""
        model = self.model
        self.group_utilities = group_utilities
        if self._given is not None:
            self._epoch = min(self._epoch + 1, len(self._given) - 1)
            self.weights = self._given[self._epoch].copy()
            return
        alpha = model.alpha if 2 * model.steps <= model.horizon else model.late_alpha
        self.weights = reweight(
            self.weights,
            self.group_utilities,
            alpha,
            model.w_min,
            model.w_max,
            renormalise=model.renormalise_after_clip,
        )

    @property
    def deploys_by_group(self) -> bool:
        """Whether users of a group get the same terms for sure: the mechanism says so."""
        return bool(getattr(self.mechanism, "user_by_user", False))

    def terms(self, by_group: bool = False) -> Terms:
        """Return what the mechanism makes of the present weights, one a user or one a group (Algorithm 1, line 4).

        The model's ``weighting`` and ``pay_terms`` then say how users are weighted and which terms pay is computed
        on, whatever it deploys.
        """
        model, weights = self.model, self.weights if by_group else self.weights[self.model.groups]
        mechanism = self.mechanism
        items = max(model.n_items, 1)
        terms = call(
            "mechanism", mechanism, model.steps, mechanism.deploy, weights, model.beta, model.K, items
        )
        if not isinstance(terms, Terms):
            raise BadInput(
                f"mechanism {type(mechanism).__name__} deployed {reprlib.repr(terms)}; deploy must return "
                "ecosystem_agents.mechanisms.Terms with reward_weight, beta and K, one number a user"
            )
        if model.weighting == "uir":
            terms = replace(terms, reward_weight=terms.reward_weight * weights)
        if model.pay_terms == "default":
            default = NoIntervention().deploy(weights, model.beta, model.K, items)
            terms = replace(terms, pay_beta=default.beta, pay_K=default.K)
        return terms
