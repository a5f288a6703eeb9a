"""What a mechanism deploys: terms for each user, and the protocol every mechanism follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Terms:
    """What the platform deploys for each user: reward weight, temperature and list length.

    Attributes
    ----------
    reward_weight : (m,) array
        Factor on the rewards earned from each user, at least 0 (w of Eq. 8).
    beta : (m,) array
        Softmax temperature of each user's matching, above 0 (Eq. 9).
    K : (m,) int array
        Length of each user's list, at least 1 (Eq. 10).
    pay_beta, pay_K : (m,) array, optional
        Terms that creators' pay is computed on, where they differ from the terms shown.

    Examples
    --------
    >>> shorter = Terms(reward_weight=np.ones(2), beta=np.full(2, 0.1), K=np.array([20, 4]))
    >>> shorter.K.tolist()
    [20, 4]
    """

    reward_weight: np.ndarray
    beta: np.ndarray
    K: np.ndarray
    pay_beta: np.ndarray | None = None
    pay_K: np.ndarray | None = None


class Mechanism(Protocol):
    """Anything that turns weights into terms; the platform holds one and may swap it at any step.

    A mechanism may say where it comes from (``reference``) and what a platform must know to run it (``needs``), two
    class attributes of plain text that ``ecosystem list`` shows. One whose terms are the same whatever the weights
    says ``uses_weights = False``. One whose terms for a user follow from that user's weight alone says
    ``user_by_user = True``; it is then asked for the terms of each group, however many users there are.

    Examples
    --------
    >>> class Short:
    ...     def deploy(self, weights, beta, K, n_creators):
    ...         return default_terms(weights, beta, 1, n_creators)
    >>> Short().deploy(np.ones(2), beta=0.1, K=20, n_creators=200).K.tolist()
    [1, 1]
    """

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the terms for per-user `weights` (m,) and the default `beta` and `K`."""
        ...


def default_terms(weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
    """Return unit reward weights and the default beta and K, one a user; K at most `n_creators`.

    Examples
    --------
    >>> default_terms(np.ones(2), beta=0.1, K=20, n_creators=5).K.tolist()
    [5, 5]
    """
    m = len(weights)
    return Terms(np.ones(m), np.full(m, float(beta)), np.full(m, min(K, n_creators), dtype=np.int64))
