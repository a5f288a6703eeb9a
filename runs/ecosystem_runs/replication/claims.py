"""What Section 5.1.4 claims, each claim with the number that decides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from ecosystem.metrics import tail_mean
from ecosystem_runs.replication.arms import StudiedRun
from ecosystem_runs.replication.readings import CORE

DEPLOYED, DEFAULT = "welfare", "welfare_default"


@dataclass(frozen=True)
class Runs:
    """Runs under one reading.

    Attributes
    ----------
    arms : mapping
        By arm, what is kept of each seed's run, in order.
    steps : int
        T.
    """

    arms: Mapping[str, Sequence[StudiedRun]]
    steps: int

    def final(self, arm: str, kind: str = DEPLOYED) -> np.ndarray:
        """Return final welfare, one number a seed."""
        return np.array([tail_mean(getattr(run, kind), self.steps) for run in self.arms[arm]])

    def rise_late(self, arm: str) -> np.ndarray:
        """Return final welfare less that a quarter into the run (as many steps), one number a seed."""
        width = max(1, min(250, self.steps // 10))
        quarter = [tail_mean(run.welfare[: self.steps // 4 + 1], 10 * width) for run in self.arms[arm]]
        return np.asarray(self.final(arm) - np.array(quarter))

    def groups(self, arm: str, column: str) -> list[np.ndarray]:
        """Return a group quantity, largest group first, an array a seed; "weights" are the last deployed."""
        found = []
        for run in self.arms[arm]:
            values = run.weights_by_epoch()[-1] if column == "weights" else np.array(getattr(run, column))
            found.append(values[np.argsort(-np.array(run.sizes), kind="stable")])
        return found

    def with_size(self, arm: str, column: str) -> np.ndarray:
        """Return a group quantity's rank correlation with group size, one a seed; 0 where all are equal."""
        pairs = zip(self.groups(arm, column), self.groups(arm, "sizes"), strict=True)
        return np.array([0.0 if np.ptp(v) == 0 else spearmanr(v, size).statistic for v, size in pairs])

    def with_need(self, arm: str) -> np.ndarray:
        """Return how an arm's last weights go with low utility without intervention, a rank correlation a seed."""
        pairs = zip(self.groups(arm, "weights"), self.groups("none", "utilities"), strict=True)
        return np.array([0.0 if np.ptp(w) == 0 else -spearmanr(w, u).statistic for w, u in pairs])

    def spread(self, arm: str) -> np.ndarray:
        """Return the standard deviation of utility over groups, one a seed."""
        return np.array([values.std() for values in self.groups(arm, "utilities")])

    def gains(self, arm: str) -> list[np.ndarray]:
        """Return each group's gain over no intervention, largest group first, an array a seed."""
        pairs = zip(self.groups(arm, "utilities"), self.groups("none", "utilities"), strict=True)
        return [own - base for own, base in pairs]

    def stray(self, arm: str) -> np.ndarray:
        """Return how far final welfare is from its mean over seeds, one a seed: it grows with variance."""
        final = self.final(arm)
        return np.asarray(np.abs(final - final.mean()))


@dataclass(frozen=True)
class Claim:
    """A claim, in our words, and the number that decides it: one a seed, above 0 where the claim holds."""

    name: str
    where: str  # where the paper says it, or "control" for what it does not ask
    text: str
    number: Callable[[Runs], np.ndarray]
    measured: str  # what the number is
    needs: tuple[str, ...] = CORE  # arms it takes: the four, unless it asks for a control


def _beats(arm: str, kind: str) -> Claim:
    terms = "deployed" if kind == DEPLOYED else "default"
    return Claim(
        f"{arm} beats none, {terms} terms",
        "Fig. 2a",
        f"{arm.upper()} raises user welfare over no intervention, under {terms} terms",
        lambda runs: runs.final(arm, kind) - runs.final("none", kind),
        f"final welfare under {terms} terms, {arm.upper()} less none",
    )


def _double_ascent(arm: str) -> Claim:
    return Claim(
        f"{arm} ascends again",
        "Fig. 2a",
        f"after its plateau {arm.upper()} rises again, while the baseline stays",
        lambda runs: runs.rise_late(arm) - runs.rise_late("none"),
        "rise of welfare from T/4 to the end, less the baseline's",
    )


def _small_groups(arm: str) -> Claim:
    return Claim(
        f"{arm} weighs small groups up",
        "Fig. 2b",
        f"under {arm.upper()} small groups end with larger weights",
        lambda runs: -runs.with_size(arm, "weights"),
        "rank correlation of last weight and group size, sign turned",
    )


def _beyond_idle(arm: str) -> Claim:
    return Claim(
        f"{arm} weighs small groups up beyond an idle platform",
        "control",
        f"under {arm.upper()} weights favour small groups more than those an idle platform computes",
        lambda runs: runs.with_size("none", "weights") - runs.with_size(arm, "weights"),
        "rank correlation of last weight and group size, idle less this",
    )


def _steers(arm: str, kind: str) -> Claim:
    terms = "deployed" if kind == DEPLOYED else "default"
    return Claim(
        f"{arm} beats its sharpness, {terms} terms",
        "control",
        f"{arm.upper()} gains by steering: more than its mean sharpness for everybody, {terms} terms",
        lambda runs: runs.final(arm, kind) - runs.final(f"{arm}_sharpness", kind),
        f"final welfare under {terms} terms, {arm.upper()} less matched sharpness",
        (arm, f"{arm}_sharpness"),
    )


