"""Controls: as sharp as SMT or HMT on average, and the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.mechanisms.hmt import HMT
from ecosystem_agents.mechanisms.smt import SMT
from ecosystem_agents.mechanisms.terms import Terms


@dataclass(frozen=True)
class SMTSharpness:
    """Control: no reweighting; everybody gets the mean temperature that SMT would deploy.

    It is as sharp as SMT on average and steers nobody. Where it is compared with an SMT run, let its
    platform follow that run's weights (`Platform.follow`); alone, it goes by the weights its
    own platform computes.

    Examples
    --------
    >>> SMTSharpness().deploy(np.array([0.5, 1.5]), beta=0.1, K=20, n_creators=200).beta.tolist()
    [0.1, 0.1]
    """

    reference: ClassVar[str] = "a control of this project for SMT"
    needs: ClassVar[str] = "group utilities"

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the user mean of SMT's temperatures for everybody, with unit reward weights."""
        shown = SMT().deploy(weights, beta, K, n_creators)
        # Around the default, so that the mean of equals is their value: on some machines a plain one is an ulp off.
        temperature = beta + (shown.beta - beta).mean()
        return Terms(shown.reward_weight, np.full(len(weights), temperature), shown.K)


@dataclass(frozen=True)
class HMTSharpness:
    """Control: no reweighting; everybody gets the mean list length that HMT would deploy, rounded half up.

    To HMT what `SMTSharpness` is to SMT.

    Examples
    --------
    >>> HMTSharpness().deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).K.tolist()  # of 10 and 40
    [25, 25]
    """

    reference: ClassVar[str] = "a control of this project for HMT"
    needs: ClassVar[str] = "group utilities"

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the user mean of HMT's list lengths for everybody, with unit reward weights."""
        shown = HMT().deploy(weights, beta, K, n_creators)
        length = int(np.floor(shown.K.mean() + 0.5))
        return Terms(shown.reward_weight, shown.beta, np.full(len(weights), length, dtype=np.int64))
