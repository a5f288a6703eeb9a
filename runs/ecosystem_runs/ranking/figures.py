"""Figures of the ranking game: analogues of the paper's Figures 1 to 5, and charts of its theorems.

The numbers behind the paper's own figures are not recoverable; these games make the same points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecosystem.ranking import theory
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.constructions import lean_construction, stated_construction, uniform_equilibrium
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import Profile, RankingGame
from ecosystem.ranking.responses import is_equilibrium
from ecosystem_agents.world import Document
from ecosystem_runs.pictures import draw_last, panels, save
from ecosystem_runs.progress import progress
from ecosystem_runs.ranking.examples import EXAMPLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST = 30  # steps of a run in the welfare chart


def draw_all(folder: Path, seeds: range = range(10), quiet: bool = False) -> list[str]:
    """Draw all figures into a folder, which exists, and return the names of the files.

    `seeds` are those of the random starts of charts that run the dynamics.
    """
    figures: dict[str, Callable[[], Figure]] = {
        "figure1_threshold_a_hair_too_high": threshold_too_high,
        "figure2_fair_and_unfair": fair_and_unfair,
        "figure3_welfare_trade_off": welfare_trade_off,
        "figure4_per_query_cycle": per_query_cycle,
        "figure5_documents": document_counts,
        "stability": stability,
        "convergence": lambda: convergence(seeds),
        "welfare": lambda: welfare(seeds),
    }
    drawn = []
    with progress("figures", len(figures), quiet) as report:
        for done, (name, make) in enumerate(figures.items(), 1):
            if draw_last(folder / f"{name}.png", partial(_save, make)):
                drawn.append(f"{name}.png")
            report(done, name)
    return drawn


def _save(make: Callable[[], Figure], path: Path) -> None:
    save(make(), path, dpi=150)


def threshold_too_high() -> Figure:
    """Figure 1: a slightly higher threshold moves the equilibrium and leaves a query to nobody."""
    return _example("figure 1", "A threshold a hair too high: n = 2, k = 3, p = 1", ["q = 1/2", "q = 0.501"])


def fair_and_unfair() -> Figure:
    """Figure 2: two best responses; the unfair one renames the profile, the fair one settles it."""
    titles = ["start", "publisher 2, unfair", "publisher 2, fair"]
    return _example("figure 2", "Why fairness: n = 2, k = 4, p = 1, q = 2/5", titles)


def welfare_trade_off() -> Figure:
    """Figure 3: per-query thresholds need fewer documents and serve the worst query less."""
    titles = ["uniform, 2 documents", "per query, 1 document"]
    return _example("figure 3", "Fewer documents, lower welfare: n = 2, k = 4, p = 1", titles)


def per_query_cycle() -> Figure:
    """Figure 4: with per-query thresholds fair best responses can go round for ever."""
    titles = ["start", *(f"step {step}" for step in range(1, 6))]
    return _example(
        "figure 4", "A cycle of fair best responses: n = 2, k = 3, p = 1, q = (1/2, 0, 1/2)", titles
    )


def _example(name: str, title: str, titles: Sequence[str]) -> Figure:
    profiles = dict.fromkeys(profile for path in EXAMPLES[name] for profile in path.profiles())
    figure, axes = _panels(len(titles), title)
    for ax, profile, own in zip(axes, profiles, titles, strict=True):
        _heat_map(ax, profile, own)
    return figure


def document_counts() -> Figure:
    """Figure 5: static documents needed against the number of queries, uniform and per query, large peak."""
    figure, axes = _panels(2, "Static documents needed, p = 1")
    for ax, n in zip(axes, (3, 4), strict=True):
        ks = range(n + 1, 6 * n + 2)
        p = Fraction(1)
        curves = {
            "uniform, q = 1/m": [
                theory.uniform_documents(k, theory.recommended_threshold(n, k, p)) for k in ks
            ],
            "uniform, paper's bound": [
                theory.fewest_uniform_documents(k, theory.stated_uniform_bound(n, k, p)) for k in ks
            ],
            "per query, as stated": [_documents(stated_construction(n, k, p).thresholds) for k in ks],
            "per query, leaner": [_documents(lean_construction(n, k, p).thresholds) for k in ks],
        }
        for marker, (label, counts) in zip("svox", curves.items(), strict=True):
            ax.plot(ks, counts, marker=marker, markersize=4, linewidth=1, label=label)
        ax.axhline(n, color="0.6", linestyle=":")
        ax.set_yticks(range(n + 1))
        ax.set(title=f"n = {n} publishers", xlabel="queries k", ylabel="static documents", ylim=(0, n + 0.5))
    axes[0].legend(fontsize=7, loc="lower right")
    return figure


def stability() -> Figure:
    """Thresholds with an equilibrium against the peak; each point is a constructed profile, checked."""
    n, k = 2, 5
    figure, (ax,) = _panels(1, f"Where an equilibrium exists: n = {n}, k = {k}")
    peaks = [Fraction(s, 60) for s in range(6, 61)]
    stable, unstable = [], []
    for p in peaks:
        for q in (p * Fraction(t, 24) for t in range(25)):
            documents = uniform_equilibrium(n, k, p, q)
            if documents is None:
                unstable.append((float(p), float(q)))
            elif is_equilibrium(RankingGame.make(n, k, p, q).profile(documents)):
                stable.append((float(p), float(q)))
    x, y = np.transpose(stable)
    ax.scatter(x, y, s=5, color="tab:green", label="equilibrium, checked")
    x, y = np.transpose(unstable)
    ax.scatter(x, y, s=5, color="0.85", label="none, says the theorem")
    fine = [Fraction(s, 600) for s in range(60, 601)]
    bounds = [theory.uniform_bound(n, k, p).value for p in fine]
    recommended = [theory.recommended_threshold(n, k, p) for p in fine]
    for title, thresholds in (("bound", bounds), ("recommended q", recommended)):
        ax.plot(np.array(fine, float), np.array(thresholds, float), linewidth=1.5, label=title)
    for edge in (theory.largest_stable_peak(n, k), Fraction(1, theory.queries_each(n, k))):
        ax.axvline(float(edge), color="0.4", linestyle=":")
    ax.set(xlabel="peak p (dotted: small | medium | large)", ylabel="uniform threshold q")
    ax.legend(fontsize=8)
    return figure


def convergence(seeds: range) -> Figure:
    """Plot steps to equilibrium at the recommended threshold against the working bound n m."""
    figure, (ax,) = _panels(1, f"Steps to equilibrium at q = 1/m, p = 1; {len(seeds)} random starts a game")
    games = [(n, k) for n in (2, 3, 4, 5, 6, 8, 10) for k in range(n + 1, 5 * n, max(1, n // 2))]
    for rule, marker in (("fair", "o"), ("greedy", "x")):
        points = []
        for n, k in games:
            for seed in seeds:
                model = RankingCompetition(n_publishers=n, n_queries=k, rule=rule, rng=seed)
                model.run()
                if model.converged:
                    points.append((theory.step_bound(n, k), len(model.history)))
        label = f"{rule} ({len(points)} of {len(games) * len(seeds)} converged)"
        x, y = np.transpose(points)
        ax.scatter(x, y, s=14, marker=marker, linewidths=1, label=label)
    top = max(theory.step_bound(n, k) for n, k in games)
    ax.plot([0, top], [0, top], color="0.4", linestyle=":", label="n m")
    ax.set(xlabel="n m", ylabel="steps")
    ax.legend(fontsize=8)
    return figure


def welfare(seeds: range, n: int = 2, k: int = 5) -> Figure:
    """How fair dynamics end, and how well they serve the worst query, against the threshold."""
    figure, (top, bottom) = _panels(
        2, f"Welfare against the threshold: n = {n}, k = {k}, p = 1; {len(seeds)} random starts"
    )
    peak = Fraction(1)
    grid = [Fraction(t, 30) for t in range(2, 31)]
    outcomes = np.empty((len(grid), len(seeds), 3))
    for at, start in np.ndindex(len(grid), len(seeds)):
        model = RankingCompetition(n_publishers=n, n_queries=k, threshold=grid[at], rng=seeds[start])
        model.run(LONGEST)
        outcomes[at, start] = float(model.profile.welfare), model.converged, model.cycle is not None
    means, settled, cycling = outcomes.mean(axis=1).T
    x = np.array(grid, float)
    best = float(theory.recommended_threshold(n, k, peak))
    top.plot(x, means, color="tab:purple", label="fair dynamics, mean of the last profile")
    top.axhline(
        float(theory.best_worst_value(n, k, peak) - peak), color="0.4", linestyle=":", label="best possible"
    )
    top.set(xlabel="uniform threshold q", ylabel="welfare SW", title="welfare")
    bottom.plot(x, settled, label="equilibrium")
    bottom.plot(x, cycling, label="cycle")
    bottom.plot(x, 1 - settled - cycling, label=f"neither in {LONGEST} steps")
    bottom.set(xlabel="uniform threshold q", ylabel="share of starts", title="how play ends")
    bound = float(theory.uniform_bound(n, k, peak).value)
    for ax in (top, bottom):
        ax.axvline(bound, color="tab:green", linewidth=1, linestyle="--", label="stability bound")
        ax.axvspan(best, 1, color="tab:red", alpha=0.08, label="some query served by nobody")
    handles = dict(zip(*reversed(top.get_legend_handles_labels()), strict=True))
    handles |= dict(zip(*reversed(bottom.get_legend_handles_labels()), strict=True))
    figure.set_size_inches(8, 4.6)
    figure.legend(handles.values(), handles.keys(), fontsize=7, ncols=3, loc="outside lower center")
    return figure


def _documents(thresholds: Document) -> int:
    return len(static_documents(thresholds).documents)


def _panels(count: int, title: str) -> tuple[Figure, list[Axes]]:
    sizes = {1: (7.0, 4.8), 2: (6.8, 3.6), 3: (10.2, 3.6), 6: (10.2, 6.0)}
    rows = 2 if count == 6 else 1
    figure, axes = panels(sizes[count], rows, count // rows)
    figure.suptitle(title, fontsize=11)
    return figure, list(axes.flat)


def _heat_map(ax: Axes, profile: Profile, title: str) -> None:
    """Documents, publisher by query; winners in bold with a frame; thresholds and utilities beside them."""
    from matplotlib.patches import Rectangle

    n, k = profile.game.n_publishers, profile.game.n_queries
    documents = profile.documents
    focus = np.array(documents, float)
    ax.imshow(focus, cmap="Blues", vmin=0, vmax=float(profile.game.peak) * 1.3, aspect="auto")
    for i, j in np.ndindex(n, k):
        wins = i in profile.winners[j]
        ax.text(j, i, str(documents[i][j]), ha="center", va="center", fontweight="bold" if wins else "normal")
        if wins:
            frame = Rectangle((j - 0.48, i - 0.48), 0.96, 0.96, fill=False, edgecolor="tab:orange", lw=2)
            ax.add_patch(frame)
    shown = [q if q.denominator < 100 else float(q) for q in profile.game.thresholds]
    ax.set_xticks(range(k), [f"query {j + 1}\nq = {q}" for j, q in enumerate(shown)], fontsize=7)
    utilities = [f"publisher {i + 1}\nu = {u}" for i, u in enumerate(profile.utilities)]
    ax.set_yticks(range(n), utilities, fontsize=7)
    state = "equilibrium" if is_equilibrium(profile) else "not stable"
    ax.set_title(f"{title}: {state}, SW = {profile.welfare}", fontsize=8)
