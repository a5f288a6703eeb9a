"""Soft Matching Truncation: the temperature follows the weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms.mappings import WeightMapping, check_mapping, mapped
from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class SMT:
    """Soft Matching Truncation, Eq. (9), Algorithm 4: the temperature follows the weight.

    Parameters
    ----------
    mapping : callable or str, optional
        Increasing function f of Algorithm 4, from weights (m,) to temperatures (m,) above 0, or the text of
        a family of these, such as ``power(2)``. Default: ``beta * w`` (Section 5.1.3).

    Raises
    ------
    BadInput
        If `mapping` can neither be called nor names a mapping.

    Examples
    --------
    >>> SMT().deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).beta.tolist()
    [0.05, 0.2]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Eq. (9) and Algorithm 4"
    needs: ClassVar[str] = "group utilities"
    user_by_user: ClassVar[bool] = True

    mapping: WeightMapping = None

    def __post_init__(self) -> None:
        check_mapping("mapping of smt", self.mapping)
        if isinstance(self.mapping, str) and self.mapping.strip().startswith("table_1"):
            raise BadInput("smt takes no table_1, whose percentiles are no temperatures: give it to hmt")

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the mapped temperatures, with unit reward weights and the default K.

        Raises
        ------
        BadInput
            If a temperature is not above 0.
        """
        default = default_terms(weights, beta, K, n_creators)
        temperatures = mapped(self.mapping, weights, beta, n_creators)
        if not (temperatures > 0).all():
            raise BadInput(
                f"SMT maps a weight of {weights[np.argmin(temperatures)]:g} to the temperature "
                f"{temperatures.min():g}; temperatures must be above 0: raise w_min or change the mapping"
            )
        return Terms(default.reward_weight, temperatures, default.K)
