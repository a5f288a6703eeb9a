"""Hard Matching Truncation: the list length follows the weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.mechanisms.mappings import WeightMapping, check_mapping, list_length, mapped
from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class HMT:
    """Hard Matching Truncation, Eq. (10), Algorithm 5: the list length follows the weight.

    Parameters
    ----------
    mapping : callable or str, optional
        Increasing function g of Algorithm 5, from weights (m,) to list lengths (m,), or the text of a family of
        these, such as ``power(2)``. Default: ``ceil(K * w)`` (Section 5.1.3). Lengths are kept between 1 and
        `n_creators`.

    Raises
    ------
    BadInput
        If `mapping` can neither be called nor names a mapping.

    Examples
    --------
    >>> HMT().deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).K.tolist()
    [10, 40]
    >>> HMT("power(2)").deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).K.tolist()  # 20 w^2
    [5, 80]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Eq. (10) and Algorithm 5"
    needs: ClassVar[str] = "group utilities"
    user_by_user: ClassVar[bool] = True

    mapping: WeightMapping = None

    def __post_init__(self) -> None:
        check_mapping("mapping of hmt", self.mapping)

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the mapped list lengths, with unit reward weights and the default beta."""
        default = default_terms(weights, beta, K, n_creators)
        lengths = list_length(mapped(self.mapping, weights, K, n_creators), n_creators)
        return Terms(default.reward_weight, default.beta, lengths)
