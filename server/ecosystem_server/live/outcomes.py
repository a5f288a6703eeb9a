"""How runs of the tour ended, and which of a stop's three answers that bears out: nothing but what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.metrics import at_centre, users_served
from ecosystem.ranking.competition import RankingCompetition


@dataclass(frozen=True)
class End:
    """How one arm ended."""

    served: int  # places with a creator within 0.3: users of Figure 1, clusters; or queries with a publisher
    places: int
    crowd: int  # creators there at the first place: the central user, the largest cluster, the first query
    welfare: float
    settled: bool = False  # of publishers: whether nobody can improve

    @classmethod
    def of(cls, model: CreatorEconomy) -> End:
        """Return how a world stands; its places are the means of its groups, which for Figure 1 are its users."""
        means = np.array([model.users[model.groups == group].mean(axis=0) for group in range(model.n_groups)])
        ends = means, model.strategies
        return cls(users_served(*ends), len(means), at_centre(*ends), float(model.welfare))

    @classmethod
    def of_game(cls, model: RankingCompetition) -> End:
        """Return how a ranking game stands."""
        winners = model.profile.winners
        welfare = float(model.profile.welfare)
        return cls(sum(map(bool, winners)), len(winners), len(winners[0]), welfare, model.converged)


Ends = Sequence[End]
"""How the arms of one run ended, or one arm of many runs."""
Counted = tuple[str, Callable[[End], float]]
"""What a table counts of each arm, by its title."""

USUAL: tuple[Counted, ...] = (
    ("served, of all five", lambda end: end.served),
    ("at the centre", lambda end: end.crowd),
    ("welfare", lambda end: end.welfare),
)

# Of each, the number of the answer, 0 to 2, in the order in which the stop has them.


def outer(ends: Ends) -> int:
    """Return whether none, some or all of the places but the first are served."""
    served = ends[0].served - (ends[0].crowd > 0)
    return 0 if served == 0 else 1 if served < ends[0].places - 1 else 2


def crowded(ends: Ends) -> int:
    """Return whether all are served; else whether two or more share the first place, or not."""
    return 0 if ends[0].served == ends[0].places else 1 if ends[0].crowd >= 2 else 2


def serves_more(ends: Ends) -> int:
    """Return whether the last arm serves more places than the first, as many, or fewer."""
    return 1 - int(np.sign(ends[-1].served - ends[0].served))


def crowds_more(ends: Ends) -> int:
    """Return whether in the last arm more share the first place than in the first arm, as many, or fewer."""
    return 1 - int(np.sign(ends[-1].crowd - ends[0].crowd))


def too_late(ends: Ends) -> int:
    """Return whether the last arm serves more; else whether both end alike, welfare within 0.01, or not."""
    first, last = ends[0], ends[-1]
    if last.served > first.served:
        return 0
    return 1 if last.served == first.served and abs(last.welfare - first.welfare) <= 0.01 else 2


def often(ends: Ends) -> int:
    """Return whether all are served in more than half of the runs, in a tenth of them to a half, or in fewer."""
    share = np.mean([end.served == end.places for end in ends])
    return 0 if share > 0.5 else 1 if share >= 0.1 else 2


def spread(ends: Ends) -> int:
    """Return whether all places are served, more than half of them, or not."""
    return 0 if ends[0].served == ends[0].places else 1 if 2 * ends[0].served > ends[0].places else 2


def settles(ends: Ends) -> int:
    """Return whether the first game settled with every query served, settled otherwise, or did not settle."""
    return 2 if not ends[0].settled else 0 if ends[0].served == ends[0].places else 1
