"""``ecosystem enrich``: the publishers' dynamics, and what theory says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecosystem_runs.commands.groups import RunUnlessNamed, TakesNumbers
from ecosystem_runs.commands.options import AsJson, Seed, fields_are_options

if TYPE_CHECKING:
    from ecosystem.ranking.competition import RankingCompetition

MOST_LINES = 100  # of a path, on a terminal


app = typer.Typer(
    cls=RunUnlessNamed,
    no_args_is_help=True,
    help="Corpus enrichment: publishers compete for queries beside a few static documents. "
    "`ecosystem enrich N K` runs the dynamics (see `enrich run --help`), "
    "`ecosystem enrich theory N K` prints the bounds.",
)

Publishers = Annotated[str, typer.Argument(metavar="N", help="Number of publishers n, at least 2.")]
Queries = Annotated[str, typer.Argument(metavar="K", help="Number of queries k, at least 1.")]
Peak = Annotated[
    str, typer.Option(help="Peak p in (0, 1], such as 1/3 or 0.5: more focus than p is useless.")
]


@dataclass(frozen=True)
class Play:
    """Options of the game, of who plays it how, and of how long."""

    peak: Peak = "1"
    retrieval: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What a focus scores: peak, min(x, p); triangle(peak='1/3'); piecewise(points=((0, 0), ('1/2', 1), "
            "(1, '1/4'))); or mine.py:NAME. Past its own peak a focus scores less.",
        ),
    ] = "peak"
    threshold: Annotated[
        str,
        typer.Option(
            help="Threshold q: auto (min(p, 1/m), m = ceil(k/n)), none, a number, or k numbers with commas."
        ),
    ] = "auto"
    documents: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Static documents to add, instead of a threshold.")
    ] = None
    rule: Annotated[
        str, typer.Option(help="fair, greedy, unfair or local; one for all, or n separated by commas.")
    ] = "fair"
    order: Annotated[str, typer.Option(help="Who moves next: random, round-robin or largest-gain.")] = (
        "random"
    )
    start: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Starting profile, a row of numbers per publisher.")
    ] = None
    seed: Seed = 0
    max_steps: Annotated[int, typer.Option(help="Steps after which to give up.")] = 1000


@app.command(cls=TakesNumbers)
@fields_are_options
def run(n: Publishers, k: Queries, play: Play, as_json: AsJson = False) -> None:
    """Let N publishers compete for K queries until nobody can improve, and print the path.

    With --json numbers are exact fractions.
    """
    from ecosystem.ranking.competition import RankingCompetition
    from ecosystem_agents.inputs.checks import BadInput, whole
    from ecosystem_runs.ranking.competition import ending_of, read_documents

    if play.documents is not None and play.threshold != "auto":
        raise BadInput("--threshold and --documents are both given; give one of them, not both")
    max_steps = whole("--max-steps", play.max_steps, at_least=0)
    model = RankingCompetition(
        n_publishers=_number(n),
        n_queries=_number(k),
        peak=play.peak,
        retrieval=play.retrieval,
        threshold=play.threshold,
        documents=None if play.documents is None else read_documents(play.documents),
        rule=play.rule,
        order=play.order,
        start=None if play.start is None else read_documents(play.start),
        rng=play.seed,
    )
    if as_json:
        model.run(max_steps)
        typer.echo(json.dumps(ending_of(model)))
        return
    _print_game(model)
    while model.running and len(model.history) < max_steps:
        model.step()
        step = len(model.history)
        if step <= MOST_LINES:
            typer.echo(f"{step:4d}  {model.history[-1].sentence()}")
        elif step == MOST_LINES + 1:
            typer.echo("      ... and so on")
    _print_end(model)


@app.command(cls=TakesNumbers)
def theory(n: Publishers, k: Queries, peak: Peak = "1", as_json: AsJson = False) -> None:
    """Print the peak's region, the stability bounds, document counts and the recommended threshold.

    With --json numbers are exact fractions.
    """
    from ecosystem.ranking.game import RankingGame
    from ecosystem_runs.ranking.competition import exact_text, facts_of

    facts = facts_of(RankingGame.make(_number(n), _number(k), peak))
    if as_json:
        typer.echo(json.dumps(exact_text(asdict(facts))))
        return
    counts = facts.documents
    steps = f"n m = {facts.step_bound} never exceeded" if facts.step_bound else "finite (a potential rises)"
    rows = {
        "game": f"n = {facts.n_publishers} publishers, k = {facts.n_queries} queries, peak p = {facts.peak}",
        "region of the peak": facts.region,
        "stable with no documents": f"for p <= {facts.largest_stable_peak}",
        f"uniform threshold, stable {'iff' if facts.uniform_bound_searched else 'if'}": facts.uniform_bound.text(),
        "  iff, as the paper has it": facts.uniform_bound_as_stated.text(),
        "per-query thresholds, sum": f"{facts.norm_as_stated.text('|q|')} suffices (the paper's)",
        "  conjectured infimum": facts.norm_conjectured,
        "static documents, uniform": counts["uniform"],
        "  at the paper's bound": counts["uniform_as_stated"],
        "  at the recommended threshold": counts["recommended"],
        "  per query, as stated": counts["per_query"],
        "  per query, leaner": counts["per_query_lean"],
        "recommended threshold": f"q = {facts.recommended_threshold}",
        "best worst-query value": facts.best_worst_value,
        "steps of fair dynamics there": steps,
        "at most n steps suffice for": facts.n_steps_suffice or "(only if n divides k)",
    }
    for name, value in rows.items():
        typer.echo(f"{name:32s}  {value}")


def _number(text: str) -> int | str:
    from ecosystem_agents.inputs.checks import spelt_whole

    # Left as text if it is no whole number: the game's own check then names it.
    number = spelt_whole(text)
    return text if number is None else number


def _print_game(model: RankingCompetition) -> None:
    from ecosystem.ranking.theory import is_settled, region, uniform_bound

    n, k, peak = model.game.n_publishers, model.game.n_queries, model.game.peak
    uniform = model.game.uniform_threshold
    shown = ", ".join(map(str, model.game.thresholds)) if uniform is None else uniform
    typer.echo(
        f"n = {n} publishers, k = {k} queries, peak {peak}, "
        f"threshold {shown} (static documents needed: {len(model.static_documents())}); "
        f"{len(model.can_improve)} can improve"
    )
    if model.game.rises:
        bound, only = uniform_bound(n, k, peak).text(), "iff" if is_settled(n, k, peak) else "if"
        typer.echo(f"{region(n, k, peak)} peak: a uniform threshold has an equilibrium {only} {bound}")
    else:
        typer.echo(
            "the retrieval function may be flat or jump below its peak: no theorem says what is stable"
        )


def _print_end(model: RankingCompetition) -> None:
    if model.converged:
        ending = f"equilibrium after {len(model.history)} steps"
    elif model.cycle:
        ending = f"a cycle of {model.cycle[1]} steps: this is the profile of step {model.cycle[0]}, renamed"
    else:
        ending = f"neither settled nor cycling after {len(model.history)} steps"
    typer.echo(ending)
    for i, document in enumerate(model.profile.documents):
        numbers = ", ".join(map(_short, document))
        typer.echo(f"  publisher {i + 1}: ({numbers}), utility {model.profile.utilities[i]}")
    typer.echo(f"worst value {_short(model.profile.worst_value)}, welfare {_short(model.profile.welfare)}")


def _short(number: Fraction) -> str:
    # A path that never settles ends in fractions of hundreds of digits; --json has them in full.
    return str(number) if number.denominator < 10**9 else f"{float(number):.9f}..."
