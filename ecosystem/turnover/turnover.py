"""What a turnover rule is."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Turnover(Protocol):
    """A rule by which creators give up. It holds no state: what it must remember is in `memory`.

    It may say where it comes from (``reference``), which ``ecosystem list`` shows.

    Examples
    --------
    >>> class Unpaid:
    ...     def exits(self, step, horizon, pay, memory):
    ...         return pay <= 0
    >>> Unpaid().exits(1, 100, np.array([0.0, 5.0]), np.zeros(2)).tolist()
    [True, False]
    """

    def exits(self, step: int, horizon: int, pay: np.ndarray, memory: np.ndarray) -> np.ndarray:
        """Return who leaves as a step begins, (n,) bool.

        Parameters
        ----------
        step, horizon : int
            The step that begins, from 1 on, and T.
        pay : (n,) array
            What each of the living was paid in the step before: on the terms pay is computed on, weights included.
        memory : (n,) array
            A number a creator for the rule to change in place, 0 at birth.
        """
        ...
