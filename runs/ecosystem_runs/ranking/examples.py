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


@dataclass(frozen=True)
class Path:
    """Profiles, each a best response after the last; how it ends, and with what documents and welfare."""

    game: tuple[Any, ...]  # n, k, p and q
    unit: int
    rows: str  # a digit a focus, in parts of the unit, a word a document; profiles are parted by semicolons
    ends: Literal["equilibrium", "renamed", "open"] = "equilibrium"  # renamed: the start, with other names
    fair: bool = True
    documents: int | None = None
    welfare: str | None = None

    def profiles(self) -> list[Profile]:
        """Return the profiles, in fractions."""
        game = RankingGame.make(*self.game)
        return [
            game.profile([[Fraction(int(x), self.unit) for x in row] for row in rows.split()])
            for rows in self.rows.split(";")
        ]

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


SECOND_MOVE = Path(
    (4, 5, 1, "1/2"),
    8,
    "40400 00404 00080 04400; 40400 00404 04040 04400; 40400 00404 04040 08000; 40400 00404 00044 08000",
    "open",
)
_SHARED = "11000000 00100010 00010010 00001001 00000101"
EXAMPLES: dict[str, tuple[Path, ...]] = {
    "figure 1": (
        Path((2, 3, 1, "1/2"), 2, "110 011", welfare="-1/2"),
        Path((2, 3, 1, "0.501"), 1, "100 010", welfare="-1"),
    ),
    "figure 2": (
        Path((2, 4, 1, "2/5"), 10, "5400 4050; 5400 0540", "renamed", fair=False),
        Path((2, 4, 1, "2/5"), 10, "5400 4050; 5400 0055"),
    ),
    "figure 3": (
        Path((2, 4, 1, "0.251"), 2, "1100 0011", documents=2, welfare="-1/2"),
        Path((2, 4, 1, ("1/3", "1/3", 0, 0)), 3, "1011 0111", documents=1, welfare="-2/3"),
    ),
    "figure 4": (
        Path(
            (2, 3, 1, ("1/2", 0, "1/2")),
            8,
            "404 015; 420 015; 420 034; 440 034; 440 404; 015 404",
            "renamed",
        ),
    ),
    "low peak": (Path((2, 5, "1/3", "1/4"), 12, "43300 00433; 33004 00433", "renamed"),),
    "tightness": (Path((2, 4, 1, "1/3"), 12, "0444 4005; 4440 4005; 4440 0054", "renamed"),),
    "fewer": (
        Path((5, 8, "1/2", "0.2501"), 2, _SHARED, documents=3, welfare="0"),
        Path((5, 8, "1/2", ("1/2", *[0] * 7)), 2, _SHARED, documents=1, welfare="0"),
    ),
}