def _adapts(arm: str) -> Claim:
    return Claim(
        f"{arm} beats its frozen weights",
        "control",
        f"{arm.upper()} gains by adapting: more than its last weights deployed from the start",
        lambda runs: runs.final(arm) - runs.final(f"{arm}_frozen"),
        f"final welfare under deployed terms, {arm.upper()} less frozen weights",
        (arm, f"{arm}_frozen"),
    )


MECHANISMS = ("uir", "smt", "hmt")

CLAIMS: tuple[Claim, ...] = (
    *(_beats(arm, DEPLOYED) for arm in MECHANISMS),
    *(_beats(arm, DEFAULT) for arm in MECHANISMS),
    Claim(
        "hmt gains most",
        "Fig. 2a",
        "HMT gains more than UIR and SMT",
        lambda runs: runs.final("hmt") - np.maximum(runs.final("uir"), runs.final("smt")),
        "final welfare under deployed terms, HMT less the better of UIR and SMT",
    ),
    Claim(
        "uir gains least",
        "Fig. 2a",
        "UIR's gain is the smallest of the three",
        lambda runs: np.minimum(runs.final("hmt"), runs.final("smt")) - runs.final("uir"),
        "final welfare under deployed terms, the worse of SMT and HMT less UIR",
    ),
    Claim(
        "hmt varies least",
        "Fig. 2a",
        "HMT's welfare varies least between environments",
        lambda runs: np.minimum(runs.stray("uir"), runs.stray("smt")) - runs.stray("hmt"),
        "distance of final welfare from the arm's mean, the smaller other less HMT's",
    ),
    Claim(
        "smt varies most",
        "Fig. 2a",
        "SMT's welfare varies more than UIR's and HMT's",
        lambda runs: runs.stray("smt") - np.maximum(runs.stray("uir"), runs.stray("hmt")),
        "distance of final welfare from the arm's mean, SMT's less the larger other",
    ),
    Claim(
        "none plateaus",
        "Fig. 2a",
        "the baseline plateaus early: under a twentieth of its rise comes after T/4",
        lambda runs: (
            0.05 * (runs.final("none") - [run.welfare[0] for run in runs.arms["none"]])
            - runs.rise_late("none")
        ),
        "a twentieth of the rise from the start, less the rise after T/4",
    ),
    *(_double_ascent(arm) for arm in MECHANISMS),
    *(_small_groups(arm) for arm in MECHANISMS),
    *(_beyond_idle(arm) for arm in MECHANISMS),
    Claim(
        "none serves large groups better",
        "Fig. 2c",
        "without intervention larger groups are better off",
        lambda runs: runs.with_size("none", "utilities"),
        "rank correlation of group utility and size",
    ),
    Claim(
        "uir lifts small groups",
        "Fig. 2c",
        "UIR raises the utility of niche groups",
        lambda runs: np.array([gain[len(gain) // 2 :].mean() for gain in runs.gains("uir")]),
        "mean gain of the smaller half of groups",
    ),
    Claim(
        "uir costs large groups",
        "Fig. 2c",
        "UIR lowers the utility of larger groups slightly",
        lambda runs: -np.array([gain[: max(1, len(gain) // 4)].mean() for gain in runs.gains("uir")]),
        "mean loss of the largest quarter of groups",
    ),
    Claim(
        "uir is fairer",
        "Fig. 2c",
        "group utilities differ less under UIR than without intervention",
        lambda runs: runs.spread("none") - runs.spread("uir"),
        "standard deviation over groups, none less UIR",
    ),
    Claim(
        "smt is more skewed",
        "Fig. 2c",
        "group utilities differ more under SMT than without intervention",
        lambda runs: runs.spread("smt") - runs.spread("none"),
        "standard deviation over groups, SMT less none",
    ),
    Claim(
        "hmt is a Pareto improvement",
        "Fig. 2c",
        "HMT makes every group better off",
        lambda runs: np.array([gain.min() for gain in runs.gains("hmt")]),
        "gain of the group that gains least",
    ),
    *(_steers(arm, kind) for arm in ("smt", "hmt") for kind in (DEPLOYED, DEFAULT)),
    *(_adapts(arm) for arm in MECHANISMS),
)


def _unattended(arm: str) -> Claim:
    return Claim(
        f"{arm} weighs unattended groups up",
        "Fig. 3b",
        f"under {arm.upper()} groups badly off without intervention end with larger weights",
        lambda runs: runs.with_need(arm),
        "rank correlation of last weight and group utility without intervention, sign turned",
    )


CLAIMS_ON: dict[str, tuple[Claim, ...]] = {
    "synthetic": CLAIMS,
    "movielens": CLAIMS + tuple(_unattended(arm) for arm in MECHANISMS),
}
"""The claims by environment: on MovieLens the paper expects weights to follow need rather than size."""


def best_moment(runs: Runs, arm: str = "uir", kind: str = DEFAULT, width: int = 25) -> tuple[int, float]:
    """Return when an arm leads no intervention by most, by how much: mean over seeds and `width` steps."""
    pairs = zip(runs.arms[arm], runs.arms["none"], strict=True)
    gap = np.mean([np.subtract(getattr(own, kind), getattr(base, kind)) for own, base in pairs], axis=0)
    width = min(width, len(gap))
    smooth = np.convolve(gap, np.full(width, 1 / width), mode="valid")
    best = int(smooth.argmax())
    return best + width // 2, float(smooth[best])
