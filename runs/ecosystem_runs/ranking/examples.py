"""The examples and figures of the second paper, as profiles: its numbers are lost, these make the same points."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import Profile, RankingGame
from ecosystem.ranking.move import measure
from ecosystem.ranking.renaming import same_up_to_renaming
from ecosystem.ranking.responses import best_response, best_utility, is_equilibrium

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Path:
    """Profiles, each a best response after the last, in parts of a unit; how it ends, and with what welfare."""

    game: tuple[Any, ...]  # n, k, p and q
    unit: int
    rows: tuple[Rows, ...]
    ends: Literal["equilibrium", "renamed", "open"] = "equilibrium"  # renamed: the start, with other names
    fair: bool = True
    documents: int | None = None
    welfare: str | None = None

    def profiles(self) -> list[Profile]:
        """Return the profiles, in fractions."""
        game = RankingGame.make(*self.game)
        return [game.profile([[Fraction(x, self.unit) for x in row] for row in rows]) for rows in self.rows]

    def against(self) -> str:
        """Say what does not hold of it; empty if all does."""
        profiles = self.profiles()
        last = profiles[-1]
        for step, (before, after) in enumerate(pairwise(profiles), 1):
            (mover,) = (i for i, row in enumerate(before.rows) if before.document(i) != after.document(i))
            fairest = measure(step, mover, before, before.replaced(mover, best_response(before, mover)))
            made = measure(step, mover, before, after)
            if not made.before < made.after == best_utility(before, mover):
                return f"step {step} is no best response"
            if (made.equity == fairest.equity) != self.fair:
                return f"step {step} is {'not ' * self.fair}fair"
        if self.ends == "equilibrium" and not is_equilibrium(last):
            return "it ends in no equilibrium"
        if self.ends == "renamed" and not same_up_to_renaming(profiles[0], last):
            return "it does not end where it began"
        if self.documents not in (None, len(static_documents(last.game.thresholds).documents)):
            return "it takes another number of documents"
        return "" if self.welfare in (None, str(last.welfare)) else "welfare is another"


def _cycle_of_figure_4() -> tuple[Rows, ...]:
    first = ((4, 0, 4), (4, 2, 0), (4, 2, 0), (4, 4, 0), (4, 4, 0), (0, 1, 5))
    second = ((0, 1, 5), (0, 1, 5), (0, 3, 4), (0, 3, 4), (4, 0, 4), (4, 0, 4))
    return tuple(zip(first, second, strict=True))


_A, _B, _D = (4, 0, 4, 0, 0), (0, 0, 4, 0, 4), (0, 4, 4, 0, 0)
SECOND_MOVE = Path(
    (4, 5, 1, "1/2"),
    8,
    (
        (_A, _B, (0, 0, 0, 8, 0), _D),
        (_A, _B, (0, 4, 0, 4, 0), _D),
        (_A, _B, (0, 4, 0, 4, 0), (0, 8, 0, 0, 0)),
        (_A, _B, (0, 0, 0, 4, 4), (0, 8, 0, 0, 0)),
    ),
    "open",
)
_SHARED = (
    (1, 1, 0, 0, 0, 0, 0, 0),
    (0, 0, 1, 0, 0, 0, 1, 0),
    (0, 0, 0, 1, 0, 0, 1, 0),
    (0, 0, 0, 0, 1, 0, 0, 1),
    (0, 0, 0, 0, 0, 1, 0, 1),
)
EXAMPLES: dict[str, tuple[Path, ...]] = {
    "figure 1": (
        Path((2, 3, 1, "1/2"), 2, (((1, 1, 0), (0, 1, 1)),), welfare="-1/2"),
        Path((2, 3, 1, "0.501"), 1, (((1, 0, 0), (0, 1, 0)),), welfare="-1"),
    ),
    "figure 2": (
        Path(
            (2, 4, 1, "2/5"),
            10,
            (((5, 4, 0, 0), (4, 0, 5, 0)), ((5, 4, 0, 0), (0, 5, 4, 0))),
            "renamed",
            False,
        ),
        Path((2, 4, 1, "2/5"), 10, (((5, 4, 0, 0), (4, 0, 5, 0)), ((5, 4, 0, 0), (0, 0, 5, 5)))),
    ),
    "figure 3": (
        Path((2, 4, 1, "0.251"), 2, (((1, 1, 0, 0), (0, 0, 1, 1)),), documents=2, welfare="-1/2"),
        Path(
            (2, 4, 1, ("1/3", "1/3", 0, 0)), 3, (((1, 0, 1, 1), (0, 1, 1, 1)),), documents=1, welfare="-2/3"
        ),
    ),
    "figure 4": (Path((2, 3, 1, ("1/2", 0, "1/2")), 8, _cycle_of_figure_4(), "renamed"),),
    "low peak": (
        Path(
            (2, 5, "1/3", "1/4"),
            12,
            (((4, 3, 3, 0, 0), (0, 0, 4, 3, 3)), ((3, 3, 0, 0, 4), (0, 0, 4, 3, 3))),
            "renamed",
        ),
    ),
    "tightness": (
        Path(
            (2, 4, 1, "1/3"),
            12,
            (
                ((0, 4, 4, 4), (4, 0, 0, 5)),
                ((4, 4, 4, 0), (4, 0, 0, 5)),
                ((4, 4, 4, 0), (0, 0, 5, 4)),
            ),
            "renamed",
        ),
    ),
    "fewer": (
        Path((5, 8, "1/2", "0.2501"), 2, (_SHARED,), documents=3, welfare="0"),
        Path((5, 8, "1/2", ("1/2", *[0] * 7)), 2, (_SHARED,), documents=1, welfare="0"),
    ),
}
