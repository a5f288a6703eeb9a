"""What Section 5.1.4 claims, each claim with the number that decides it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from ecosystem.metrics import tail_length, tail_mean
from ecosystem_runs.replication.arms import MECHANISMS, StudiedRun
from ecosystem_runs.replication.verdicts import ByArm, Claim

DEPLOYED, DEFAULT = "welfare", "welfare_default"
TERMS = {DEPLOYED: "deployed terms", DEFAULT: "default terms"}
OF_GROUPS = {DEPLOYED: "utilities", DEFAULT: "utilities_default"}
"""Field of `StudiedRun` that has groups' final utilities, by the terms."""


@dataclass(frozen=True)
class Runs(ByArm[StudiedRun]):
    """Runs of `steps` steps under one reading.

    Quantities have one number a seed; those of groups an array a seed, largest group first.
    """

    steps: int
    first_seed: int = 0

    def final(self, arm: str, kind: str = DEPLOYED) -> np.ndarray:
        """Return final welfare."""
        return np.array([tail_mean(series, self.steps) for series in self.each(arm, kind)])

    def less_none(self, arm: str, kind: str = DEPLOYED) -> np.ndarray:
        """Return final welfare less that without intervention."""
        return np.asarray(self.final(arm, kind) - self.final("none", kind))

    def final_groups(self, arm: str, kind: str = DEPLOYED) -> np.ndarray:
        """Return final welfare as the mean over groups of their utilities, whatever their sizes."""
        return np.mean(self.each(arm, OF_GROUPS[kind]), axis=1)

    def rise_late(self, arm: str) -> np.ndarray:
        """Return final welfare less that a quarter into the run, as many steps."""
        width = 10 * tail_length(self.steps)
        until = self.each(arm, DEPLOYED)[:, : self.steps // 4 + 1]
        return np.asarray(self.final(arm) - [tail_mean(series, width) for series in until])

    def groups(self, arm: str, column: str) -> list[np.ndarray]:
        """Return a quantity of groups by its name in `StudiedRun`; of weights the last deployed."""
        return [run.by_size(column) for run in self.arms[arm]]

    def with_size(self, arm: str, column: str) -> np.ndarray:
        """Return the rank correlation of a quantity of groups with their size."""
        return _correlations(self.groups(arm, column), self.groups(arm, "sizes"))

    def with_need(self, arm: str) -> np.ndarray:
        """Return how an arm's last weights go with low utility without intervention, as a rank correlation."""
        return -_correlations(self.groups(arm, "weights"), self.groups("none", "utilities"))

    def spread(self, arm: str) -> np.ndarray:
        """Return the standard deviation of utility over groups."""
        return np.std(self.groups(arm, "utilities"), axis=1)

    def gains(self, arm: str, of: Callable[[np.ndarray], np.floating]) -> np.ndarray:
        """Return a figure of groups' gains over no intervention."""
        pairs = zip(self.groups(arm, "utilities"), self.groups("none", "utilities"), strict=True)
        return np.array([of(own - base) for own, base in pairs])

    def stray(self, arm: str) -> np.ndarray:
        """Return how far final welfare is from its mean over seeds: it grows with variance."""
        final = self.final(arm)
        return np.asarray(np.abs(final - final.mean()))


def _correlations(of: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Return rank correlations, one a seed; 0 where all are equal."""
    pairs = zip(of, others, strict=True)
    return np.array([0.0 if np.ptp(own) == 0 else spearmanr(own, other).statistic for own, other in pairs])


def _beats(arm: str, kind: str, over: str = "") -> Claim[Runs]:
    final, what, measured = Runs.final, "user welfare", "final welfare"
    if over:
        final, what, measured = Runs.final_groups, "the mean over groups", "mean over groups of final utility"
    return Claim(
        f"{arm} beats none, {TERMS[kind]}{over}",
        "Fig. 2a",
        f"{arm.upper()} raises {what} over no intervention, under {TERMS[kind]}",
        lambda runs: np.asarray(final(runs, arm, kind) - final(runs, "none", kind)),
        f"{measured} under {TERMS[kind]}, {arm.upper()} less none",
    )


def _order(final: Callable[[Runs, str], np.ndarray], over: str) -> Claim[Runs]:
    """Return the claim that the arms stand as the paper has them."""

    def least_gap(runs: Runs) -> np.ndarray:
        hmt, smt, uir, none = (final(runs, arm) for arm in ("hmt", "smt", "uir", "none"))
        return np.min([hmt - smt, smt - uir, uir - none], axis=0)

    return Claim(
        f"hmt, smt, uir, none{over}",
        "Fig. 2a",
        f"HMT is above SMT, SMT above UIR, UIR above no intervention{over}",
        least_gap,
        f"the least of the three differences, deployed terms{over}",
    )


def _double_ascent(arm: str) -> Claim[Runs]:
    return Claim(
        f"{arm} ascends again",
        "Fig. 2a",
        f"after its plateau {arm.upper()} rises again, while the baseline stays",
        lambda runs: runs.rise_late(arm) - runs.rise_late("none"),
        "rise of welfare from T/4 to the end, less the baseline's",
    )


def _small_groups(arm: str) -> Claim[Runs]:
    return Claim(
        f"{arm} weighs small groups up",
        "Fig. 2b",
        f"under {arm.upper()} small groups end with larger weights",
        lambda runs: -runs.with_size(arm, "weights"),
        "rank correlation of last weight and group size, sign turned",
    )


def _beyond_idle(arm: str) -> Claim[Runs]:
    return Claim(
        f"{arm} weighs small groups up beyond an idle platform",
        "control",
        f"under {arm.upper()} weights favour small groups more than those an idle platform computes",
        lambda runs: runs.with_size("none", "weights") - runs.with_size(arm, "weights"),
        "rank correlation of last weight and group size, idle less this",
    )


def _steers(arm: str, kind: str) -> Claim[Runs]:
    return Claim(
        f"{arm} beats its sharpness, {TERMS[kind]}",
        "control",
        f"{arm.upper()} gains by steering: more than its mean sharpness for everybody, {TERMS[kind]}",
        lambda runs: runs.final(arm, kind) - runs.final(f"{arm}_sharpness", kind),
        f"final welfare under {TERMS[kind]}, {arm.upper()} less matched sharpness",
        (f"{arm}_sharpness",),
    )


def _adapts(arm: str) -> Claim[Runs]:
    return Claim(
        f"{arm} beats its frozen weights",
        "control",
        f"{arm.upper()} gains by adapting: more than its last weights deployed from the start",
        lambda runs: runs.final(arm) - runs.final(f"{arm}_frozen"),
        f"final welfare under deployed terms, {arm.upper()} less frozen weights",
        (f"{arm}_frozen",),
    )


CLAIMS: tuple[Claim[Runs], ...] = (
    *(_beats(arm, DEPLOYED) for arm in MECHANISMS),
    *(_beats(arm, DEFAULT) for arm in MECHANISMS),
    *(_beats(arm, kind, ", over groups") for kind in TERMS for arm in MECHANISMS),
    _order(Runs.final, ""),
    _order(Runs.final_groups, ", over groups"),
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
        lambda runs: 0.05 * (runs.final("none") - runs.each("none", DEPLOYED)[:, 0]) - runs.rise_late("none"),
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
        lambda runs: runs.gains("uir", lambda gain: gain[len(gain) // 2 :].mean()),
        "mean gain of the smaller half of groups",
    ),
    Claim(
        "uir costs large groups",
        "Fig. 2c",
        "UIR lowers the utility of larger groups slightly",
        lambda runs: -runs.gains("uir", lambda gain: gain[: max(1, len(gain) // 4)].mean()),
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
        lambda runs: runs.gains("hmt", np.min),
        "gain of the group that gains least",
    ),
    *(_steers(arm, kind) for arm in ("smt", "hmt") for kind in (DEPLOYED, DEFAULT)),
    *(_adapts(arm) for arm in MECHANISMS),
)


def _unattended(arm: str) -> Claim[Runs]:
    return Claim(
        f"{arm} weighs unattended groups up",
        "Fig. 3b",
        f"under {arm.upper()} groups badly off without intervention end with larger weights",
        lambda runs: runs.with_need(arm),
        "rank correlation of last weight and group utility without intervention, sign turned",
    )


CLAIMS_ON: dict[str, tuple[Claim[Runs], ...]] = {
    "synthetic": CLAIMS,
    "movielens": CLAIMS + tuple(_unattended(arm) for arm in MECHANISMS),
}
"""The claims by environment: on MovieLens the paper expects weights to follow need rather than size."""


def best_moment(runs: Runs) -> tuple[int, float]:
    """Return when UIR leads no intervention by most, by how much: mean over seeds and 25 steps."""
    gap = np.mean(runs.each("uir", DEFAULT) - runs.each("none", DEFAULT), axis=0)
    width = min(25, len(gap))
    smooth = np.convolve(gap, np.full(width, 1 / width), mode="valid")
    best = int(smooth.argmax())
    return best + width // 2, float(smooth[best])
