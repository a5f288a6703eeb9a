"""Which users stay, and who comes back: rules by name.

To add one, write a frozen dataclass as `Retention` has it and name it in `RETENTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import real


class Retention(Protocol):
    """A rule by which users stay for the next step or do not.

    It goes by what each got lately: ``smoothed += smoothing * (utility - smoothed)`` in each step it is there, from
    its utility before the first on. Who is away is back with the chance ``back`` in each step, `smoothed` as it was.

    Examples
    --------
    >>> rule: Retention = Returning(back=0.25)
    >>> rule.smoothing, rule.back
    (0.1, 0.25)
    """

    @property
    def smoothing(self) -> float:
        """Weight of a step, in (0, 1]."""

    @property
    def back(self) -> float:
        """Chance of coming back, in [0, 1]."""

    def stays(self, smoothed: np.ndarray) -> np.ndarray:
        """Return the chance that each user stays, (m,), in [0, 1]."""
        ...


@dataclass(frozen=True)
class Everybody:
    """All users stay, as in the paper.

    Examples
    --------
    >>> Everybody().stays(np.array([0.0, 0.9])).tolist()
    [1.0, 1.0]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Section 3"

    smoothing: float = 1.0
    back: float = 1.0

    def stays(self, smoothed: np.ndarray) -> np.ndarray:
        """Return the chance that each user stays, 1, (m,)."""
        return np.ones(len(smoothed))


@dataclass(frozen=True)
class Returning:
    """A user stays with a chance that rises with what it got lately: ``1 / (1 + exp((middle - smoothed) / width))``.

    Parameters
    ----------
    middle : float
        Utility at which the chance is one half.
    width : float
        How much more brings it to 73 %, above 0.
    back : float
        Chance a step that a user who is away comes back, in [0, 1].
    smoothing : float
        Weight of a step's utility in what a user got lately, in (0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> Returning(middle=0.4, width=0.1).stays(np.array([0.4, 0.7])).round(3).tolist()
    [0.5, 0.953]
    """

    reference: ClassVar[str] = "this project"

    middle: float = 0.4
    width: float = 0.1
    back: float = 0.1
    smoothing: float = 0.1

    def __post_init__(self) -> None:
        real("middle of returning", self.middle)
        real("width of returning", self.width, above=0)

    def stays(self, smoothed: np.ndarray) -> np.ndarray:
        """Return the chance that each user stays, (m,)."""
        return np.asarray(0.5 + 0.5 * np.tanh((smoothed - self.middle) / (2.0 * self.width)))


RETENTIONS: dict[str, Callable[..., Retention]] = {"none": Everybody, "returning": Returning}
"""Every rule by the name people type."""


def retention_of(name_or_rule: str | Retention) -> Retention:
    """Return the rule of that name (see `lookup`), or the object itself if it says who ``stays``.

    Raises
    ------
    BadInput
        If there is no such rule, it cannot be made, it has no ``stays``, or a number is outside its range.

    Examples
    --------
    >>> retention_of("returning(middle=0.3)")
    Returning(middle=0.3, width=0.1, back=0.1, smoothing=0.1)
    """
    rule = lookup.object_of("retention", name_or_rule, RETENTIONS, "stays")
    who = f"of retention {type(rule).__name__}"
    real(f"back {who}", getattr(rule, "back", None), at_least=0, at_most=1)
    real(f"smoothing {who}", getattr(rule, "smoothing", None), above=0, at_most=1)
    return rule
