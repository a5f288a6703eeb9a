"""``ecosystem weights``: the best weights there are, and how much of them Algorithm 1 attains."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import isnan
from typing import TYPE_CHECKING, Annotated

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import Study, fields_are_options, whole_number

if TYPE_CHECKING:
    from ecosystem_runs.weights.search import Found


@dataclass(frozen=True)
class Searching:
    """Options of the search."""

    generations: Annotated[
        int, typer.Option(help="Of 24 weights each.", callback=whole_number("--generations", 1, 10_000))
    ] = 10
    search_seeds: Annotated[
        int,
        typer.Option(
            help="Worlds to search in, one a seed.", callback=whole_number("--search-seeds", 1, 1000)
        ),
    ] = 3
    search_first_seed: Annotated[
        int,
        typer.Option(
            help="Their first seed; none of --seeds may be among them.",
            callback=whole_number("--search-first-seed", 0, 2**62),
        ),
    ] = 1000


@at_ctrl_c(GOES_ON)
@fields_are_options
def weights(
    *,
    environment: Annotated[
        str, typer.Argument(help="Which; small worlds of few groups, such as figure1 or niches.")
    ],
    searching: Searching,
    study: Study,
) -> None:
    """Search for the weights under which creators end where users are best off, Eqs. (11) and (12).

    The best found on some seeds run on others, beside Algorithm 1, the planner and what small steps can attain.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem.environments import environment_of
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.paired.worlds import Worlds
    from ecosystem_runs.plain import interval_text, plain
    from ecosystem_runs.weights.search import run, search_of

    worlds = study.worlds(environment)
    searched = Worlds(
        environment, searching.search_seeds, worlds.steps, worlds.settings, searching.search_first_seed
    )
    search = search_of(searched, worlds, searching.generations)
    folder = study.folder(f"weights-{environment_of(environment).name}", search.description("weights"))
    found = run(search, folder, study.engine(), quiet=study.as_json)
    if study.as_json:
        about = {"environment": environment} | worlds.size
        typer.echo(json.dumps(about | plain(asdict(found)) | {"out": str(folder)}))
        return
    show(
        f"Weights on {environment}, {worlds.span}, T = {worlds.steps}: default-terms welfare",
        (
            "",
            "welfare",
            "less none",
            "less the best weights",
            "share of their gain",
            "planner's",
            "attainable",
        ),
        [
            (
                row.arm,
                f"{row.welfare:.4f}",
                *(interval_text(one, "+.3f") for one in (row.less_none, row.less_best)),
                *(
                    "-" if one is None else f"{one:.2f}"
                    for one in (row.of_best, row.of_planner, row.of_attainable)
                ),
            )
            for row in found.rows
        ],
        f"best of {found.evaluations} weights in {searched.span}: "
        + ", ".join(f"{w:.2f}" for w in found.weights),
        f"Eq. (22) {_gradients(found)}",
        f"results in {folder}",
    )


def _gradients(found: Found) -> str:
    ends = found.ends
    if isnan(ends[0].slope):
        return "is of relevance pay, Eq. (5), and creators are paid otherwise here: it is left out"
    kinks, slope = (sum(getattr(one, name) for one in ends) / len(ends) for name in ("kinks", "slope"))
    return (
        f"has a gradient at {found.gradients} of {len(ends)} ends: pay has two slopes in {kinks:.0%} of coordinates, "
        f"and a step of eta along F would change it by up to {slope:.0%} (means over worlds)"
    )
