"""Which creators give up: one small file a rule.

To add one, write a frozen dataclass with an ``exits`` method (see `Turnover`) in a file of its own and name it in
`TURNOVERS`. How many newcomers come, and where, are parameters of the model whatever the rule.
"""

from __future__ import annotations

from collections.abc import Callable

from ecosystem.turnover.least_paid import LeastPaid as LeastPaid
from ecosystem.turnover.nobody import Nobody as Nobody
from ecosystem.turnover.patience import Patience as Patience
from ecosystem.turnover.turnover import Turnover as Turnover
from ecosystem_agents.inputs import lookup

TURNOVERS: dict[str, Callable[..., Turnover]] = {
    "none": Nobody,
    "patience": Patience,
    "least_paid": LeastPaid,
}
"""Every rule by the name people type."""


def turnover_of(name_or_rule: str | Turnover) -> Turnover:
    """Return the rule of that name (see `lookup`), or the object itself if it says who ``exits``.

    Raises
    ------
    BadInput
        If there is no such rule, it cannot be made, or it has no ``exits``.

    Examples
    --------
    >>> turnover_of("patience(steps=3)")
    Patience(share=0.2, steps=3, outside=None)
    """
    return lookup.object_of("turnover", name_or_rule, TURNOVERS, "exits")
