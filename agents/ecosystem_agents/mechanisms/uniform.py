"""The same other terms for everybody: sharper matching and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.inputs.checks import real, whole
from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class Uniform:
    """Everybody at another temperature or list length, whatever the weights.

    Plain sharper matching: the comparison that tells what steering adds. SMT and HMT sharpen the matching of
    most users on top of steering creators; ``uniform(beta=0.02)`` and ``uniform(K=4)`` sharpen it for everybody
    and steer nobody.

    Parameters
    ----------
    beta : float, optional
        Everybody's softmax temperature, above 0; the default one if not given.
    K : int, optional
        Everybody's list length, at least 1, above the number of creators counting as that; the default one if
        not given.

    Raises
    ------
    BadInput
        If a number is outside its range.

    Examples
    --------
    >>> Uniform(K=4).deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).K.tolist()
    [4, 4]
    """

    reference: ClassVar[str] = "a control of this project: Eq. (1) at other terms"
    needs: ClassVar[str] = "nothing"
    user_by_user: ClassVar[bool] = True
    uses_weights: ClassVar[bool] = False

    beta: float | None = None
    K: int | None = None

    def __post_init__(self) -> None:
        if self.beta is not None:
            real("beta of uniform", self.beta, above=0)
        if self.K is not None:
            whole("K of uniform", self.K, at_least=1)

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return unit reward weights and everybody's beta and K."""
        return default_terms(
            weights, beta if self.beta is None else self.beta, K if self.K is None else self.K, n_creators
        )
